using System.Net.Sockets;
using Evolv.Platform.Doctor;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace Evolv.Auth.Mail;

/// <summary>For <c>./evolv doctor</c>: whether the mail server takes the login. Nothing is sent.</summary>
static class MailCheck
{
    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(AuthOptions auth, MailOptions mail, CancellationToken cancellationToken)
    {
        if (!mail.HasServer)
        {
            return [auth.MustConfirm
                ? DoctorFinding.Yellow("Auth:ConfirmEmail is on without a mail server: only /mail shows the links", "Set Auth:Mail:Host, or switch Auth:ConfirmEmail off.")
                : DoctorFinding.Green("no mail server: mails are caught, and addresses are not confirmed")];
        }

        try
        {
            using var client = new SmtpClient { Timeout = mail.TimeoutSeconds * 1000 };
            await SmtpDoor.OpenAsync(client, mail, cancellationToken);
            await client.DisconnectAsync(quit: true, cancellationToken);
            return [DoctorFinding.Green($"{mail.Host}:{mail.Port} takes {(mail.Username.Length > 0 ? "the login" : "mail without a login")}")];
        }
        catch (Exception exception) when (exception is SmtpCommandException or SmtpProtocolException or SocketException or IOException
            or SslHandshakeException or TimeoutException or AuthenticationException or ServiceNotConnectedException or NotSupportedException)
        {
            return [DoctorFinding.Red($"{mail.Host}:{mail.Port} does not take mail: {exception.Message.ReplaceLineEndings(" ")}", "Check Auth:Mail; until then mails wait.")];
        }
    }
}
