using System.Diagnostics;
using System.Net;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.RateLimits;

/// <summary>Limits that servers share through Redis, and what is left of them when Redis is not well.</summary>
public sealed class RateLimitsOnRedisTests(EvolvCluster cluster)
{
    const string Feed = "/functions/v1/get-feed";

    // What a call may take beside its 50 ms when other tests keep both cores busy.
    static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_servers_let_through_what_one_would_also_after_Redis_was_flushed_or_away()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var first = await StartAsync(await cluster.CreateDatabaseAsync(), redis.ConnectionString, patience: 10_000);
        await using var second = await StartAsync(first.Database, redis.ConnectionString, patience: 10_000);
        await IsAsync(first, "ready");
        await IsAsync(second, "ready");

        var together = await CallBothAsync(first, second, await first.TokenOfGuestAsync(), 200);
        Assert.Equal((60, 140), (RateLimitsTests.Of(together, 200), RateLimitsTests.Of(together, 429)));

        var flushed = await first.TokenOfGuestAsync();
        Assert.Equal(60, RateLimitsTests.Of(await CallBothAsync(first, second, flushed, 60), 200));
        await redis.AskAsync("FLUSHALL");
        Assert.Equal(60, RateLimitsTests.Of(await CallBothAsync(first, second, flushed, 80), 200));

        var away = await first.TokenOfGuestAsync();
        await redis.KillAsync();
        await IsAsync(first, "degraded");
        await IsAsync(second, "degraded");
        var apart = await CallBothAsync(first, second, away, 200);
        Assert.Equal((120, 80), (RateLimitsTests.Of(apart, 200), RateLimitsTests.Of(apart, 429)));

        await redis.RestartAsync();
        await IsAsync(first, "ready");
        await IsAsync(second, "ready");
        Assert.Equal(60, RateLimitsTests.Of(await CallBothAsync(first, second, await first.TokenOfGuestAsync(), 200), 200));
    }

    [Fact]
    public async Task Whatever_Redis_does_nobody_sees_an_error_waits_for_it_or_has_more_than_the_limit()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var wire = new RedisStandIn(redis);
        await using var server = await StartAsync(await cluster.CreateDatabaseAsync(), wire.ConnectionString, patience: 50);
        (string Name, Func<Task> Begin, Func<Task> End)[] faults =
        [
            .. Enum.GetValues<RedisLie>().Where(lie => lie != RedisLie.None).Select(lie => (lie.ToString(), Tell(wire, lie), Tell(wire, RedisLie.None))),
            ("killed", redis.KillAsync, redis.RestartAsync),
            ("stopped", redis.HangAsync, redis.GoOnAsync),
        ];

        foreach (var (name, begin, end) in faults)
        {
            await IsAsync(server, "ready");
            using var guest = server.ClientWith(server.PublishableKey, await server.TokenOfGuestAsync());
            var well = await CallInTurnAsync(guest, 20);
            await begin();
            var ill = await CallInTurnAsync(guest, 60);
            await IsAsync(server, "degraded");
            await end();

            Assert.All(well, call => Assert.Equal(HttpStatusCode.OK, call.Status));
            Assert.Equal(name + " 200 429", $"{name} {string.Join(' ', ill.Select(call => (int)call.Status).Distinct().Order())}");
            Assert.Equal(40, ill.Count(call => call.Status == HttpStatusCode.OK));
            Assert.InRange(ill.Max(call => call.Elapsed), TimeSpan.Zero, well.Max(call => call.Elapsed) + TimeSpan.FromMilliseconds(50) + Margin);
            // The usual call is as quick as before: only those before the circuit opened have waited.
            Assert.InRange(Median(ill), TimeSpan.Zero, Median(well) + TimeSpan.FromMilliseconds(50));
        }
    }

    static Func<Task> Tell(RedisStandIn wire, RedisLie lie) => () =>
    {
        wire.Tell(lie);
        return Task.CompletedTask;
    };

    static async Task<List<(HttpStatusCode Status, TimeSpan Elapsed)>> CallInTurnAsync(HttpClient client, int times)
    {
        var calls = new List<(HttpStatusCode, TimeSpan)>();
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync(Feed, Token);
            calls.Add((answer.StatusCode, Stopwatch.GetElapsedTime(started)));
        }

        return calls;
    }

    static TimeSpan Median(List<(HttpStatusCode Status, TimeSpan Elapsed)> calls) => calls.Select(call => call.Elapsed).Order().ElementAt(calls.Count / 2);

    static async Task<HttpResponseMessage[]> CallBothAsync(EvolvServer first, EvolvServer second, string token, int times)
    {
        using var one = first.ClientWith(first.PublishableKey, token);
        using var other = second.ClientWith(second.PublishableKey, token);
        var answers = await Task.WhenAll(RateLimitsTests.CallAsync(one, times / 2), RateLimitsTests.CallAsync(other, times / 2));
        return [.. answers.SelectMany(answers => answers)];
    }

    static Task IsAsync(EvolvServer server, string status) => Eventually.IsTrueAsync(async () =>
    {
        using var answer = await server.Keyless.GetAsync("/readyz", Token);
        return answer.StatusCode == HttpStatusCode.OK &&
            (await answer.Content.ReadAsStringAsync(Token)).Contains($"\"status\":\"{status}\"", StringComparison.Ordinal);
    });

    static Task<EvolvServer> StartAsync(TestDatabase database, string redis, int patience)
        => EvolvServer.StartAsync(
            database, ("RateLimits:Enabled", "true"), ("Redis:ConnectionString", redis),
            ("Redis:TimeoutMilliseconds", patience.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
