using System.Diagnostics;
using System.Globalization;
using Evolv.Bench.Load;

namespace Evolv.Bench.Http;

/// <summary><c>./evolv bench slow-clients</c>: what others notice of clients that send and read as slowly as they can.</summary>
static class SlowClientsBench
{
    const string Help = """
        Measure the latency of normal requests with and without slow clients beside them, in turns, in one run.
        A third of them sends headers, a third a body, a third reads, each a byte a second; who is cut off comes again.
        Example: ./evolv bench slow-clients
                 ./evolv bench slow-clients --slow 2000 --rounds 4

          --slow N          slow clients (default 500)
          --connections N   normal ones (default 4)
          --rounds N        turns of each kind (default 8)
          --seconds N       of a turn (default 8)
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var (slow, connections) = (Number(args, "--slow", 500), Number(args, "--connections", 4));
        var (rounds, turn) = (Number(args, "--rounds", 8), TimeSpan.FromSeconds(Number(args, "--seconds", 8)));
        await using var world = await BenchWorld.StartAsync(2000, 20_000);
        var scenario = Scenarios.Of(world).Single(scenario => scenario.Name == "get-feed all");
        await HttpLoad.WarmUpAsync(world, [scenario]);

        var (alone, beside, cut) = (new Turns(), new Turns(), 0);
        for (var round = 0; round < rounds; round++)
        {
            // The order changes, so that what grows with time falls on both.
            foreach (var withSlow in (bool[])(round % 2 == 0 ? [false, true] : [true, false]))
            {
                await using var clients = withSlow ? await SlowClients.OpenAsync(world, slow) : null;
                await (withSlow ? beside : alone).AddAsync(world, scenario, connections, turn);
                cut += clients?.Cut ?? 0;
            }
        }

        var (without, with) = (alone.Measure(), beside.Measure());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"""

            {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; {connections} connections read the feed, {rounds} turns of {turn.TotalSeconds:F0} s each; load and server share the machine.

            | beside them | req/s | p50 ms | p95 ms | p99 ms | errors | server, of a core |
            |---|---|---|---|---|---|---|
            | nobody | {without.PerSecond:F0} | {without.P50:F2} | {without.P95:F2} | {without.P99:F2} | {without.Errors} | {alone.Busy:F2} |
            | {slow} slow clients | {with.PerSecond:F0} | {with.P50:F2} | {with.P95:F2} | {with.P99:F2} | {with.Errors} | {beside.Busy:F2} |

            p99 with slow clients is {with.P99 / without.P99:F2} times that without (aim: at most 1.20); {cut} of them were cut off and came again. Server: {world.ServerMemory()} MB.
            """));
        return 0;
    }

    static int Number(string[] args, string name, int otherwise)
        => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}

/// <summary>What turns of one kind measured together.</summary>
sealed class Turns
{
    readonly List<double> _latencies = [];
    double _seconds;
    double _serverSeconds;
    long _errors;

    /// <summary>Processor time of the server, of one core.</summary>
    internal double Busy => _serverSeconds / _seconds;

    /// <summary>Processor time of the server for one request, in milliseconds.</summary>
    internal double MillisecondsEach => _serverSeconds * 1000 / _latencies.Count;

    internal async Task AddAsync(BenchWorld world, Scenario scenario, int connections, TimeSpan duration)
    {
        var (started, server) = (Stopwatch.GetTimestamp(), world.ServerTime());
        var (latencies, errors) = await HttpLoad.LoopAsync(world.Port, scenario, connections, duration);
        _serverSeconds += (world.ServerTime() - server).TotalSeconds;
        _seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
        _latencies.AddRange(latencies);
        _errors += errors;
    }

    internal Measurement Measure() => Measurement.Of([.. _latencies], _seconds, _errors);
}
