using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Mail;

/// <summary>Section <c>Auth:Mail</c>: the mail server. Without one mails are caught and, in development, shown at <c>/mail</c>.</summary>
sealed partial class MailOptions
{
    internal const string Section = "Auth:Mail";

    /// <summary>Name of the SMTP server. Empty: mails are caught.</summary>
    public string Host { get; set; } = "";

    /// <summary>Its port.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary>How the connection is kept secret: <c>starttls</c>, <c>tls</c> (from the start, port 465), <c>none</c>; <c>auto</c> is <c>tls</c> at port 465, <c>starttls</c> with a login, else what the server offers.</summary>
    [RegularExpression("auto|starttls|tls|none")]
    public string Security { get; set; } = "auto";

    /// <summary>Login at the server; empty for none.</summary>
    public string Username { get; set; } = "";

    /// <summary>Password of the login.</summary>
    public string Password { get; set; } = "";

    /// <summary>Who writes: an address, perhaps with a name before it.</summary>
    [Required]
    public string From { get; set; } = "Evolv <noreply@localhost>";

    /// <summary>How this installation is called in mails.</summary>
    [Required]
    public string SiteName { get; set; } = "Evolv";

    /// <summary>How long one step of talking to the server may take, in seconds.</summary>
    [Range(1, 120)]
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>For how long an undelivered mail is tried again, in seconds; links in it end sooner or later, too.</summary>
    [Range(1, 604_800)]
    public int RetrySeconds { get; set; } = 86_400;

    /// <summary>Whether <c>/mail</c> shows what was caught, to browsers on this machine. Without a value: when there is no mail server and Evolv listens on the loopback only.</summary>
    public bool? Catcher { get; set; }

    internal bool HasServer => Host.Length > 0;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<MailOptions>;
}
