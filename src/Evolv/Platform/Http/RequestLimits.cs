using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Evolv.Platform.Http;

/// <summary>How much a request may bring and how long it may take, before any family sees it. docs/operations.md has the table.</summary>
static class RequestLimits
{
    // supabase-js puts long lists of ids into the URL.
    const int LongestUrl = 128 * 1024;

    // Over HTTP/2 the URL is one of the headers.
    const int HeaderBytes = LongestUrl + 32 * 1024;

    internal static void Apply(KestrelServerLimits limits, HttpOptions options)
    {
        limits.MaxConcurrentConnections = options.MaxConnections;
        // Sockets are counted by the family that serves them, which says so in its own words; nothing else is upgraded.
        limits.MaxConcurrentUpgradedConnections = null;
        limits.MaxRequestBodySize = options.MaxBodyBytes;
        limits.MaxRequestLineSize = LongestUrl;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestHeaderCount = 100;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Longer than load balancers keep theirs, or they would send into a connection that is being closed.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.MaxRequestHeaderFieldSize = LongestUrl;
        // A client that is gone without a word is found out.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
