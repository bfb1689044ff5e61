using System.Globalization;
using Evolv.Bench.Load;

namespace Evolv.Bench.Observability;

/// <summary><c>./evolv bench overhead</c>: what it costs that everything is measured, against the same server that measures nothing.</summary>
static class OverheadBench
{
    const string Help = """
        Measure the price of metrics: two servers with the same data, one with Observability:Metrics and a scraper each second, one without. They
        take turns, and the order within a round alternates, so that whatever else the machine does hits both.
        Example: ./evolv bench overhead
                 ./evolv bench overhead --rounds 10 --seconds 5

          --rounds N        in which both are measured (default 8)
          --seconds N       of each measurement (default 4)
          --connections N   (default 16)
          --people N        people (default 2000)
        """;

    static readonly string[] Measured = ["get-feed all", "add-xp spread", "rest one row by key", "rest page of 20"];

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var (rounds, seconds, connections, people) = (Number("--rounds", 8), Number("--seconds", 4), Number("--connections", 16), Number("--people", 2000));
        await using var on = await BenchWorld.StartAsync(people, people * 10);
        await using var off = await BenchWorld.StartAsync(people, people * 10, ("EVOLV__OBSERVABILITY__METRICS", "false"));
        using var end = new CancellationTokenSource();
        var scraping = ScrapeAsync(on.Port, end.Token);
        var pairs = ScenariosOf(on).Zip(ScenariosOf(off)).ToArray();
        await HttpLoad.WarmUpAsync(on, [.. pairs.Select(pair => pair.First)]);
        await HttpLoad.WarmUpAsync(off, [.. pairs.Select(pair => pair.Second)]);

        Console.WriteLine(
            """

            | scenario | measured req/s | unmeasured req/s | ratio, median of rounds | least | most | the server's processor time per request, measured / unmeasured µs |
            |---|---|---|---|---|---|---|
            """);
        var all = new List<double>();
        foreach (var (measured, unmeasured) in pairs)
        {
            var (with, without) = (new List<Round>(), new List<Round>());
            for (var round = 0; round < rounds; round++)
            {
                if (round % 2 == 0)
                    with.Add(await RunAsync(on, measured));
                without.Add(await RunAsync(off, unmeasured));
                if (round % 2 == 1)
                    with.Add(await RunAsync(on, measured));
            }

            var ratios = with.Zip(without, (one, other) => one.PerSecond / other.PerSecond).Order().ToArray();
            all.AddRange(ratios);
            var (rate, otherRate) = (Median([.. with.Select(round => round.PerSecond)]), Median([.. without.Select(round => round.PerSecond)]));
            var (time, otherTime) = (Median([.. with.Select(round => round.Microseconds)]), Median([.. without.Select(round => round.Microseconds)]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {measured.Name} | {rate:F0} | {otherRate:F0} | {Median(ratios):F3} | {ratios[0]:F3} | {ratios[^1]:F3} | {time:F1} / {otherTime:F1} |"));
        }

        await end.CancelAsync();
        var scrapes = await scraping;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nMedian of all {all.Count} rounds: {Median(all):F3} of the throughput (aim ≥ 0.97); {scrapes.Count} scrapes of {scrapes.Bytes / 1024} kB meanwhile."));
        return 0;

        async Task<Round> RunAsync(BenchWorld world, Scenario scenario)
        {
            var before = world.ServerTime();
            var run = await HttpLoad.RunAsync(world, scenario, connections, seconds);
            // It also ran for a second before it was measured.
            return new(run.PerSecond, (world.ServerTime() - before).TotalMicroseconds / (run.PerSecond * (seconds + 1)));
        }

        int Number(string name, int otherwise) => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
    }

    sealed record Round(double PerSecond, double Microseconds);

    static Scenario[] ScenariosOf(BenchWorld world) => [.. Scenarios.Of(world).Where(scenario => Measured.Contains(scenario.Name))];

    static async Task<(int Count, int Bytes)> ScrapeAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var (count, bytes) = (0, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                bytes = (await client.GetByteArrayAsync($"http://127.0.0.1:{port}/metrics", cancellationToken)).Length;
                count++;
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }

        return (count, bytes);
    }

    static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
