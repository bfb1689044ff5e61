using System.Net.Sockets;
using Evolv.Platform;
using Evolv.Platform.Data;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using Npgsql;

namespace Evolv.Auth.Mail;

/// <summary>
/// Sends what waits in <c>auth.mails</c>. A mail is claimed before it is sent, by one server at a time, and tried again, later and later,
/// until the mail server takes it or refuses it for good. So a mail server that is down delays mails and breaks nothing; a crash between
/// sending and noting it sends a mail twice, which is better than never.
/// </summary>
sealed class MailDelivery(
    Database database, MailBell bell, IOptions<MailOptions> options, IOptions<ServerOptions> server, TimeProvider time, ILogger<MailDelivery> logger) : BackgroundService
{
    const int Together = 20;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(30);

    sealed record Waiting(Guid Id, string Kind, string Recipient, string Subject, string Text, string Html, int Attempts, DateTimeOffset CreatedAt);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (server.Value.Migrate && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await SendSomeAsync(stoppingToken) == Together)
                {
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or SocketException)
            {
                logger.MailsNotRead(exception.Message);
            }

            try
            {
                await bell.WaitAsync(Pause, stoppingToken);
                // The ring comes before the commit.
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    async Task<int> SendSomeAsync(CancellationToken cancellationToken)
    {
        var mails = await ClaimAsync(cancellationToken);
        var real = mails.Where(mail => mail.Kind != "none").ToArray();
        if (real.Length == 0)
            return mails.Count;
        using var client = new SmtpClient { Timeout = options.Value.TimeoutSeconds * 1000 };
        foreach (var mail in real)
        {
            try
            {
                if (!client.IsConnected)
                    await SmtpDoor.OpenAsync(client, options.Value, cancellationToken);
                await client.SendAsync(ToMessage(mail), cancellationToken);
                await NoteAsync(mail, "sent", null, cancellationToken);
            }
            catch (Exception exception) when (IsOfMail(exception))
            {
                await FailAsync(mail, exception, cancellationToken);
            }
        }

        if (client.IsConnected)
            await QuitAsync(client, cancellationToken);
        return mails.Count;
    }

    static bool IsOfMail(Exception exception)
        => exception is SmtpCommandException or SmtpProtocolException or SocketException or IOException or SslHandshakeException or TimeoutException
            or MailKit.Security.AuthenticationException or ServiceNotConnectedException or ServiceNotAuthenticatedException or NotSupportedException or ParseException;

    // The next attempt is set before the first: who dies on the way does not keep it for ever.
    async Task<List<Waiting>> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var claimed = await db.QueryListAsync(
            $"""
            with due as (
                select id
                from auth.mails
                where status = 'waiting' and next_attempt_at <= {now} and ({options.Value.HasServer} or kind = 'none')
                order by next_attempt_at
                limit {Together}
                for update skip locked
            ),
            nobodys as (
                delete from auth.mails m
                using due
                where m.id = due.id and m.kind = 'none'
                returning m.id, m.kind
            ),
            claimed as (
                update auth.mails m
                set attempts = m.attempts + 1, next_attempt_at = {now} + least({FirstRetry} * power(2, least(m.attempts, 20)), {LongestRetry}), updated_at = {now}
                from due
                where m.id = due.id and m.kind <> 'none'
                returning m.id, m.kind, m.recipient, m.subject, m.text_body, m.html_body, m.attempts, m.created_at
            )
            select id, kind, recipient, subject, text_body, html_body, attempts, created_at from claimed
            union all
            select id, kind, '', '', '', '', 0, {now} from nobodys
            """,
            row => new Waiting(
                row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt32(6),
                row.GetFieldValue<DateTimeOffset>(7)), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return claimed;
    }

    MimeMessage ToMessage(Waiting mail)
    {
        var message = new MimeMessage
        {
            Subject = mail.Subject,
            Date = mail.CreatedAt,
            MessageId = $"{mail.Id}@{options.Value.Host}", // The same at every attempt: who gets it twice sees it once.
            Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody(),
        };
        message.From.Add(MailboxAddress.Parse(options.Value.From));
        message.To.Add(MailboxAddress.Parse(mail.Recipient));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    Task<bool> FailAsync(Waiting mail, Exception exception, CancellationToken cancellationToken)
    {
        var isFinal = exception is SmtpCommandException { StatusCode: >= (SmtpStatusCode)550 and < (SmtpStatusCode)560 } or ParseException ||
            mail.CreatedAt.AddSeconds(options.Value.RetrySeconds) < time.GetUtcNow();
        if (isFinal)
            logger.MailGivenUp(mail.Id, mail.Kind, mail.Attempts, exception.Message);
        else
            logger.MailDelayed(mail.Id, mail.Kind, mail.Attempts, exception.Message);
        return NoteAsync(mail, isFinal ? "failed" : "waiting", exception.Message, cancellationToken);
    }

    // What was sent or given up keeps no words: they hold links that sign people in.
    Task<bool> NoteAsync(Waiting mail, string status, string? error, CancellationToken cancellationToken)
        => database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            update auth.mails
            set status = {status}, last_error = left({error}, 500), updated_at = {time.GetUtcNow()},
                text_body = case when {status} = 'waiting' then text_body else '' end,
                html_body = case when {status} = 'waiting' then html_body else '' end
            where id = {mail.Id}
            returning true
            """, row => row.GetBoolean(0), cancellationToken);

    static async Task QuitAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception exception) when (IsOfMail(exception))
        {
            // It has what it was sent.
        }
    }
}
