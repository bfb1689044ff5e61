using System.Net;

namespace Evolv.Auth.OAuthServer;

/// <summary>Addresses that clients register: codes are sent there, so only a server that is who it says it is, or the person's own machine, may be named.</summary>
static class RedirectUri
{
    const int Longest = 2048;

    /// <summary>Why it is refused; null when it is not.</summary>
    internal static string? WhyNot(string? uri)
    {
        if (string.IsNullOrEmpty(uri))
            return "redirect URI cannot be empty";
        // What a browser reads otherwise than Uri does is refused first: white space and control characters, which it drops, and backslashes,
        // which it takes for slashes.
        if (uri.Length > Longest || uri.Any(character => character is <= ' ' or '\\' or >= '\x7f') ||
            !Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || !uri.Contains("://", StringComparison.Ordinal) || parsed.Host.Length == 0)
            return "invalid URL format";
        if (parsed.Scheme != Uri.UriSchemeHttps && parsed.Scheme != Uri.UriSchemeHttp)
            return "scheme must be HTTPS or HTTP (localhost only)";
        if (uri.Contains('#', StringComparison.Ordinal))
            return "fragment not allowed in redirect URI";
        if (!IsPlain(uri, parsed))
            return "invalid URL format";
        return parsed.Scheme == Uri.UriSchemeHttp && !IsLoopback(parsed) ? "HTTP scheme only allowed for localhost" : null;
    }

    /// <summary>An address that a consent page may link to or show as a picture.</summary>
    internal static bool IsWebPage(string uri)
        => uri.Length <= Longest && !uri.Any(character => character is <= ' ' or '\\' or '"' or '<' or '>' or >= '\x7f') &&
            Uri.TryCreate(uri, UriKind.Absolute, out var parsed) &&
            (parsed.Scheme == Uri.UriSchemeHttps || parsed.Scheme == Uri.UriSchemeHttp) && IsPlain(uri, parsed);

    // The host stands there as it will be used (0x7f.1 is 127.0.0.1 to a browser), right behind the scheme: no name and password before it.
    static bool IsPlain(string uri, Uri parsed)
    {
        var start = uri.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = uri.AsSpan(start).IndexOfAny('/', '?', '#');
        var authority = end < 0 ? uri[start..] : uri.Substring(start, end);
        return parsed.UserInfo.Length == 0 && parsed.Host.Length > 0 &&
            (string.Equals(authority, parsed.Host, StringComparison.OrdinalIgnoreCase) ||
                string.Equals(authority, $"{parsed.Host}:{parsed.Port}", StringComparison.OrdinalIgnoreCase));
    }

    static bool IsLoopback(Uri uri)
        => uri.Host is "localhost" || IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
}
