using System.ComponentModel.DataAnnotations;
using Evolv.Auth.Mail;
using Evolv.Platform;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>Section <c>Auth</c>: accounts, sessions and tokens.</summary>
sealed partial class AuthOptions
{
    internal const string Section = "Auth";

    internal const string DefaultSiteUrl = "http://127.0.0.1:54321";

    /// <summary>
    /// Where people reach this installation from outside; without a value where it listens. Access tokens name it as their issuer, and links in mails lead there. Who signs in by
    /// a link comes back to it, unless another address was asked for and is allowed.
    /// </summary>
    [Required, Url]
    public string SiteUrl { get; set; } = DefaultSiteUrl;

    /// <summary>
    /// Where else a sign-in may lead, separated by commas: addresses, or patterns where <c>*</c> is anything but <c>.</c> and <c>/</c>, <c>**</c> anything, <c>?</c> one
    /// character: <c>https://*.example.com/**,myapp://callback</c>. Any port of the loopback is allowed while SiteUrl is on the loopback, too.
    /// </summary>
    public string RedirectUrls { get; set; } = "";

    /// <summary>Whether an address must be confirmed by a mail before its owner is signed in. Without a value: when there is a mail server (<c>Auth:Mail:Host</c>).</summary>
    public bool? ConfirmEmail { get; set; }

    /// <summary>Whether changing an address must be confirmed from the old one, too.</summary>
    public bool SecureEmailChange { get; set; } = true;

    /// <summary>Whether a new password needs a session younger than a day, or a nonce that is mailed (<c>reauthenticate</c>).</summary>
    public bool SecurePasswordChange { get; set; }

    /// <summary>How long six digits from a mail are good, in seconds.</summary>
    [Range(60, 86_400)]
    public int OtpExpirySeconds { get; set; } = 600;

    /// <summary>How long a link from a mail is good, in seconds.</summary>
    [Range(60, 604_800)]
    public int LinkExpirySeconds { get; set; } = 3600;

    /// <summary>How long an invitation is good, in seconds.</summary>
    [Range(60, 2_592_000)]
    public int InviteExpirySeconds { get; set; } = 604_800;

    /// <summary>After how long a session ends in any case, in seconds; 0 is never.</summary>
    [Range(0, 315_360_000)]
    public int SessionTimeboxSeconds { get; set; }

    /// <summary>After how long without a refresh a session ends, in seconds; 0 is never.</summary>
    [Range(0, 315_360_000)]
    public int SessionInactivitySeconds { get; set; }

    /// <summary>Whether a sign-in ends all other sessions of the person, but for those that they granted clients (OAuth).</summary>
    public bool SingleSession { get; set; }

    /// <summary>Whether signed-in people may add and remove ways to sign in.</summary>
    public bool ManualLinking { get; set; } = true;

    /// <summary>
    /// The secret of a Supabase project that was taken over. Access tokens and keys that are signed with it (HS256) are accepted; nothing is
    /// signed with it. Empty: none.
    /// </summary>
    [RegularExpression(@"^$|^[\s\S]{32,}$", ErrorMessage = "Auth:LegacyJwtSecret needs 32 characters or more: who guesses it becomes service_role.")]
    public string LegacyJwtSecret { get; set; } = "";

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

    /// <summary>Least strength of a new password, 0 to 4, as zxcvbn estimates it: 3 withstands offline guessing for a while; 0 asks for nothing but the length and no common one.</summary>
    [Range(0, 4)]
    public int MinPasswordStrength { get; set; }

    /// <summary>Fills in what follows from other settings.</summary>
    internal void Complete(ServerOptions server, MailOptions mail)
    {
        ConfirmEmail ??= mail.HasServer;
        // Links in mails must lead here, also where somebody only chose another port. A free port that the system chooses is not known yet.
        if (SiteUrl == DefaultSiteUrl && server.ReadUrls() is [var first, ..] && Uri.TryCreate(first, UriKind.Absolute, out var url) && url.Port != 0)
            SiteUrl = url.GetLeftPart(UriPartial.Authority);
        // As browsers write it, in headers and when they say where they come from.
        if (Uri.TryCreate(SiteUrl, UriKind.Absolute, out var site) && site.Host != site.IdnHost)
            SiteUrl = new UriBuilder(site) { Host = site.IdnHost, Port = site.IsDefaultPort ? -1 : site.Port }.Uri.AbsoluteUri;
    }

    internal bool MustConfirm => ConfirmEmail == true;

    internal string Issuer => $"{SiteUrl.TrimEnd('/')}/auth/v1";

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<AuthOptions>;
}
