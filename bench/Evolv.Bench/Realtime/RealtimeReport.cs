using Evolv.Bench.Load;

namespace Evolv.Bench.Realtime;

/// <summary>A line of the report.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Measured">With its unit.</param>
/// <param name="Aim">Empty when there is none.</param>
/// <param name="IsReached">Null when there is no aim.</param>
sealed record RealtimeRow(string What, string Measured, string Aim = "", bool? IsReached = null);

static class RealtimeReport
{
    internal static void Head(BenchWorld world)
        => Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores for server, database and load together, {world.PostgresVersion}, .NET {Environment.Version}.

            | scenario | what | measured | aim | reached | server MB |
            |---|---|---|---|---|---|
            """);

    internal static void Rows(string scenario, IEnumerable<RealtimeRow> rows, long memory)
    {
        foreach (var row in rows)
            Console.WriteLine($"| {scenario} | {row.What} | {row.Measured} | {row.Aim} | {row.IsReached switch { true => "yes", false => "**no**", null => "" }} | {memory} |");
    }

    internal static void Published()
        => Console.WriteLine(
            """

            Beside it, what is published of Supabase's Realtime server, on other hardware and over a network: the figures are no comparison of
            like with like, but they say which order of magnitude people are used to.

            | source | hardware | figure |
            |---|---|---|
            | Supabase's benchmarks | cluster of 2 to 6 servers, load from others | broadcast by socket: 32 000 users, 224 000 messages/s, p50 6 ms, p95 28 ms, p99 213 ms |
            | | | broadcast from the database: 80 000 users, 10 000 messages/s, p50 46 ms, p99 159 ms |
            | CloudBase's benchmark of the same server | one server, 2 cores, 4 GB, load from others | 160 kB of memory for each socket, about 20 000 sockets recommended |
            | Supabase's quotas | | 200 (free) or 500 (pro) sockets, 100 channels on each |
            """);
}
