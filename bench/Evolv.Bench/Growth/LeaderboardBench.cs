using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Evolv.Bench.Load;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Bench.Growth;

/// <summary><c>./evolv bench leaderboard</c>: whether a rank costs the same, however many people there are.</summary>
static class LeaderboardBench
{
    const int Callers = 1000;

    const string Help = """
        Measure the leaderboard among more and more people: rank and neighbours of random people over HTTP and as a statement,
        how much PostgreSQL reads for it, and beside it what counting and ranking all people cost.
        Starts a server and a database of its own, and removes both.
        Example: ./evolv bench leaderboard
                 ./evolv bench leaderboard --people 10000,100000,1000000,10000000

          --people L        list of numbers of people (default 10000,100000,1000000)
          --seconds N       of each measurement (default 5)
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var sizes = Program.Text(args, "--people", "10000,100000,1000000").Split(',').Select(long.Parse).Order().ToArray();
        var seconds = int.Parse(Program.Text(args, "--seconds", "5"), CultureInfo.InvariantCulture);
        await using var world = await BenchWorld.StartAsync(people: 2500, items: 5000);
        await using var owner = await world.OpenOwnerAsync();
        await PrepareAsync(owner);
        var signer = await TokenSigner.OfAsync(world, owner);

        var people = 0L;
        foreach (var size in sizes)
        {
            await GrowAsync(owner, people + 1, size);
            people = size;
            var scenarios = Scenarios(world, signer, size).ToArray();
            if (size == sizes[0])
            {
                await HttpLoad.WarmUpAsync(world, [.. scenarios.Where(scenario => scenario.Request(0).Length > 0)]);
                Head(world);
            }

            foreach (var scenario in scenarios)
                await MeasureAsync(world, owner, size, scenario, seconds);
            await MeasureUpdaterAsync(owner, size);
        }

        await AssertBoardsAsync(owner);
        return 0;
    }

    static async Task PrepareAsync(NpgsqlConnection owner)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("leaderboard.sql")!);
        foreach (var statement in SqlScript.Split(await reader.ReadToEndAsync()))
            await ExecuteAsync(owner, statement.Text);
    }

    static async Task GrowAsync(NpgsqlConnection owner, long first, long last)
    {
        const long Most = 500_000; // In one transaction.
        var started = Stopwatch.GetTimestamp();
        for (var from = first; from <= last; from += Most)
            await ExecuteAsync(owner, $"select bench.add_people({from}, {Math.Min(from + Most - 1, last)})");
        var added = Stopwatch.GetElapsedTime(started);
        await ExecuteAsync(owner, "select bench.recount()");
        var counted = Stopwatch.GetElapsedTime(started) - added;
        await ExecuteAsync(owner, "vacuum (analyze) evolv.leaderboard_entries, evolv.leaderboard_counts, public.profiles, public.user_settings, public.user_levels");
        await ExecuteAsync(owner, "checkpoint");
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{last} people: {added.TotalSeconds:F0} s to add them, {counted.TotalSeconds:F1} s to count four boards anew"));
    }

    static IEnumerable<Scenario> Scenarios(BenchWorld world, TokenSigner signer, long people)
    {
        var random = new Random(4711);
        var tokens = Enumerable.Range(0, Callers)
            .Select(_ => signer.Token(new Guid($"bbbbbbbb-0000-4000-8000-{random.NextInt64(1, people + 1):x12}")))
            .ToArray();
        var somebody = $"1 + (:n)::bigint * 7919 % {people}";
        var caller = world.Followers[20].Caller;

        yield return new Scenario(
            "rank and around me", caller, $"select bench.around({somebody}, 'xp')",
            number => Ask(number, "?around_me=true&limit=21"));
        yield return new Scenario(
            "the same among many ties", caller, $"select bench.around({somebody}, 'badges')",
            number => Ask(number, "?metric=badges&around_me=true&limit=21"));
        yield return new Scenario(
            "page from a random rank", caller, $"select bench.page({somebody}, 1 + (:n)::bigint * 104729 % {people})",
            number => Ask(number, $"?limit=20&from_rank={1 + number * 104_729 % people}"));
        yield return new Scenario("naive: count(*) of those before", caller, $"select bench.naive_rank({somebody})", _ => default);
        yield return new Scenario("naive: rank() over all", caller, $"select bench.naive_around({somebody})", _ => default);

        ReadOnlyMemory<byte> Ask(long number, string query) => Encoding.ASCII.GetBytes(
            $"GET /functions/v1/get-leaderboard{query} HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nAuthorization: Bearer {tokens[number % Callers]}\r\n\r\n");
    }

    static void Head(BenchWorld world) => Console.WriteLine(
        $"""

        {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; server, database and load share the machine.
        The database alone is measured with {DatabaseLoad.Tool}, one connection. Pages of 8 kB that PostgreSQL looks at: the mean of 100 people, and the most.

        | people | question | database p50 ms | p99 ms | pages | most | HTTP 1: p50 ms | p99 ms | HTTP 16: /s | p50 ms | p99 ms | errors |
        |---|---|---|---|---|---|---|---|---|---|---|---|
        """);

    static async Task MeasureAsync(BenchWorld world, NpgsqlConnection owner, long people, Scenario scenario, int seconds)
    {
        var isNaive = scenario.Request(0).Length == 0;
        var (mean, most) = await PagesAsync(owner, scenario, isNaive ? 5 : 100);
        var database = await DatabaseLoad.RunAsync(world, scenario, 1, seconds);
        var row = FormattableString.Invariant($"| {people} | {scenario.Name} | {database.P50:F2} | {database.P99:F2} | {mean:F0} | {most} |");
        if (isNaive)
        {
            Console.WriteLine($"{row} | | | | | |");
            return;
        }

        var one = await HttpLoad.RunAsync(world, scenario, 1, seconds);
        var many = await HttpLoad.RunAsync(world, scenario, 16, seconds);
        Console.WriteLine(FormattableString.Invariant(
            $"{row} {one.P50:F2} | {one.P99:F2} | {many.PerSecond:F0} | {many.P50:F2} | {many.P99:F2} | {one.Errors + many.Errors} |"));
    }

    static async Task<(double Mean, long Most)> PagesAsync(NpgsqlConnection owner, Scenario scenario, int people)
    {
        var pages = new List<long>();
        for (var number = 1; number <= people; number++)
        {
            var sql = scenario.Sql.Replace(":n", (number * 15_485_863L).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            await using var command = new NpgsqlCommand($"explain (analyze, buffers, format json) {sql}", owner) { CommandTimeout = 600 };
            using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!);
            var root = plan.RootElement[0].GetProperty("Plan");
            pages.Add(root.GetProperty("Shared Hit Blocks").GetInt64() + root.GetProperty("Shared Read Blocks").GetInt64());
        }

        // The first ones also read the catalog.
        return (pages.Skip(people / 10).Average(), pages.Skip(people / 10).Max());
    }

    /// <summary>How many changes of scores a second the server's updater brings into the boards.</summary>
    static async Task MeasureUpdaterAsync(NpgsqlConnection owner, long people)
    {
        const int Changes = 50_000;
        await ExecuteAsync(owner,
            $"""
            insert into evolv.leaderboard_changes (user_id, kind, amount, at)
            select bench.person(1 + (n * 7919::bigint) % {people}), 'xp', 5 + n % 50, now() from generate_series(1, {Changes}) n
            """);
        var started = Stopwatch.GetTimestamp();
        while (await ScalarAsync(owner, "select count(*)::text from (select from evolv.leaderboard_changes limit 1) c") != "0")
            await Task.Delay(10);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {people} | updater: {Changes / elapsed.TotalSeconds:F0} changes of scores a second, each in four periods | | | | | | | | | | |"));
    }

    static async Task AssertBoardsAsync(NpgsqlConnection owner)
    {
        var broken = await ScalarAsync(owner,
            """
            select coalesce(string_agg(format('%s %s: %s, not %s', c.board_id, c.prefix, c.people, e.people), ', '), '')
            from (select * from evolv.leaderboard_counts where shift = 0) c
            full join (
                select board_id, period_start, score, count(*) as people from evolv.leaderboard_entries where is_listed group by 1, 2, 3
            ) e on e.board_id = c.board_id and e.period_start = c.period_start and e.score = c.prefix
            where e.people is distinct from c.people
            """);
        Console.WriteLine(broken.Length == 0 ? "\nCounts are right." : $"\nBROKEN: {broken}");
    }

    static async Task ExecuteAsync(NpgsqlConnection owner, string sql)
    {
        await using var command = new NpgsqlCommand(sql, owner) { CommandTimeout = 3600 };
        await command.ExecuteNonQueryAsync();
    }

    static async Task<string> ScalarAsync(NpgsqlConnection owner, string sql)
    {
        await using var command = new NpgsqlCommand(sql, owner) { CommandTimeout = 3600 };
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
