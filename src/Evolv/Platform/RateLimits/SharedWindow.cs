using StackExchange.Redis;

namespace Evolv.Platform.RateLimits;

/// <summary>The calls of one caller, counted in Redis by all servers in the way of <see cref="SlidingWindow"/>.</summary>
static class SharedWindow
{
    // One script: nothing comes between reading and writing, and a key never exists without its end. The clock is Redis' own, so that
    // servers whose clocks differ agree. The value is a list of first, last, calls, first, …; the last group ends the key.
    const string Script =
        """
        local quota, window, granule = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local stored = redis.call('GET', KEYS[1])
        local before = stored and cmsgpack.unpack(stored) or {}
        local groups, used = {}, 0
        for i = 1, #before, 3 do
            if before[i + 1] + window > now then
                groups[#groups + 1] = before[i]
                groups[#groups + 1] = before[i + 1]
                groups[#groups + 1] = before[i + 2]
                used = used + before[i + 2]
            end
        end
        if used >= quota then
            return {0, 0, groups[2] + window - now}
        end
        if #groups > 0 and now - groups[#groups - 2] < granule then
            groups[#groups - 1] = math.max(now, groups[#groups - 1])
            groups[#groups] = groups[#groups] + 1
        else
            groups[#groups + 1] = now
            groups[#groups + 1] = now
            groups[#groups + 1] = 1
        end
        redis.call('SET', KEYS[1], cmsgpack.pack(groups), 'PX', groups[#groups - 1] + window - now)
        return {1, quota - used - 1, groups[2] + window - now}
        """;

    internal static async Task<RateLimitVerdict> CountAsync(IDatabase database, RedisKey key, RateLimitPolicy policy)
    {
        var window = (long)policy.Window.TotalMilliseconds;
        // The driver sends EVALSHA, and the script itself where Redis does not know it.
        var answer = (long[]?)await database.ScriptEvaluateAsync(Script, [key], [policy.Quota, window, window / SlidingWindow.Groups]);
        return answer is [var isAllowed, var remaining, var reset]
            ? new RateLimitVerdict(isAllowed == 1, (int)remaining, TimeSpan.FromMilliseconds(reset))
            : throw new InvalidCastException("Redis answers what the script does not return");
    }
}
