using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Cache;

/// <summary>Section <c>Cache</c>: answers that are kept for a while. What is kept and for how long is in <c>Features/CacheKeys.cs</c>.</summary>
sealed partial class CacheOptions
{
    internal const string Section = "Cache";

    /// <summary>Off: every read asks PostgreSQL.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Memory of one server for kept answers, in megabytes. Those that were not asked for go first.</summary>
    [Range(1, 100_000)]
    public int MaxMegabytes { get; set; } = 64;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<CacheOptions>;
}
