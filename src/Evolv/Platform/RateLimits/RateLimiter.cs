using System.Threading.RateLimiting;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>The seed's tiers of what may be called how often.</summary>
enum RateLimitTier
{
    Standard,

    /// <summary>What may cost money at a provider; counted apart from everything else.</summary>
    Ai,
}

/// <summary>Counts calls by person, or by address where nobody is signed in, in windows of a minute.</summary>
sealed class RateLimiter(IOptions<RateLimitOptions> options) : IDisposable
{
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly PartitionedRateLimiter<(Caller Caller, HttpContext Http, RateLimitTier Tier)> _limiter =
        PartitionedRateLimiter.Create<(Caller Caller, HttpContext Http, RateLimitTier Tier), string>(
            asked => PartitionOf(asked.Caller, asked.Http, asked.Tier, options.Value));

    /// <summary>Null when the call may go on, else after how long the next one may come.</summary>
    internal TimeSpan? Refuse(Caller caller, HttpContext http, RateLimitTier tier)
    {
        using var lease = _limiter.AttemptAcquire((caller, http, tier));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Window;
    }

    public void Dispose() => _limiter.Dispose();

    static RateLimitPartition<string> PartitionOf(Caller caller, HttpContext http, RateLimitTier tier, RateLimitOptions options)
    {
        if (!options.Enabled || caller.IsService)
            return RateLimitPartition.GetNoLimiter("");
        if (caller.UserId is not { } person)
            return Fixed($"address {http.Connection.RemoteIpAddress}", options.AnonymousPerMinute);
        return tier == RateLimitTier.Ai ? Fixed($"ai {person}", options.AiPerMinute) : Fixed($"user {person}", options.AuthenticatedPerMinute);
    }

    static RateLimitPartition<string> Fixed(string key, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = Window, QueueLimit = 0 });
}
