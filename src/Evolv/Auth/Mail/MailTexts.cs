using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Evolv.Auth.Mail;

/// <summary>One mail in one language, before names are filled in. <c>{site}</c>, <c>{email}</c> and <c>{new_email}</c> may stand anywhere.</summary>
sealed record MailText(string Subject, string Text, string Action);

/// <summary>All mails in one language, and the page behind their links.</summary>
sealed record MailLanguage(
    FrozenDictionary<string, MailText> Mails, string Code, string OneUse, string Ignore, string PageTitle, string PageText, string PageAction);

/// <summary>A mail as it goes out.</summary>
sealed record MailContent(string Subject, string Text, string Html);

/// <summary>Writes mails, in the languages of <c>Texts/</c>: the file's name is the language.</summary>
sealed class MailTexts
{
    const string Fallback = "en";
    const string Prefix = "mail/";

    readonly FrozenDictionary<string, MailLanguage> _languages = Load();
    readonly string _site;

    public MailTexts(IOptions<MailOptions> options) => _site = options.Value.SiteName;

    internal IEnumerable<string> Languages => _languages.Keys;

    /// <summary>The first language of the request that there is.</summary>
    internal string Choose(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage.Count > 0 ? [.. request.Headers.AcceptLanguage.OfType<string>()] : [], out var accepted))
            return Fallback;
        return accepted.Where(one => one.Quality is null or > 0).OrderByDescending(one => one.Quality ?? 1)
            .Select(one => Known(one.Value.Value)).FirstOrDefault(known => known is not null) ?? Fallback;
    }

    /// <summary>A person's own choice before that of the request.</summary>
    internal string Choose(string? locale, string otherwise) => Known(locale) ?? otherwise;

    internal MailLanguage this[string language] => _languages[language];

    /// <param name="link">Null where there is none to follow.</param>
    /// <param name="digits">Null where there are none to type.</param>
    internal MailContent Write(MailKind kind, string language, string email, string? link, string? digits, string? newEmail = null)
    {
        var words = _languages[language];
        var text = words.Mails[kind.Name()];
        var subject = Fill(text.Subject, email, newEmail);
        List<string> plain = [Fill(text.Text, email, newEmail)];
        List<string> html = [$"<p>{Encode(Fill(text.Text, email, newEmail))}</p>"];
        if (link is not null)
        {
            plain.Add($"{text.Action}:\n{link}");
            html.Add($"""<p><a href="{Encode(link)}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1c5fd4;color:#ffffff;text-decoration:none">{Encode(text.Action)}</a></p>""");
            html.Add($"""<p style="font-size:13px;color:#555555;word-break:break-all">{Encode(link)}</p>""");
        }

        if (digits is not null)
        {
            plain.Add($"{words.Code} {digits}");
            html.Add($"""<p>{Encode(words.Code)}</p><p style="font-size:28px;letter-spacing:6px;font-family:monospace">{digits}</p>""");
        }

        if (kind.TokenType() is not null)
            plain.Add($"{words.OneUse} {words.Ignore}");
        html.Add($"""<p style="font-size:13px;color:#555555">{Encode(kind.TokenType() is null ? "" : $"{words.OneUse} {words.Ignore}")}</p>""");
        return new MailContent(subject, string.Join("\n\n", plain) + "\n", Page(language, subject, string.Join('\n', html)));
    }

    static string Page(string language, string subject, string body)
        => $"""
            <!doctype html>
            <html lang="{language}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Encode(subject)}</title></head>
            <body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;background:#ffffff">
            <div style="max-width:560px;margin:0 auto">
            {body}
            </div>
            </body>
            </html>

            """;

    string Fill(string text, string email, string? newEmail)
        => text.Replace("{site}", _site, StringComparison.Ordinal).Replace("{email}", email, StringComparison.Ordinal)
            .Replace("{new_email}", newEmail ?? "", StringComparison.Ordinal);

    string? Known(string? tag)
    {
        var language = tag?.Split('-', '_')[0].ToLowerInvariant();
        return language is not null && _languages.ContainsKey(language) ? language : null;
    }

    static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    static FrozenDictionary<string, MailLanguage> Load()
    {
        var assembly = typeof(MailTexts).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => Path.GetFileNameWithoutExtension(name[Prefix.Length..]),
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                return Read(JsonDocument.Parse(stream).RootElement);
            });
    }

    static MailLanguage Read(JsonElement file)
    {
        var mails = file.GetProperty("mails").EnumerateObject().ToFrozenDictionary(
            mail => mail.Name,
            mail => new MailText(Text(mail.Value, "subject"), Text(mail.Value, "text"), Text(mail.Value, "action")));
        return new MailLanguage(
            mails, Text(file, "code"), Text(file, "one_use"), Text(file, "ignore"), Text(file, "page_title"), Text(file, "page_text"),
            Text(file, "page_action"));
    }

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
