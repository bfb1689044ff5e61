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
        => ThisMachine.Sent(context) && !SignsOfBrowsers.Any(context.Request.Headers.ContainsKey);

    // By their hashes, so that not even the length is told by the time it takes.
    static bool IsSame(string given, string expected)
        => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
}
