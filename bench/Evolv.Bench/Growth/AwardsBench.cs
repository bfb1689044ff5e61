using System.Diagnostics;
using System.Globalization;
using Evolv.Bench.Load;
using Evolv.Bench.Realtime;
using Npgsql;

namespace Evolv.Bench.Growth;

/// <summary>
/// <c>./evolv bench awards</c>: from committed events to committed awards by a server in a process of its own, beside the ledger and
/// the totals written by bare SQL inside the same PostgreSQL.
/// </summary>
static class AwardsBench
{
    const string Help = """
        Measure how events become awards: how many a second, and how soon.
        Starts a server and a database of its own, and removes both.
        Example: ./evolv bench awards

          --people N     people (default 10000)
          --events N     events of each throughput measurement (default 20000)
          --rate N       events a second of the latency measurement (default 500)
          --seconds N    of the latency measurement (default 20)
        """;

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var events = Number(args, "--events", 20_000);
        await using var world = await BenchWorld.StartAsync(Number(args, "--people", 10_000), items: 1000);
        await using var owner = await world.OpenOwnerAsync();
        await ExecuteAsync(owner, Prepare);
        Head(world);

        foreach (var (name, people) in ((string, int)[])[("spread", world.People), ("one hot user", 1)])
        {
            var settled = await SettleAsync(world, owner, events, people);
            var bare = await BareAsync(world, events, people);
            Row($"awards, {name}", $"{settled:F0}/s", $"{(people == 1 ? 1000 : 3000)}/s", settled >= (people == 1 ? 1000 : 3000), bare, settled / bare);
        }

        var rate = Number(args, "--rate", 500);
        var latencies = await LatencyAsync(world, owner, rate, Number(args, "--seconds", 20));
        Row($"event to award, {rate} events/s", latencies.ToString(), "p99 1 s", latencies.At(0.99) <= 1000, null, null);
        await world.AssertInvariantsAsync();
        return 0;
    }

    // Events of type bench.done are worth 1 XP; those of type bench.bare are worth nothing and stand in for the cause of a bare entry.
    const string Prepare = """
        insert into public.xp_rules (slug, name, source) values ('bench', 'Bench', 'quiz_completion');
        insert into public.xp_rule_versions (rule_id, version, event_type, amount, valid_from)
        select id, 1, 'bench.done', 1, '-infinity' from public.xp_rules where slug = 'bench';
        create function public.bench_person(n bigint) returns uuid language sql immutable
            return ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n), 12, '0'))::uuid;
        """;

    /// <summary>Awards a second, from the commit of all events at once to the commit of the last award.</summary>
    static async Task<double> SettleAsync(BenchWorld world, NpgsqlConnection owner, int events, int people)
    {
        await ExecuteAsync(owner, $"insert into public.activity_events (user_id, type) select public.bench_person(n % {people}), 'bench.done' from generate_series(1, {events}) n");
        var started = Stopwatch.GetTimestamp();
        while (await ScalarAsync(owner, "select count(*) from evolv.pending_events") > 0)
            await Task.Delay(Poll);
        return events / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>
    /// The same rows by two loops inside PostgreSQL, each one statement for entry and total, in transactions as large as the server's.
    /// </summary>
    static async Task<double> BareAsync(BenchWorld world, int events, int people)
    {
        var loops = people == 1 ? 1 : 2;
        await using var owner = await world.OpenOwnerAsync();
        await ExecuteAsync(owner, "insert into public.activity_events (user_id, type) values (public.bench_person(0), 'bench.bare')");
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, loops).Select(async loop =>
        {
            await using var connection = await world.OpenOwnerAsync();
            await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
                do $$
                declare
                    version public.xp_rule_versions;
                    cause bigint := (select max(id) from public.activity_events where type = 'bench.bare');
                    run text := gen_random_uuid();
                begin
                    select v.* into version from public.xp_rule_versions v join public.xp_rules r on r.id = v.rule_id where r.slug = 'bench';
                    for n in 1 .. {events / loops} loop
                        with entry as (
                            insert into public.xp_transactions (
                                user_id, amount, source, event_id, rule_version_id, rule_id, award_key, local_date)
                            values (
                                public.bench_person((n * {loops} + {loop}) % {people}), 1, 'quiz_completion', cause, version.id, version.rule_id, run || n,
                                current_date)
                        )
                        update public.user_levels
                        set total_xp = total_xp + 1,
                            current_level = evolv.level_for(total_xp + 1),
                            peak_level = greatest(peak_level, evolv.level_for(total_xp + 1)),
                            updated_at = now()
                        where user_id = public.bench_person((n * {loops} + {loop}) % {people});
                        if n % 500 = 0 then
                            commit;
                        end if;
                    end loop;
                end
                $$
                """));
        }));
        return events / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>From the commit of an event to the moment somebody else sees its award, to five milliseconds.</summary>
    static async Task<Latencies> LatencyAsync(BenchWorld world, NpgsqlConnection owner, int rate, int seconds)
    {
        var latencies = new Latencies();
        var waiting = new Dictionary<long, long>();
        using var done = new CancellationTokenSource();
        var observer = ObserveAsync();

        var started = Stopwatch.GetTimestamp();
        for (var sent = 0; sent < rate * seconds; sent++)
        {
            var id = await ScalarAsync(owner, $"insert into public.activity_events (user_id, type) values (public.bench_person({sent * 7919L % world.People}), 'bench.done') returning id");
            lock (waiting)
                waiting.Add(id, Stopwatch.GetTimestamp());
            var ahead = TimeSpan.FromSeconds((sent + 1.0) / rate) - Stopwatch.GetElapsedTime(started);
            if (ahead > TimeSpan.FromMilliseconds(2))
                await Task.Delay(ahead);
        }

        await Task.Delay(TimeSpan.FromSeconds(3));
        await done.CancelAsync();
        await observer;
        if (waiting.Count > 0)
            Console.WriteLine($"MISSING: {waiting.Count} events brought no award within 3 seconds.");
        return latencies;

        async Task ObserveAsync()
        {
            await using var connection = await world.OpenOwnerAsync();
            while (!done.IsCancellationRequested)
            {
                long[] asked;
                lock (waiting)
                    asked = [.. waiting.Keys];
                await using (var command = new NpgsqlCommand("select event_id from public.xp_transactions where event_id = any ($1) and badge_id is null", connection))
                {
                    command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = asked });
                    await using var reader = await command.ExecuteReaderAsync();
                    var now = Stopwatch.GetTimestamp();
                    while (await reader.ReadAsync())
                    {
                        lock (waiting)
                        {
                            if (waiting.Remove(reader.GetInt64(0), out var since))
                                latencies.Add(since, now);
                        }
                    }
                }

                await Task.Delay(Poll);
            }
        }
    }

    static void Head(BenchWorld world)
        => Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores for server, database and load together, {world.PostgresVersion}, .NET {Environment.Version}, {world.People} people.

            | what | measured | aim | reached | bare SQL | ratio |
            |---|---|---|---|---|---|
            """);

    static void Row(string what, string measured, string aim, bool isReached, double? bare, double? ratio)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {measured} | {aim} | {(isReached ? "yes" : "**no**")} | {(bare is null ? "" : $"{bare:F0}/s")} | {(ratio is null ? "" : $"{ratio:F2}")} |"));

    static int Number(string[] args, string name, int otherwise)
        => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }

    static async Task<long> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
