using System.Text.Encodings.Web;
using System.Text.Json;
using Evolv.Auth.Mail;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET /mail: what was caught instead of sent, for development without a mail server. A page for people, JSON for programs that accept nothing
/// else. These mails sign people in, so only browsers and programs on this machine see them.
/// </summary>
sealed class MailCatcher(Database database, IOptions<AuthOptions> auth, IOptions<MailOptions> options, IOptions<ServerOptions> server)
{
    const int Shown = 100;

    internal sealed record Mail(
        Guid Id, string Kind, string To, string Subject, DateTime CreatedAt, string? Text = null, string? Html = null);

    /// <summary>Where it is; null where it is not.</summary>
    internal static string? UrlAt(string url, AuthOptions auth, MailOptions mail, ServerOptions server)
        => mail.Catcher ?? !mail.HasServer && Origins.IsOfThisMachine(auth.SiteUrl) && server.ReadUrls().All(Origins.IsOfThisMachine) ? $"{url}/mail" : null;

    internal static Task HandleAsync(HttpContext context, MailCatcher catcher, CancellationToken cancellationToken)
        => catcher.ListAsync(context, cancellationToken);

    async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (!MayShow(context))
        {
            await Problems.WriteAsync(context, 404, "Not found", "Caught mails are shown to browsers on this machine, where there is no mail server (Auth:Mail:Catcher).");
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        var mails = await database.QueryAsync(Caller.AuthAdmin,
            $"""
            select id, kind, recipient, subject, created_at, text_body, html_body
            from auth.mails
            where status = 'caught'
            order by created_at desc, id desc
            limit {Shown}
            """,
            async (row, token) =>
            {
                var all = new List<Mail>();
                while (await row.ReadAsync(token))
                    all.Add(new Mail(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetDateTime(4), row.GetString(5), row.GetString(6)));
                return all;
            }, cancellationToken);
        await (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            ? WriteAsync(context, "text/html; charset=utf-8", Page(mails))
            : WriteAsync(context, "application/json", JsonSerializer.Serialize(mails, AuthJson.Default.ListMail)));
    }

    // A name that somebody made point here is not this machine, and what comes through a proxy comes from anywhere.
    bool MayShow(HttpContext context)
        => UrlAt("", auth.Value, options.Value, server.Value) is not null && ThisMachine.Sent(context) && context.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "none" or "same-origin";

    static Task WriteAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    static string Page(List<Mail> mails)
        => $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Caught mails</title>
            <link rel="stylesheet" href="/mail/style.css">
            </head>
            <body>
            <main>
            <h1>Caught mails</h1>
            <p>There is no mail server (<code>Auth:Mail:Host</code>), so mails stop here. The newest {{Shown}}, for a day.</p>
            {{(mails.Count == 0 ? "<p>None yet. Sign up with <code>Auth:ConfirmEmail=true</code>, or ask for a magic link.</p>" : string.Join('\n', mails.Select(Row)))}}
            </main>
            </body>
            </html>

            """;

    static string Row(Mail mail)
        => $"""
            <details>
            <summary><strong>{Encode(mail.Subject)}</strong> <span>to {Encode(mail.To)}</span> <time>{mail.CreatedAt:yyyy-MM-dd HH:mm:ss}Z</time></summary>
            <pre>{WithLink(mail.Text!)}</pre>
            </details>
            """;

    // The link stands on a line of its own.
    static string WithLink(string text)
        => string.Join('\n', text.Split('\n').Select(line => line.StartsWith("http", StringComparison.Ordinal)
            ? $"<a href=\"{Encode(line)}\">{Encode(line)}</a>"
            : Encode(line)));

    internal static Task StyleAsync(HttpContext context)
        => WriteAsync(context, "text/css",
            """
            body { margin: 0 auto; max-width: 48rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
            details { border: 1px solid #ccc; border-radius: .5rem; padding: .5rem 1rem; margin: .5rem 0 }
            summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .25rem 1rem }
            time { margin-left: auto; color: #555 }
            pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
            @media (prefers-color-scheme: dark) { body { color: #eee; background: #16181d } a { color: #8ab4ff } time { color: #aaa } }
            """);

    static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
