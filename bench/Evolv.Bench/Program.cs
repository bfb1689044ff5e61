using System.Globalization;
using BenchmarkDotNet.Running;
using Evolv.Bench.Auth;
using Evolv.Bench.Cache;
using Evolv.Bench.Career;
using Evolv.Bench.Growth;
using Evolv.Bench.Http;
using Evolv.Bench.Load;
using Evolv.Bench.Observability;
using Evolv.Bench.RateLimits;
using Evolv.Bench.Realtime;

namespace Evolv.Bench;

static class Program
{
    const string Help = """
        Measure Evolv over HTTP beside the same SQL straight on the same PostgreSQL, in one run.
        Starts a server and a database of its own, fills it, and removes both.
        Example: ./evolv bench                       everything: 100 000 people, 1 000 000 feed items
                 ./evolv bench get-feed              scenarios whose name contains the filter
                 ./evolv bench realtime              sockets instead: /realtime/v1; ./evolv bench realtime --help
                 ./evolv bench awards                from events to awards: how many, how soon; --help
                 ./evolv bench leaderboard           ranks among 10 thousand to a million people; --help
                 ./evolv bench career                guidance: how soon, and what Evolv adds to an AI provider; --help
                 ./evolv bench cache                 answers with and without the cache, and how many it has; --help
                 ./evolv bench mix                   a steady mix of everything, minute by minute; --help
                 ./evolv bench auth                  refreshes beside their SQL, and whether time tells who has an account; --help
                 ./evolv bench limits                what counting a call costs, with Redis and without; --help
                 ./evolv bench overhead              what measuring costs; --help
                 ./evolv bench slow-clients          what others notice of clients that send and read slowly; --help
                 ./evolv bench compression           what a compressed answer costs and saves; --help
                 ./evolv bench --people 2000 --items 20000 --seconds 2     a quick look

          --people N        people (default 100000)
          --items N         feed items (default 1000000)
          --seconds N       of each measurement (default 5)
          --connections L   list of connection counts (default 1,16,64)
          --micro [NAME]    instead: what single steps cost, in time and memory, with BenchmarkDotNet
        """;

    static readonly Dictionary<string, Func<string[], Task<int>>> Benches = new()
    {
        ["cache"] = CacheBench.RunAsync,
        ["mix"] = MixBench.RunAsync,
        ["realtime"] = RealtimeBench.RunAsync,
        ["awards"] = AwardsBench.RunAsync,
        ["leaderboard"] = LeaderboardBench.RunAsync,
        ["career"] = CareerBench.RunAsync,
        ["auth"] = AuthBench.RunAsync,
        ["limits"] = LimitsBench.RunAsync,
        ["overhead"] = OverheadBench.RunAsync,
        ["slow-clients"] = SlowClientsBench.RunAsync,
        ["compression"] = CompressionBench.RunAsync,
    };

    static async Task<int> Main(string[] args)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        if (args is [var name, .. var others] && Benches.TryGetValue(name, out var bench))
            return await bench(others);
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        if (args.Contains("--micro"))
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(["--filter", $"*{Text(args, "--micro", "")}*", "--buildTimeout", "600"]);
            return 0;
        }

        var filter = args.Length > 0 && !args[0].StartsWith('-') ? args[0] : "";
        var connections = Text(args, "--connections", "1,16,64").Split(',').Select(int.Parse).ToArray();
        var seconds = int.Parse(Text(args, "--seconds", "5"), CultureInfo.InvariantCulture);

        await using var world = await BenchWorld.StartAsync(
            int.Parse(Text(args, "--people", "100000"), CultureInfo.InvariantCulture),
            int.Parse(Text(args, "--items", "1000000"), CultureInfo.InvariantCulture));
        var scenarios = Scenarios.Of(world).Where(scenario => scenario.Name.Contains(filter, StringComparison.Ordinal)).ToArray();
        await HttpLoad.WarmUpAsync(world, scenarios);
        Report.Head(world);
        foreach (var scenario in scenarios)
        {
            foreach (var count in connections)
            {
                var database = await DatabaseLoad.RunAsync(world, scenario, count, seconds);
                var http = await HttpLoad.RunAsync(world, scenario, count, seconds);
                Report.Row(scenario.Name, count, http, database, world.ServerMemory());
            }
        }

        await world.AssertInvariantsAsync();
        return 0;
    }

    internal static int Number(string[] args, string name, int otherwise)
        => int.Parse(Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    internal static string Text(string[] args, string name, string otherwise)
        => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
}
