using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>Section <c>RateLimits</c>: how many calls of functions one caller may make in a minute. The seed's numbers.</summary>
sealed partial class RateLimitOptions
{
    internal const string Section = "RateLimits";

    /// <summary>Switches all limits off, for example for a benchmark.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Calls a minute from one address without a signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int AnonymousPerMinute { get; set; } = 10;

    /// <summary>Calls a minute of one signed-in person. Keys of trusted back ends are not limited.</summary>
    [Range(1, 1_000_000)]
    public int AuthenticatedPerMinute { get; set; } = 60;

    /// <summary>Calls a minute of one person of the functions of guidance (<c>ai-…</c>), counted apart.</summary>
    [Range(1, 1_000_000)]
    public int AiPerMinute { get; set; } = 5;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<RateLimitOptions>;
}
