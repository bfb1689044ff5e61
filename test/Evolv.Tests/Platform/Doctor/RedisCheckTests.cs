using Evolv.Platform.Doctor;
using Evolv.Platform.Redis;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Doctor;

/// <summary>The check of Redis, against a real one.</summary>
public sealed class RedisCheckTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Redis_is_green_when_it_is_bounded_and_evicts_and_red_when_it_is_dead_or_hangs()
    {
        await using var redis = await RedisProcess.StartAsync();

        Assert.Contains("yellow: Redis has no bound of memory", await CheckAsync(redis), StringComparison.Ordinal);
        await redis.AskAsync("CONFIG SET maxmemory 104857600");
        Assert.Contains("yellow: Redis refuses writes when it is full", await CheckAsync(redis), StringComparison.Ordinal);
        await redis.AskAsync("CONFIG SET maxmemory-policy allkeys-lru");
        Assert.Matches($"^[a-z]+: Redis [0-9.]+ at {redis.ConnectionString} [a-z]+ [0-9a-z .]+$", await CheckAsync(redis));

        await redis.HangAsync();
        Assert.StartsWith($"red: Redis at {redis.ConnectionString} does not answer", await CheckAsync(redis), StringComparison.Ordinal);
        await redis.GoOnAsync();

        await redis.KillAsync();
        var dead = await CheckAsync(redis);
        Assert.StartsWith($"red: Redis at {redis.ConnectionString} does not answer", dead, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", dead, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_Redis_nothing_is_missing()
        => Assert.Equal("green: not set: one server needs none", ChecksTests.Text(await RedisCheck.RunAsync(new RedisOptions(), Token)));

    [Fact]
    public void A_slow_or_old_Redis_is_told()
        => Assert.Equal(
            "yellow: Redis 5.0.1 at cache:6379 takes 30.0 ms for an answer; yellow: Redis 5.0.1 is old",
            ChecksTests.Text(RedisCheck.Judge("cache:6379", new Version(5, 0, 1), TimeSpan.FromMilliseconds(30))));

    static async Task<string> CheckAsync(RedisProcess redis)
        => ChecksTests.Text(await RedisCheck.RunAsync(new RedisOptions { ConnectionString = redis.ConnectionString }, Token));
}
