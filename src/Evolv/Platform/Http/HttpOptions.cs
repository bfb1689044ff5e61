using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>Section <c>Http</c>: what holds for every request.</summary>
sealed partial class HttpOptions
{
    internal const string Section = "Http";

    /// <summary>Origins whose pages may call the API, separated by commas; <c>*</c> for any. No cookies are used.</summary>
    [Required]
    public string AllowedOrigins { get; set; } = "*";

    /// <summary>Largest body of a request, in bytes. A larger one is answered with 413.</summary>
    [Range(1024, 100 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>How long requests may finish after SIGTERM, in seconds.</summary>
    [Range(1, 300)]
    public int ShutdownSeconds { get; set; } = 3;

    internal string[] ReadOrigins() => AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<HttpOptions>;
}
