using MailKit.Net.Smtp;
using MailKit.Security;

namespace Evolv.Auth.Mail;

/// <summary>How the mail server of the settings is entered.</summary>
static class SmtpDoor
{
    internal static async Task OpenAsync(SmtpClient client, MailOptions options, CancellationToken cancellationToken)
    {
        var security = options.Security switch
        {
            "starttls" => SecureSocketOptions.StartTls,
            "tls" => SecureSocketOptions.SslOnConnect,
            "none" => SecureSocketOptions.None,
            // Who sits between could take the offer of TLS away, and read the password.
            _ when options.Port == 465 => SecureSocketOptions.SslOnConnect,
            _ when options.Username.Length > 0 && options.Host is not ("localhost" or "127.0.0.1" or "::1") => SecureSocketOptions.StartTls,
            _ => SecureSocketOptions.StartTlsWhenAvailable,
        };
        await client.ConnectAsync(options.Host, options.Port, security, cancellationToken);
        if (options.Username.Length > 0)
            await client.AuthenticateAsync(options.Username, options.Password, cancellationToken);
    }
}
