using System.Diagnostics;
using System.Globalization;
using System.Net;
using Evolv.Bench.Load;
using Evolv.Platform.Data;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Redis;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace Evolv.Bench.RateLimits;

/// <summary><c>./evolv bench limits</c>: what counting a call costs, in this process and in Redis.</summary>
static class LimitsBench
{
    const int People = 10_000;

    const string Help = """
        Measure what the limits cost a request: the whole middleware, with its headers, for 10 000 people in turn. With Redis beside it
        what the same connection takes for a PING and for a script that does nothing.
        Starts a server with a database and, if redis-server is installed, a Redis of its own.
        Example: ./evolv bench limits
                 ./evolv bench limits --redis 10.0.0.5:6379

          --seconds N       of each measurement (default 5)
          --redis ADDRESS   of a Redis instead of its own
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var duration = TimeSpan.FromSeconds(int.Parse(Program.Text(args, "--seconds", "5"), CultureInfo.InvariantCulture));
        Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores, .NET {Environment.Version}; {People} people in turn.

            | what | at once | calls/s | p50 µs | p99 µs | bytes |
            |---|---|---|---|---|---|
            """);
        using (var alone = Connection(null))
        {
            await MeasureAsync("a request without limits", 1, duration, Requests(alone, limited: false));
            await MeasureAsync("counted in this process", 1, duration, Requests(alone));
            await MeasureAsync("counted in this process", 64, duration, Requests(alone));
        }

        await using var redis = RedisServer.Start(Program.Text(args, "--redis", ""));
        if (redis is not null)
            await MeasureWithRedisAsync(redis, duration);
        return 0;
    }

    static async Task MeasureWithRedisAsync(RedisServer redis, TimeSpan duration)
    {
        await using var world = await BenchWorld.StartAsync(people: 2500, items: 100); // Its name is in the keys.
        await using var source = NpgsqlDataSource.Create(world.Connections.Pool);
        using var shared = Connection(redis.Address, new RedisPrefix(new Database(source)));
        await shared.StartAsync(CancellationToken.None);
        while (!shared.IsAnswering)
            await Task.Delay(10);
        foreach (var atOnce in (int[])[1, 64])
        {
            await MeasureAsync("Redis: PING", atOnce, duration, async _ => await shared.AskAsync(database => database.PingAsync()));
            await MeasureAsync("Redis: EVALSHA of nothing", atOnce, duration,
                async _ => await shared.AskAsync(database => database.ScriptEvaluateAsync("return {1, 1, 1}", [(RedisKey)"nothing"], [1, 2, 3])));
            await MeasureAsync("counted in Redis", atOnce, duration, Requests(shared));
        }

        Console.WriteLine($"\nRedis answered {shared.Answered} questions, {shared.Failed} in vain, {shared.Skipped} not asked.");
        await shared.StopAsync(CancellationToken.None);
    }

    // As the server runs it, with the cheapest endpoint there can be.
    static Func<int, Task> Requests(RedisConnection redis, bool limited = true)
    {
        var options = Options.Create(new RateLimitOptions { AuthenticatedPerMinute = 1_000_000 });
        var (table, limiter) = (new RateLimitTable(options), new RateLimiter(redis, TimeProvider.System));
        var middleware = new RateLimitMiddleware(_ => Task.CompletedTask);
        var endpoint = new Endpoint(null, new EndpointMetadataCollection(new RateLimited(RateLimitTier.Functions, (_, _) => Task.CompletedTask)), "bench");
        var callers = Enumerable.Range(0, People).Select(n => new CallerFeature(Caller.User(new Guid(n, 0, 0, new byte[8])), null, HasToken: true)).ToArray();
        return number =>
        {
            var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Loopback } };
            context.Features.Set(callers[number % People]);
            if (limited)
                context.SetEndpoint(endpoint);
            return middleware.InvokeAsync(context, table, limiter);
        };
    }

    static async Task MeasureAsync(string name, int atOnce, TimeSpan duration, Func<int, Task> call)
    {
        for (var warm = 0; warm < 3 * People; warm++)
            await call(warm);
        var bytes = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        var loops = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(first => Task.Run(async () =>
        {
            var milliseconds = new List<double>(1 << 20);
            for (var number = first * 157; Stopwatch.GetElapsedTime(started) < duration; number++)
            {
                var begun = Stopwatch.GetTimestamp();
                await call(number);
                milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            return milliseconds;
        })));
        var all = loops.SelectMany(loop => loop).ToList();
        var perCall = (GC.GetTotalAllocatedBytes() - bytes - (atOnce * (long)(1 << 20) * sizeof(double))) / all.Count;
        var measured = Measurement.Of(all, duration.TotalSeconds, 0);
        Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {atOnce} | {measured.PerSecond:F0} | {measured.P50 * 1000:F1} | {measured.P99 * 1000:F1} | {(atOnce == 1 ? perCall.ToString(CultureInfo.InvariantCulture) : "")} |"));
    }

    static RedisConnection Connection(string? address, RedisPrefix? prefix = null)
        => new(Options.Create(new RedisOptions { ConnectionString = address, TimeoutMilliseconds = 1000 }), prefix!, NullLogger<RedisConnection>.Instance);
}
