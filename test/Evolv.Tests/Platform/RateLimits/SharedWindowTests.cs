using System.Diagnostics;
using System.Globalization;
using Evolv.Platform.RateLimits;
using Evolv.Tests.Support;
using StackExchange.Redis;

namespace Evolv.Tests.Platform.RateLimits;

/// <summary>How calls are counted in Redis, by its own clock.</summary>
public sealed class SharedWindowTests : IAsyncLifetime
{
    const string Key = "ratelimit:test:ada";

    RedisProcess? _redis;
    ConnectionMultiplexer? _connection;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    RedisProcess Redis => _redis!;

    IDatabase Database => _connection!.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection!.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Fact]
    public async Task Two_servers_together_let_through_what_one_would()
    {
        await using var other = await ConnectionMultiplexer.ConnectAsync(Redis.ConnectionString);
        var policy = new RateLimitPolicy("test", 100, TimeSpan.FromMinutes(1));
        IDatabase[] servers = [Database, other.GetDatabase()];

        var verdicts = await Task.WhenAll(Enumerable.Range(0, 400).Select(call => SharedWindow.CountAsync(servers[call % 2], Key, policy)));

        Assert.Equal(100, verdicts.Count(verdict => verdict.IsAllowed));
        Assert.Equal(Enumerable.Range(0, 100), verdicts.Where(verdict => verdict.IsAllowed).Select(verdict => verdict.Remaining).Order());
        Assert.All(verdicts, verdict => Assert.InRange(verdict.ResetSeconds, 30, 60));
    }

    // A call was counted between its sending and its answer, so this can be told from outside without a doubt.
    [Fact]
    public async Task No_window_holds_more_than_the_quota_and_all_of_it_can_be_used()
    {
        var policy = new RateLimitPolicy("test", 20, TimeSpan.FromSeconds(0.5));
        var allowed = new List<(long Sent, long Answered)>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < 4 * policy.Window)
        {
            var sent = Stopwatch.GetTimestamp();
            var verdict = await SharedWindow.CountAsync(Database, Key, policy);
            if (verdict.IsAllowed)
                allowed.Add((sent, Stopwatch.GetTimestamp()));
            else
                await Task.Delay(5, Token);
        }

        Assert.InRange(allowed.Count, 2 * policy.Quota, 5 * policy.Quota);
        for (var i = policy.Quota; i < allowed.Count; i++)
        {
            var apart = Stopwatch.GetElapsedTime(allowed[i - policy.Quota].Sent, allowed[i].Answered);
            Assert.InRange(apart, policy.Window - TimeSpan.FromMilliseconds(2), TimeSpan.MaxValue); // Redis counts whole milliseconds.
        }
    }

    [Fact]
    public async Task Who_comes_when_told_to_is_taken()
    {
        var policy = new RateLimitPolicy("test", 3, TimeSpan.FromSeconds(0.4));
        for (var i = 0; i < 3; i++)
            await SharedWindow.CountAsync(Database, Key, policy);

        var refused = await SharedWindow.CountAsync(Database, Key, policy);
        await Task.Delay(refused.Reset + TimeSpan.FromMilliseconds(20), Token);
        var taken = await SharedWindow.CountAsync(Database, Key, policy);

        Assert.Equal((false, true), (refused.IsAllowed, taken.IsAllowed));
    }

    [Fact]
    public async Task Key_never_exists_without_its_end_because_a_call_is_one_command()
    {
        var policy = new RateLimitPolicy("test", 3, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++)
        {
            await SharedWindow.CountAsync(Database, Key, policy);
            Assert.InRange(int.Parse((await Redis.AskAsync($"PTTL {Key}")).AsSpan(1), NumberStyles.Integer, CultureInfo.InvariantCulture), 50_000, 60_000);
        }

        var commands = await Redis.AskAsync("INFO commandstats");
        Assert.Contains("cmdstat_eval:calls=1,", commands, StringComparison.Ordinal); // Then Redis knows the script.
        Assert.Contains("cmdstat_evalsha:calls=9,", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_expire", commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flushed_Redis_counts_anew_and_learns_the_script_again()
    {
        var policy = new RateLimitPolicy("test", 1, TimeSpan.FromMinutes(1));
        await SharedWindow.CountAsync(Database, Key, policy);
        Assert.False((await SharedWindow.CountAsync(Database, Key, policy)).IsAllowed);

        await Redis.AskAsync("FLUSHALL");
        await Redis.AskAsync("SCRIPT FLUSH");

        Assert.True((await SharedWindow.CountAsync(Database, Key, policy)).IsAllowed);
        Assert.False((await SharedWindow.CountAsync(Database, Key, policy)).IsAllowed);
    }

    [Fact]
    public async Task Busy_caller_takes_little_memory()
    {
        var policy = new RateLimitPolicy("test", 1_000_000, TimeSpan.FromSeconds(0.6));
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < policy.Window * 2)
            await SharedWindow.CountAsync(Database, Key, policy);

        var bytes = (await Redis.AskAsync($"STRLEN {Key}")).AsSpan(1).ToString();

        Assert.InRange(int.Parse(bytes, CultureInfo.InvariantCulture), 1, 61 * 24);
    }
}
