using System.Net;
using System.Security.Cryptography;
using System.Text;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Observability;

/// <summary>
/// Who may read /metrics: whoever has the token; without one, programs of this machine. Behind a proxy everybody comes from this machine,
/// and a browser on it runs the pages of strangers, so what looks like either is refused.
/// </summary>
sealed class MetricsDoor(RequestDelegate next, IOptions<ObservabilityOptions> options)
{
    // What proxies add, and what the framework leaves behind when it has read them.
    static readonly string[] SignsOfProxies = ["Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-For"];

    static readonly string[] SignsOfBrowsers = ["Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode"];

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (options.Value.MetricsToken is { Length: > 0 } token)
        {
            if (IsSame(BearerToken.Read(context.Request.Headers.Authorization.ToString()) ?? "", token))
                return next(context);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.WriteAsync(context, 401, "Unauthorized", "Send the token of Observability:MetricsToken as Authorization: Bearer.");
        }

        return IsOfThisMachine(context)
            ? next(context)
            : Problems.WriteAsync(context, 403, "Forbidden", "Metrics are for programs on this machine; to read them from elsewhere set Observability:MetricsToken.");
    }

    static bool IsOfThisMachine(HttpContext context)
        => context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            // A name that somebody made point here; and the way in which nginx speaks to what is behind it.
            && context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]" && context.Request.Protocol != HttpProtocol.Http10
            && !SignsOfProxies.Any(context.Request.Headers.ContainsKey) && !SignsOfBrowsers.Any(context.Request.Headers.ContainsKey)
            && !context.Request.Headers.Keys.Any(name => name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));

    // By their hashes, so that not even the length is told by the time it takes.
    static bool IsSame(string given, string expected)
        => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
}
