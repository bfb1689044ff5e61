using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>
/// Where a browser may be sent after a sign-in. What is not allowed falls back to the site without a word, as GoTrue does: an error would
/// tell an attacker more than it helps a developer, and the session never reaches a stranger's page.
/// </summary>
sealed class Redirects
{
    static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(100);

    readonly string _siteUrl;
    readonly Uri _site;
    readonly List<(Regex Origin, Regex Path)> _allowed;

    public Redirects(IOptions<AuthOptions> options)
    {
        _siteUrl = options.Value.SiteUrl;
        _site = new Uri(_siteUrl);
        _allowed = [.. options.Value.RedirectUrls
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ToPattern)];
    }

    /// <summary>What the request asks for, by parameter, header or page; the site when that is not allowed.</summary>
    internal string Choose(HttpRequest request)
    {
        foreach (var wanted in (ReadOnlySpan<string>)
        [
            request.Query["redirect_to"].ToString(), request.Headers["redirect_to"].ToString(), request.Headers.Referer.ToString(),
        ])
        {
            if (wanted.Length > 0)
                return Check(wanted);
        }

        return _siteUrl;
    }

    /// <summary>Whether a page of this origin may be the app's.</summary>
    internal bool IsOrigin(string origin) => IsAllowed(origin) || IsAllowed($"{origin}/");

    /// <summary>The address itself when it is allowed, else the site.</summary>
    internal string Check(string wanted) => IsAllowed(wanted) ? wanted : _siteUrl;

    // What a browser reads otherwise than Uri does is refused first: white space and control characters, which it drops, and backslashes,
    // which it takes for slashes.
    bool IsAllowed(string wanted)
    {
        if (wanted.Length > 2048 || wanted.Any(character => character is <= ' ' or '\\' or >= '\x7f') ||
            !Uri.TryCreate(wanted, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || !uri.OriginalString.Contains("://", StringComparison.Ordinal))
            return false;
        if (uri.Scheme is "javascript" or "data" or "vbscript" or "file" or "blob")
            return false;
        if (uri.Scheme is "http" or "https" && !IsPlainHost(wanted, uri))
            return false;
        if (uri.Scheme == _site.Scheme && uri.Host == _site.Host && (uri.Port == _site.Port || IsLoopback(_site)))
            return true;
        if (uri.Scheme is "http" or "https" && IsLoopback(uri) && IsLoopback(_site))
            return true;
        var (origin, path) = Split(wanted.Split('#')[0]);
        return _allowed.Any(pattern => pattern.Origin.IsMatch(origin) && pattern.Path.IsMatch(path));
    }

    // 2130706433, 0x7f.1 and 017700000001 are 127.0.0.1 to a browser: the host must stand there as it will be used.
    static bool IsPlainHost(string wanted, Uri uri)
    {
        var start = wanted.IndexOf("://", StringComparison.Ordinal) + 3;
        return wanted.Length >= start + uri.Host.Length &&
            string.Equals(wanted.Substring(start, uri.Host.Length), uri.Host, StringComparison.OrdinalIgnoreCase);
    }

    static bool IsLoopback(Uri uri)
        => uri.Host is "localhost" || IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);

    // Scheme and host apart from what follows: no pattern of a host may reach into a path, and no ? of an address may end its host early.
    static (string Origin, string Path) Split(string address)
    {
        var start = address.IndexOf("://", StringComparison.Ordinal);
        var end = start < 0 ? -1 : address.AsSpan(start + 3).IndexOfAny('/', '?');
        return end < 0 ? (address, "") : (address[..(start + 3 + end)], address[(start + 3 + end)..]);
    }

    // In a pattern a ? stands for a character, so only a slash ends the host.
    static (Regex, Regex) ToPattern(string glob)
    {
        var start = glob.IndexOf("://", StringComparison.Ordinal);
        var end = start < 0 ? -1 : glob.IndexOf('/', start + 3);
        return end < 0 ? (ToRegex(glob), ToRegex("")) : (ToRegex(glob[..end]), ToRegex(glob[end..]));
    }

    // GoTrue's globs: . and / separate, so a * never leaves its label or segment; here it cannot become another kind of address, either.
    static Regex ToRegex(string glob)
    {
        var pattern = Regex.Escape(glob)
            .Replace(@"\*\*", "\u0001", StringComparison.Ordinal)
            .Replace(@"\*", @"[^./?#:@\[\]]*", StringComparison.Ordinal)
            .Replace(@"\?", @"[^./?#:@\[\]]", StringComparison.Ordinal)
            .Replace("\u0001", ".*", StringComparison.Ordinal);
        return new Regex($@"\A{pattern}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, LongestMatch);
    }
}
