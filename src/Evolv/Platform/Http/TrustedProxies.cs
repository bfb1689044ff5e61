using Microsoft.AspNetCore.HttpOverrides;

namespace Evolv.Platform.Http;

/// <summary>Who says for whom they ask, and is believed: the proxies of <c>Http:TrustedProxies</c>.</summary>
static class TrustedProxies
{
    /// <summary>First of all: whoever comes later sees the client's address, scheme and host, not the proxy's.</summary>
    internal static void UseTrustedProxies(this IApplicationBuilder app, HttpOptions http)
    {
        var proxies = http.ReadProxies();
        if (proxies.Length == 0)
            return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            // Read from the end as far as proxies are trusted; what stands before the first stranger anybody may have written.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear(); // The framework would trust this machine.
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
            options.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(options);
    }
}
