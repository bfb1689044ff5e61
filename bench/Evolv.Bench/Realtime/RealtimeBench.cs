using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Evolv.Bench.Realtime;

/// <summary><c>./evolv bench realtime</c>: sockets, each of which is read, against a server in a process of its own.</summary>
static partial class RealtimeBench
{
    const int FilesBesideSockets = 500;

    const string Help = """
        Measure /realtime/v1 with sockets that are all read, on this machine, load included.
        Starts a server and a database of its own, and removes both.
        Example: ./evolv bench realtime                    everything
                 ./evolv bench realtime broadcast          scenarios whose name contains the filter: idle, audience, stream, broadcast, presence
                 ./evolv bench realtime stream --seconds 300

          --idle N          idle sockets (default 5000)
          --subscribers N   people who are told of one change (default 2000)
          --seconds N       of the stream (default 30); broadcasts take a third of it
          --rate N          changes a second of the stream (default 1000)
          --members N       of the topic of broadcasts (default 1000)
          --present N       members who are present on one topic (default 200)
          --pause N         seconds in which the load waits before and after each measurement, to look into the server (default 0)
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        foreach (var setting in RealtimeWorld.SocketSettings)
            Environment.SetEnvironmentVariable(setting, "1");
        var filter = args.Length > 0 && !args[0].StartsWith('-') ? args[0] : "";
        var size = new RealtimeSize(
            Number(args, "--idle", 5000), Number(args, "--subscribers", 2000), Number(args, "--seconds", 30), Number(args, "--rate", 1000),
            Number(args, "--members", 1000), Number(args, "--present", 200));
        if (FilesAllowed() is { } allowed && allowed < Math.Max(size.Idle, size.Subscribers) + FilesBesideSockets)
        {
            Console.Error.WriteLine($"A process may have {allowed} files open here, which is too few for so many sockets; run ulimit -n 16384 first, or ask for fewer (--idle, --subscribers).");
            return 1;
        }

        await using var world = await RealtimeWorld.StartAsync();
        Console.Error.WriteLine($"The server is process {world.World.ServerId}.");
        RealtimeReport.Head(world.World);
        foreach (var (name, run) in RealtimeScenarios.All.Where(scenario => scenario.Name.Contains(filter, StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromSeconds(Number(args, "--pause", 0)));
            var (server, load, started) = (world.World.ServerTime(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            var rows = await run(world, size);
            var elapsed = Stopwatch.GetElapsedTime(started);
            RealtimeReport.Rows(name, rows, world.World.ServerMemory());
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {elapsed.TotalSeconds:F0} s, server {(world.World.ServerTime() - server) / elapsed:P0} of a core, load {(Environment.CpuUsage.TotalTime - load) / elapsed:P0}"));
        }

        RealtimeReport.Published();
        await world.World.AssertInvariantsAsync();
        return 0;
    }

    static int Number(string[] args, string name, int otherwise)
        => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    /// <summary>Null where that is not to be read.</summary>
    static int? FilesAllowed()
        => File.Exists("/proc/self/limits") && OpenFiles().Match(File.ReadAllText("/proc/self/limits")) is { Success: true } match
            ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : null;

    // .NET raises the soft limit to the hard one by itself.
    [GeneratedRegex(@"Max open files\s+\d+\s+(\d+)")]
    private static partial Regex OpenFiles();
}

/// <summary>How much of everything.</summary>
sealed record RealtimeSize(int Idle, int Subscribers, int Seconds, int Rate, int Members, int Present);
