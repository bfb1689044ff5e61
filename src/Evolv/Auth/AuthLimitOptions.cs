using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>
/// Section <c>Auth:Limits</c>: how often one address of the network may do what attackers do (GoTrue's defaults). A school behind one address
/// may need more. <c>RateLimits:Enabled=false</c> switches these off, too; keys of trusted back ends are not limited.
/// </summary>
sealed partial class AuthLimitOptions
{
    internal const string Section = "Auth:Limits";

    /// <summary>Wrong passwords in five minutes. Right ones do not count, and nobody else's wrong ones keep a person out.</summary>
    [Range(1, 1_000_000)]
    public int WrongPasswords { get; set; } = 30;

    /// <summary>Refreshes, codes and tokens exchanged in five minutes.</summary>
    [Range(1, 1_000_000)]
    public int Tokens { get; set; } = 150;

    /// <summary>Sign-ups, magic links and one-time passwords asked for in five minutes.</summary>
    [Range(1, 1_000_000)]
    public int SignUps { get; set; } = 30;

    /// <summary>Guests let in within an hour.</summary>
    [Range(1, 1_000_000)]
    public int Guests { get; set; } = 30;

    /// <summary>Links and digits from mails tried in five minutes.</summary>
    [Range(1, 1_000_000)]
    public int Verifications { get; set; } = 30;

    /// <summary>Second factors challenged and verified in a minute.</summary>
    [Range(1, 1_000_000)]
    public int Factors { get; set; } = 15;

    /// <summary>Passkey challenges asked for and answered in five minutes. A sign-in is two, and a page that offers passkeys while it loads asks for one.</summary>
    [Range(1, 1_000_000)]
    public int Passkeys { get; set; } = 150;

    /// <summary>Sign-ins to other tools (OAuth) begun in five minutes. A school's people may all come from one address.</summary>
    [Range(1, 1_000_000)]
    public int Authorizations { get; set; } = 600;

    /// <summary>Mails asked for within an hour.</summary>
    [Range(1, 1_000_000)]
    public int Mails { get; set; } = 30;

    /// <summary>Mails of one kind to one address within an hour, whoever asks.</summary>
    [Range(1, 1_000_000)]
    public int MailsToOne { get; set; } = 20;

    /// <summary>How long between two mails of one kind to one address that are asked for from one place, in seconds.</summary>
    [Range(1, 86_400)]
    public int MailIntervalSeconds { get; set; } = 60;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<AuthLimitOptions>;
}
