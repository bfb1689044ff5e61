using System.Net;

namespace Evolv.Platform.Http;

/// <summary>
/// Whether a request was made on this machine, and not by a proxy on it for somebody else. A name that somebody made point here is not this
/// machine's.
/// </summary>
static class ThisMachine
{
    // What proxies add, and what the framework leaves behind when it has read them.
    static readonly string[] SignsOfProxies = ["Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-For"];

    internal static bool Sent(HttpContext context)
        => context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]"
            && context.Request.Protocol != HttpProtocol.Http10 // the way in which nginx speaks to what is behind it
            && !SignsOfProxies.Any(context.Request.Headers.ContainsKey)
            && !context.Request.Headers.Keys.Any(name => name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));
}
