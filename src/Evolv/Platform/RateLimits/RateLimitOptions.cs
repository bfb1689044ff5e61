using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>Section <c>RateLimits</c>: how many calls one caller may make in any minute. Keys of trusted back ends are not limited.</summary>
sealed partial class RateLimitOptions
{
    internal const string Section = "RateLimits";

    /// <summary><c>false</c> switches all limits off, for example for a benchmark.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Calls of functions a minute from one address without a signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int AnonymousPerMinute { get; set; } = 10;

    /// <summary>Calls of functions a minute of one signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int AuthenticatedPerMinute { get; set; } = 60;

    /// <summary>The same of a person whose access token has <c>app_metadata.tier = "premium"</c>.</summary>
    [Range(1, 1_000_000)]
    public int PremiumPerMinute { get; set; } = 120;

    /// <summary>Calls a minute of one person of the functions of guidance (<c>ai-…</c>), counted apart.</summary>
    [Range(1, 1_000_000)]
    public int AiPerMinute { get; set; } = 5;

    /// <summary>Requests of <c>/auth/v1</c> a minute of one person, or from one address.</summary>
    [Range(1, 1_000_000)]
    public int AuthPerMinute { get; set; } = 300;

    /// <summary>Requests of <c>/rest/v1</c> a minute of one signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int RestPerMinute { get; set; } = 600;

    /// <summary>Requests of <c>/rest/v1</c> a minute from one address without a signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int RestAnonymousPerMinute { get; set; } = 300;

    /// <summary>Handshakes and requests of <c>/realtime/v1</c> a minute of one person, or from one address.</summary>
    [Range(1, 1_000_000)]
    public int RealtimePerMinute { get; set; } = 300;

    /// <summary>Tests have less time.</summary>
    internal TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<RateLimitOptions>;
}
