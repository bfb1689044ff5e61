using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>Section <c>Auth</c>: accounts, sessions and tokens.</summary>
sealed partial class AuthOptions
{
    internal const string Section = "Auth";

    /// <summary>Where people reach this installation from outside; access tokens name it as their issuer.</summary>
    [Required, Url]
    public string SiteUrl { get; set; } = "http://127.0.0.1:54321";

    /// <summary>How long an access token is good, in seconds. Clients refresh it by themselves.</summary>
    [Range(30, 604_800)]
    public int JwtExpirySeconds { get; set; } = 3600;

    /// <summary>Refuses new accounts, guests included.</summary>
    public bool DisableSignup { get; set; }

    /// <summary>Lets people in as guests, without an address; they may add one later and keep everything.</summary>
    public bool AllowAnonymous { get; set; } = true;

    /// <summary>Fewest characters of a new password.</summary>
    [Range(6, 64)]
    public int MinPasswordLength { get; set; } = 8;

    /// <summary>How long a used refresh token may come again, in seconds: two tabs that refresh at once are not a theft.</summary>
    [Range(0, 600)]
    public int RefreshTokenReuseIntervalSeconds { get; set; } = 10;

    /// <summary>Rounds of PBKDF2-HMAC-SHA512 for a password. OWASP asks for at least 220000.</summary>
    [Range(100_000, 10_000_000)]
    public int PasswordIterations { get; set; } = 220_000;

    /// <summary>Largest body of a request, in bytes. A larger one is answered with 413.</summary>
    [Range(1024, 100 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 64 * 1024;

    internal string Issuer => $"{SiteUrl.TrimEnd('/')}/auth/v1";

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<AuthOptions>;
}
