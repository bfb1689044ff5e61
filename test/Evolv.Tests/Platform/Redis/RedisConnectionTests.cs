using System.Collections.Concurrent;
using System.Diagnostics;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Redis;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Evolv.Tests.Platform.Redis;

/// <summary>Whatever Redis does, who asks it is not held up, and is answered again when Redis is well.</summary>
public sealed class RedisConnectionTests(EvolvCluster cluster)
{
    // What a call may take beside its 50 ms when other tests keep both cores busy.
    static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RedisLie.Silence)]
    [InlineData(RedisLie.Slowness)]
    [InlineData(RedisLie.HangingUp)]
    [InlineData(RedisLie.Garbage)]
    [InlineData(RedisLie.Nonsense)]
    [InlineData(RedisLie.Loading)]
    [InlineData(RedisLie.ReadOnly)]
    [InlineData(RedisLie.OutOfMemory)]
    public async Task Redis_that_lies_holds_nobody_up_is_told_of_once_and_is_asked_again_when_it_is_well(RedisLie lie)
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var wire = new RedisStandIn(redis);
        await using var evolv = await StartAsync(wire.ConnectionString);
        await AnswersAsync(evolv);

        wire.Tell(lie);
        await StaysQuickWithoutAsync(evolv);
        wire.Tell(RedisLie.None);
        await AnswersAsync(evolv);

        AssertToldOnce(evolv);
    }

    [Fact]
    public async Task Redis_that_is_killed_stopped_and_started_holds_nobody_up()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var evolv = await StartAsync(redis.ConnectionString);
        await AnswersAsync(evolv);

        await redis.KillAsync();
        await StaysQuickWithoutAsync(evolv);
        await redis.RestartAsync();
        await AnswersAsync(evolv);
        await redis.HangAsync();
        await StaysQuickWithoutAsync(evolv);
        await redis.GoOnAsync();
        await AnswersAsync(evolv);

        AssertToldOnce(evolv);
    }

    [Fact]
    public async Task Nobody_waits_for_Redis_at_the_start()
    {
        await using var redis = await RedisProcess.StartAsync();
        await redis.KillAsync();
        await using var evolv = await StartAsync(redis.ConnectionString + ",password=hunter2");

        await StaysQuickWithoutAsync(evolv);
        await redis.RestartAsync();

        // Redis without a password takes none.
        await Eventually.IsTrueAsync(() => Task.FromResult(evolv.Log.Events.SequenceEqual([9070])));
        Assert.DoesNotContain("hunter2", string.Concat(evolv.Log.Lines), StringComparison.Ordinal);
        Assert.Contains(redis.ConnectionString, string.Concat(evolv.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_that_comes_after_the_start_is_asked()
    {
        await using var redis = await RedisProcess.StartAsync();
        await redis.KillAsync();
        await using var evolv = await StartAsync(redis.ConnectionString);
        await StaysQuickWithoutAsync(evolv);

        await redis.RestartAsync();

        await AnswersAsync(evolv);
    }

    [Fact]
    public async Task Keys_of_an_installation_begin_with_its_name_by_themselves()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var evolv = await StartAsync(redis.ConnectionString);
        await AnswersAsync(evolv);

        await Eventually.IsTrueAsync(async () => (await evolv.Redis.AskAsync(database => database.StringSetAsync("hello", "world"))).HasCome);

        Assert.Matches(@"^evolv:\d+:test_\d+:$", evolv.Redis.Prefix);
        Assert.Equal("$5\r\nworld\r\n", await redis.AskAsync($"GET {evolv.Redis.Prefix}hello"));
    }

    [Fact]
    public async Task A_login_that_may_do_what_the_docs_say_is_enough()
    {
        await using var redis = await RedisProcess.StartAsync();
        await redis.AskAsync("ACL SETUSER evolv on >hunter2 ~evolv:* &evolv:* +@all -@admin -@dangerous");
        await redis.AskAsync("ACL SETUSER default off");
        await using var evolv = await StartAsync(redis.ConnectionString + ",user=evolv,password=hunter2");
        await AnswersAsync(evolv);

        var policy = new RateLimitPolicy("test", 5, TimeSpan.FromMinutes(1));
        await Eventually.IsTrueAsync(async () => (await evolv.Redis.AskAsync(database => SharedWindow.CountAsync(database, "calls", policy))).HasCome);
    }

    [Fact]
    public async Task An_error_of_one_question_is_no_answer_and_ends_no_others()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var evolv = await StartAsync(redis.ConnectionString, patience: 10_000);
        await AnswersAsync(evolv);

        for (var i = 0; i < 10; i++)
            Assert.False((await evolv.Redis.AskAsync(database => database.ExecuteAsync("no-such-command"))).HasCome);

        Assert.True((await AskAsync(evolv)).HasCome);
        Assert.Equal(10, evolv.Redis.Failed);
        Assert.Equal([9071], evolv.Log.Events);
    }

    // On a machine that is busy enough it may go and come once more; nothing is ever said twice.
    static void AssertToldOnce(Connection evolv)
    {
        int[] events = [.. evolv.Log.Events];
        Assert.Contains(9070, events);
        Assert.Equal(Enumerable.Range(0, events.Length).Select(i => i % 2 == 0 ? 9071 : 9070), events);
        Assert.Equal(9071, events[^1]);
    }

    static Task<bool> WriteAsync(IDatabase database) => database.StringSetAsync("test", 1, TimeSpan.FromMinutes(1));

    static ValueTask<RedisAnswer<bool>> AskAsync(Connection evolv) => evolv.Redis.AskAsync(WriteAsync);

    static Task AnswersAsync(Connection evolv)
        => Eventually.IsTrueAsync(async () => evolv.Redis.IsAnswering && await AskAsync(evolv) is { HasCome: true, Value: true });

    // Until the circuit opens each call takes its 50 ms at most, and then none; it opens in a second, give or take the margin.
    static async Task StaysQuickWithoutAsync(Connection evolv)
    {
        var started = Stopwatch.GetTimestamp();
        var slowest = TimeSpan.Zero;
        while (evolv.Redis.IsAnswering || !evolv.Log.Events.Contains(9070))
        {
            var asked = Stopwatch.GetTimestamp();
            await AskAsync(evolv);
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(asked).Ticks));
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(1) + (5 * Margin));
            await Task.Delay(5, Token);
        }

        var skipped = evolv.Redis.Skipped;
        Assert.Equal(default, await AskAsync(evolv));
        Assert.Equal(skipped + 1, evolv.Redis.Skipped);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromMilliseconds(50) + Margin);
    }

    async Task<Connection> StartAsync(string connectionString, int patience = 50)
    {
        var database = await cluster.CreateDatabaseAsync();
        var log = new RedisLog();
        var redis = new RedisConnection(
            Options.Create(new RedisOptions { ConnectionString = connectionString, TimeoutMilliseconds = patience }), new RedisPrefix(database.Database), log);
        var started = Stopwatch.GetTimestamp();
        await redis.StartAsync(Token);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Margin);
        return new Connection(redis, log, database);
    }

    sealed record Connection(RedisConnection Redis, RedisLog Log, TestDatabase Database) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Redis.StopAsync(CancellationToken.None);
            Redis.Dispose();
            await Database.DisposeAsync();
        }
    }

    sealed class RedisLog : ILogger<RedisConnection>
    {
        readonly ConcurrentQueue<(int Id, string Line)> _lines = [];

        internal IEnumerable<int> Events => _lines.Select(line => line.Id);

        internal IEnumerable<string> Lines => _lines.Select(line => line.Line);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => _lines.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
