using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Evolv.Bench.Load;
using Evolv.Platform.Data;

namespace Evolv.Bench.Cache;

/// <summary><c>./evolv bench cache</c>: what the cache is worth while nobody writes, and while many do.</summary>
static partial class CacheBench
{
    const string Help = """
        Measure answers of a server with the cache beside one without, over the same database, by a hundred people in turn: while nobody
        writes, and while posts, likes and XP come in. Both answer the same within a second of a change.
        Starts the servers and a database of its own, and removes them.
        Example: ./evolv bench cache
                 ./evolv bench cache --redis 127.0.0.1:6379

          --people N        people (default 20000)
          --items N         feed items (default 200000)
          --seconds N       of each measurement (default 5)
          --connections N   at once (default 16)
          --writes L        writes a second meanwhile (default 0,2,20)
          --redis A         second level of the cache
        """;

    const int CallerCount = 100;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var seconds = Program.Number(args, "--seconds", 5);
        var connections = Program.Number(args, "--connections", 16);
        var redis = Program.Text(args, "--redis", "");
        await using var world = await BenchWorld.StartAsync(
            Program.Number(args, "--people", 20_000), Program.Number(args, "--items", 200_000), ("EVOLV__CACHE__ENABLED", "true"), ("EVOLV__REDIS__CONNECTIONSTRING", redis));
        var plain = await world.StartSiblingAsync(("EVOLV__CACHE__ENABLED", "false"));
        var callers = await Callers.OfAsync(world, CallerCount);
        var scenarios = Scenarios(callers).ToArray();
        foreach (var scenario in scenarios)
        {
            await HttpLoad.RunAsync(world.Port, scenario, connections, 2);
            await HttpLoad.RunAsync(plain, scenario, connections, 2);
        }

        Head(world, connections, redis);
        foreach (var writes in Program.Text(args, "--writes", "0,2,20").Split(',').Select(int.Parse))
        {
            foreach (var scenario in scenarios)
            {
                using var ending = new CancellationTokenSource();
                var writing = WriteAsync(plain, callers, writes, ending.Token);
                var without = await HttpLoad.RunAsync(plain, scenario, connections, seconds);
                var before = await CountsAsync(world, scenario.Name);
                var with = await HttpLoad.RunAsync(world.Port, scenario, connections, seconds);
                var (hits, all) = await CountsAsync(world, scenario.Name);
                await ending.CancelAsync();
                await writing;
                Row(scenario.Name, writes, without, with, 100.0 * (hits - before.Hits) / (all - before.All), world.ServerMemory());
            }
        }

        return 0;
    }

    // Named as the caches are in evolv.cache.requests.
    static IEnumerable<Scenario> Scenarios(Callers callers)
    {
        yield return Of("feed", number => callers.Get(number, "/functions/v1/get-feed?limit=20"));
        yield return Of("leaderboard", number => callers.Get(number, "/functions/v1/get-leaderboard?limit=50"));
        yield return Of("learning-path", number => callers.Get(number, $"/functions/v1/get-learning-path?path_id={callers.Paths[number % callers.Paths.Length]}"));
        yield return Of("user-level", number => callers.Get(number, "/functions/v1/get-user-level"));
        yield return Of("skills", number => callers.Get(number, "/functions/v1/get-skills"));

        static Scenario Of(string name, Func<long, byte[]> request) => new(name, Caller.Anonymous, "", number => request(number));
    }

    /// <summary>One in five writes is a post, two are likes and two are XP.</summary>
    static async Task WriteAsync(int port, Callers callers, int perSecond, CancellationToken cancellationToken)
    {
        if (perSecond == 0)
            return;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, CancellationToken.None);
        var buffer = new byte[64 * 1024];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var number = Stopwatch.GetTimestamp() % 1_000_000; !cancellationToken.IsCancellationRequested; number++)
        {
            await socket.SendAsync(Writes.Of(callers, number), SocketFlags.None, CancellationToken.None);
            await HttpLoad.ReadAnswerAsync(socket, buffer);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    static async Task<(double Hits, double All)> CountsAsync(BenchWorld world, string cache)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync($"http://127.0.0.1:{world.Port}/metrics");
        var counts = CacheRequests().Matches(text).Where(match => match.Groups["cache"].Value == cache)
            .ToDictionary(match => match.Groups["result"].Value, match => double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture));
        return (counts.GetValueOrDefault("hit") + counts.GetValueOrDefault("shared"), counts.Values.Sum());
    }

    static void Head(BenchWorld world, int connections, string redis) => Console.WriteLine(
        $"""

        {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; {world.People} people, {world.Items} feed items;
        {connections} connections, {CallerCount} callers in turn; {(redis.Length > 0 ? "memory and Redis" : "memory alone")}. Load, servers and database share the machine.

        | cache | writes /s | without: req/s | p99 ms | with: req/s | p99 ms | times | hits % | server MB |
        |---|---|---|---|---|---|---|---|---|
        """);

    static void Row(string name, int writes, Measurement without, Measurement with, double hits, long memory)
        => Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {writes} | {without.PerSecond:F0} | {without.P99:F1} | {with.PerSecond:F0} | {with.P99:F1} | {with.PerSecond / without.PerSecond:F1} | {hits:F0} | {memory} |"));

    [GeneratedRegex("""evolv_cache_requests_total\{[^}]*?cache="(?<cache>[^"]+)"[^}]*?result="(?<result>[^"]+)"[^}]*\} (?<count>[0-9.e+]+)""")]
    private static partial Regex CacheRequests();
}
