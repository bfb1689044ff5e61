using System.Net;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>
/// Whose pages may call, for every family and for sockets: Evolv's own, those that <c>Http:AllowedOrigins</c> names, and, where it
/// names none and Evolv is not to be reached from outside, those of this machine: a front end in development.
/// </summary>
sealed class Origins
{
    readonly HashSet<string> _named;
    readonly bool _allowsThisMachine;

    public Origins(IOptions<HttpOptions> http, IOptions<ServerOptions> server)
    {
        _named = http.Value.ReadOrigins().ToHashSet(StringComparer.OrdinalIgnoreCase);
        _allowsThisMachine = _named.Count == 0 && http.Value.ReadProxies().Length == 0 && server.Value.ReadUrls().All(IsOfThisMachine);
    }

    internal bool AllowsAny => _named.Contains("*");

    /// <summary>Whether origins were named one by one.</summary>
    internal bool AreNamed => _named.Count > 0 && !AllowsAny;

    /// <summary>Whether a page of another origin may call.</summary>
    internal bool Allow(string origin)
        => AllowsAny || _named.Contains(origin) || (_allowsThisMachine && IsOrigin(origin) && IsOfThisMachine(origin));

    /// <summary>The same where browsers let every page call and leave it to the server, as with sockets: Evolv's own pages may.</summary>
    internal bool AllowOrOwn(string origin, HttpRequest request)
        => Allow(origin) || origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    /// <summary>Scheme, host and perhaps a port, and nothing else.</summary>
    internal static bool IsOrigin(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 &&
            text.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);

    internal static bool IsOfThisMachine(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri) &&
            (uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));
}
