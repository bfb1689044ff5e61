using System.Net;
using System.Text.RegularExpressions;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Auth;

/// <summary>A mail as its reader sees it.</summary>
sealed record CaughtMail(string Kind, string To, string Subject, string Text, string Html)
{
    internal string Link => Regex.Match(Text, @"^https?://\S+$", RegexOptions.Multiline).Value;

    internal string TokenHash => Regex.Match(Link, "[?&]token=([^&]+)").Groups[1].Value;

    internal string Digits => Regex.Match(Text, @"\b[0-9]{6}\b").Value;
}

/// <summary>Where a browser ends that opened a link and pressed the button of its page.</summary>
sealed record Landing(HttpStatusCode Status, string Place)
{
    /// <summary>A part of the fragment or of the query.</summary>
    internal string? Part(string name)
        => Regex.Match(Place, $"[?&#]{Regex.Escape(name)}=([^&#]*)") is { Success: true } match
            ? Uri.UnescapeDataString(match.Groups[1].Value.Replace('+', ' '))
            : null;
}

/// <summary>The mails of a server that has no mail server, and what their readers do with them.</summary>
static partial class Inbox
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>All mails to an address, oldest first.</summary>
    internal static async Task<List<CaughtMail>> MailsToAsync(this EvolvServer server, string address)
    {
        await using var owner = await server.Database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand(
            "select kind, recipient, subject, text_body, html_body from auth.mails where recipient = $1 order by created_at, id", owner)
        {
            Parameters = { new() { Value = address } },
        };
        await using var reader = await command.ExecuteReaderAsync(Token);
        var mails = new List<CaughtMail>();
        while (await reader.ReadAsync(Token))
            mails.Add(new CaughtMail(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)));
        return mails;
    }

    internal static async Task<CaughtMail> LastMailToAsync(this EvolvServer server, string address)
    {
        var mails = await server.MailsToAsync(address);
        Assert.NotEmpty(mails);
        return mails[^1];
    }

    /// <summary>Opens the link as a browser does, checks that this spends nothing, and presses the button.</summary>
    internal static async Task<Landing> FollowAsync(this EvolvServer server, string link)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var here = new UriBuilder(link) { Host = new Uri(server.Url).Host, Port = new Uri(server.Url).Port }.Uri;
        using var page = await browser.GetAsync(here, Token);
        var html = await page.Content.ReadAsStringAsync(Token);
        Assert.True(page.StatusCode == HttpStatusCode.OK, html);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        var fields = HiddenField().Matches(html).ToDictionary(
            match => match.Groups["name"].Value, match => WebUtility.HtmlDecode(match.Groups["value"].Value));
        return await server.SubmitAsync(fields);
    }

    internal static async Task<Landing> SubmitAsync(this EvolvServer server, Dictionary<string, string> fields)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await browser.PostAsync($"{server.Url}/auth/v1/verify", new FormUrlEncodedContent(fields), Token);
        return new Landing(answer.StatusCode, answer.Headers.Location?.OriginalString ?? "");
    }

    [GeneratedRegex("""<input type="hidden" name="(?<name>[^"]+)" value="(?<value>[^"]*)">""")]
    private static partial Regex HiddenField();
}
