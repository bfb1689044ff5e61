using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Evolv.Bench.Load;

namespace Evolv.Bench.Cache;

/// <summary><c>./evolv bench mix</c>: as many requests a second as asked for, of all kinds, for minutes.</summary>
static class MixBench
{
    const string Help = """
        Send a steady mix to the server as it is set up by default: reads of feeds, leaderboards, levels, paths, skills, tables and accounts, and
        posts, likes and XP. Requests come at their times whether or not those before them are answered, and waiting counts.
        Starts a server and a database of its own, and removes both. Limits are off: all of it comes from one address.
        Example: ./evolv bench mix
                 ./evolv bench mix --rate 500 --minutes 1

          --rate N          requests a second (default 1000)
          --minutes N       (default 10)
          --connections N   over which they go (default 64)
          --people N        people (default 20000)
          --items N         feed items (default 200000)
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var rate = Program.Number(args, "--rate", 1000);
        var minutes = Program.Number(args, "--minutes", 10);
        var connections = Program.Number(args, "--connections", 64);
        await using var world = await BenchWorld.StartAsync(
            Program.Number(args, "--people", 20_000), Program.Number(args, "--items", 200_000), ("EVOLV__CACHE__ENABLED", "true"));
        var callers = await Callers.OfAsync(world, 2000);
        await SendAsync(world, callers, rate / 2, connections, TimeSpan.FromSeconds(30)); // A server that has run for a while.

        Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; {world.People} people, {world.Items} feed items;
            {rate} requests a second over {connections} connections, 2000 callers. Load, server and database share the machine.

            | minute | req/s | p50 ms | p95 ms | p99 ms | errors | server MB |
            |---|---|---|---|---|---|---|
            """);
        var all = new List<double>();
        var errors = 0L;
        for (var minute = 1; minute <= minutes; minute++)
        {
            var (latencies, failed) = await SendAsync(world, callers, rate, connections, TimeSpan.FromMinutes(1));
            all.AddRange(latencies);
            errors += failed;
            Row(minute.ToString(CultureInfo.InvariantCulture), Measurement.Of(latencies, 60, failed), world.ServerMemory());
        }

        Row("all", Measurement.Of(all, 60.0 * minutes, errors), world.ServerMemory());
        await world.AssertInvariantsAsync();
        return 0;
    }

    /// <summary>Each connection has a timetable of its own; latencies count from when a request was due.</summary>
    static async Task<(List<double> Latencies, long Errors)> SendAsync(
        BenchWorld world, Callers callers, int rate, int connections, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(async worker =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, world.Port);
            var (latencies, errors, buffer, random) = (new List<double>(), 0L, new byte[256 * 1024], new Random(worker));
            for (var turn = 0; ; turn++)
            {
                var due = TimeSpan.FromSeconds((turn + ((double)worker / connections)) * connections / rate);
                if (due >= duration)
                    return (latencies, errors);
                if (due - Stopwatch.GetElapsedTime(started) is var early && early > TimeSpan.Zero)
                    await Task.Delay(early);
                // A timer may wake up late; that is this program's fault and not the server's.
                var sent = Stopwatch.GetElapsedTime(started);
                var from = sent - due < TimeSpan.FromMilliseconds(2) ? sent : due;
                await socket.SendAsync(Next(callers, random));
                if (!await HttpLoad.ReadAnswerAsync(socket, buffer))
                    errors++;
                latencies.Add((Stopwatch.GetElapsedTime(started) - from).TotalMilliseconds);
            }
        }));
        return ([.. workers.SelectMany(worker => worker.latencies)], workers.Sum(worker => worker.errors));
    }

    static byte[] Next(Callers callers, Random random)
    {
        var who = random.Next();
        return random.Next(100) switch
        {
            < 35 => callers.Get(who, "/functions/v1/get-feed?limit=20"),
            < 45 => callers.Get(who, "/functions/v1/get-leaderboard?limit=50"),
            < 55 => callers.Get(who, "/functions/v1/get-user-level"),
            < 65 => callers.Get(who, $"/functions/v1/get-learning-path?path_id={callers.Paths[who % callers.Paths.Length]}"),
            < 68 => callers.Get(who, "/functions/v1/get-skills?category=programming"),
            < 80 => callers.Get(who, "/rest/v1/posts?select=id,content,likes_count,profiles(full_name)&order=created_at.desc&limit=20"),
            < 90 => callers.Get(who, "/rest/v1/user_levels?select=current_level,total_xp&limit=1"),
            < 95 => callers.Get(who, "/rest/v1/learning_paths?select=id,title,difficulty_level&limit=20"),
            _ => Writes.Of(callers, who),
        };
    }

    static void Row(string minute, Measurement measured, long memory) => Console.WriteLine(FormattableString.Invariant(
        $"| {minute} | {measured.PerSecond:F0} | {measured.P50:F1} | {measured.P95:F1} | {measured.P99:F1} | {measured.Errors} | {memory} |"));
}
