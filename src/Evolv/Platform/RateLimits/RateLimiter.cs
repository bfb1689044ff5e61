using System.Threading.RateLimiting;
using Evolv.Platform.Redis;

namespace Evolv.Platform.RateLimits;

/// <summary>Counts calls: for all servers together in Redis, and in this process where there is no Redis or it does not answer.</summary>
sealed class RateLimiter(RedisConnection redis, TimeProvider time) : IDisposable
{
    // The framework forgets windows that nobody uses.
    readonly PartitionedRateLimiter<Call> _here = PartitionedRateLimiter.Create<Call, string>(
        call => RateLimitPartition.Get(call.Key, _ => new SlidingWindow(call.Policy, time)));

    internal ValueTask<RateLimitVerdict> CountAsync(RateLimitPolicy policy, string who)
    {
        var call = new Call($"ratelimit:{policy.Name}:{who}", policy);
        return redis.IsConfigured ? CountTogetherAsync(call) : new(CountHere(call));
    }

    public void Dispose() => _here.Dispose();

    async ValueTask<RateLimitVerdict> CountTogetherAsync(Call call)
    {
        var (hasCome, verdict) = await redis.AskAsync(database => SharedWindow.CountAsync(database, call.Key, call.Policy));
        if (!hasCome)
            return CountHere(call);
        // Should Redis go away, this server goes on from what it has let through.
        if (verdict.IsAllowed)
            CountHere(call);
        return verdict;
    }

    RateLimitVerdict CountHere(Call call)
    {
        using var lease = _here.AttemptAcquire(call);
        return ((SlidingWindow.Lease)lease).Verdict;
    }

    readonly record struct Call(string Key, RateLimitPolicy Policy);
}
