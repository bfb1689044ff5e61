using System.Threading.RateLimiting;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>Counts calls by person, or by address where nobody is signed in, in windows of a minute.</summary>
sealed class RateLimiter(IOptions<RateLimitOptions> options) : IDisposable
{
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly PartitionedRateLimiter<(Caller Caller, HttpContext Http)> _limiter =
        PartitionedRateLimiter.Create<(Caller Caller, HttpContext Http), string>(asked => PartitionOf(asked.Caller, asked.Http, options.Value));

    /// <summary>Null when the call may go on, else after how long the next one may come.</summary>
    internal TimeSpan? Refuse(Caller caller, HttpContext http)
    {
        using var lease = _limiter.AttemptAcquire((caller, http));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Window;
    }

    public void Dispose() => _limiter.Dispose();

    static RateLimitPartition<string> PartitionOf(Caller caller, HttpContext http, RateLimitOptions options)
    {
        if (!options.Enabled || caller.IsService)
            return RateLimitPartition.GetNoLimiter("");
        return caller.UserId is { } person
            ? Fixed($"user {person}", options.AuthenticatedPerMinute)
            : Fixed($"address {http.Connection.RemoteIpAddress}", options.AnonymousPerMinute);
    }

    static RateLimitPartition<string> Fixed(string key, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = Window, QueueLimit = 0 });
}
