using System.Diagnostics;
using System.Globalization;
using Evolv.Bench.Load;
using Evolv.Features.Career.Occupations;
using Npgsql;

namespace Evolv.Bench.Career;

/// <summary><c>./evolv bench career</c>: how soon guidance answers, by itself, again, and with a model that takes its own time.</summary>
static class CareerBench
{
    const int Rankings = 2000;

    const string Help = """
        Measure guidance: Evolv's own answers, the same ones again, what Evolv adds to the time of an AI provider, and the matcher.
        Starts two servers with databases of their own one after the other, and removes both; the provider is a stand-in of this process.
        Example: ./evolv bench career

          --seconds N       of each measurement (default 5)
          --paths N         learning paths beside the twelve of the demo community (default 0)
          --delay N         milliseconds that the stand-in waits before it answers (default 100)
          --calls N         of the stand-in by Evolv and directly, for each connection (default 100)
        """;

    static readonly int[] Connections = [1, 8];

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var (seconds, paths) = (Number(args, "--seconds", 5), Number(args, "--paths", 0));
        await using (var world = await CareerWorld.StartAsync(paths))
        {
            Head(world);
            await MeasureBuiltInAsync(world, seconds);
            await world.World.AssertInvariantsAsync();
            MeasureMatcher(world.Catalog);
        }

        await using var model = await ModelStandIn.StartAsync();
        await using var asking = await CareerWorld.StartAsync(
            paths,
            ("EVOLV__AI__APIKEY", "bench"), ("EVOLV__AI__BASEURL", model.Url), ("EVOLV__AI__MODELS", ModelStandIn.Model),
            ("EVOLV__AI__PERSONDAILYUSD", "1000000"), ("EVOLV__AI__PERSONMONTHLYUSD", "1000000"),
            ("EVOLV__AI__INSTALLATIONDAILYUSD", "1000000"), ("EVOLV__AI__INSTALLATIONMONTHLYUSD", "1000000"));
        await MeasureProviderAsync(asking, model, TimeSpan.FromMilliseconds(Number(args, "--delay", 100)), Number(args, "--calls", 100));
        return 0;
    }

    /// <summary>The body of a question, that differs from that of another number.</summary>
    internal static object Assessment(OccupationCatalog catalog, int person, string depth, string number)
    {
        var profile = Profiles.Of(catalog, person);
        return new { user_profile = profile with { CareerGoals = $"{profile.CareerGoals} Plan {number}." }, analysis_depth = depth };
    }

    static async Task MeasureBuiltInAsync(CareerWorld world, int seconds)
    {
        var catalog = world.Catalog;
        var before = await world.CountAsync("public.career_assessments");
        (string Name, int[] Connections, Questions Questions)[] functions =
        [
            .. ((string[])["standard", "comprehensive"]).Select(depth => (
                $"assessment, {depth}", Connections,
                new Questions(world, "ai-career-assessment", n => Assessment(catalog, n, depth, Questions.Number)))),
            ("skill recommendations", [1], new Questions(world, "ai-skill-recommendations", n => new
            {
                current_skills = Profiles.Of(catalog, n).CurrentSkills.Add($"craft {Questions.Number}"),
                target_role = catalog.Occupations[n % catalog.Occupations.Length].Title,
            })),
            ("learning path", [1], new Questions(world, "ai-learning-path", n => new
            {
                goal = $"{Profiles.Of(catalog, n).CareerGoals} Plan {Questions.Number}.",
            })),
        ];
        var scenarios = functions.Select(function => new Scenario(function.Name, world.World.Followers[20].Caller, "", _ => function.Questions.Next())).ToArray();
        await HttpLoad.WarmUpAsync(world.World, scenarios);
        foreach (var (scenario, function) in scenarios.Zip(functions))
        {
            foreach (var count in function.Connections)
            {
                await world.RestAsync();
                Row(scenario.Name, count, await HttpLoad.RunAsync(world.World, scenario, count, seconds), 30, "");
            }
        }

        var kept = await world.CountAsync("public.career_assessments");
        if (kept - before != functions[0].Questions.Asked + functions[1].Questions.Asked)
            Console.WriteLine($"BROKEN: {functions[0].Questions.Asked + functions[1].Questions.Asked} assessments were asked for and {kept - before} are kept.");

        await world.RestAsync();
        await MeasureCachedAsync(world, seconds);
        if (await world.CountAsync("public.career_assessments") != kept + 1)
            Console.WriteLine("BROKEN: the same question was answered anew.");
    }

    static async Task MeasureCachedAsync(CareerWorld world, int seconds)
    {
        var person = world.World.Followers[20];
        var request = world.Request("ai-career-assessment", person.Id, Assessment(world.Catalog, 1, "standard", "again"));
        var http = new Scenario("the same assessment again", person.Caller, "", _ => request);
        await HttpLoad.RunAsync(world.World, http, 8, seconds); // Makes the answer, and warms up.
        await using var read = new NpgsqlCommand("select request_hash from public.career_assessments where user_id = $1", world.Owner) { Parameters = { new() { Value = person.Id } } };
        // As GuidanceFlow.FindAsync asks.
        var database = http with
        {
            Sql = $"""
                with context as materialized (select evolv.guidance_context()::text as document)
                select c.document, md5(c.document), (
                    select evolv.assessment_answer(a, true)::text
                    from public.career_assessments a
                    where a.user_id = '{person.Id}' and a.request_hash = '{await read.ExecuteScalarAsync()}' and a.context_hash = md5(c.document)
                        and a.ai_fallback is null and a.created_at > now() - interval '24 hours'
                    order by a.created_at desc
                    limit 1)
                from context c
                """,
        };
        foreach (var count in Connections)
        {
            var alone = await DatabaseLoad.NpgsqlAsync(world.World, database, count, seconds);
            var measured = await HttpLoad.RunAsync(world.World, http, count, seconds);
            Row(http.Name, count, measured, 5, FormattableString.Invariant($"{alone.PerSecond:F0}/s, p50 {alone.P50:F1} ms, p99 {alone.P99:F1} ms; {measured.PerSecond / alone.PerSecond:F2}"));
        }
    }

    static void MeasureMatcher(OccupationCatalog catalog)
    {
        var people = Enumerable.Range(0, Rankings).Select(n => (Profile: Profiles.Of(catalog, n), Skills: Profiles.SkillsOf(catalog, n))).ToArray();
        List<double> took = [];
        var allocated = 0L;
        for (var round = 0; round < 4; round++)
        {
            (took, allocated) = ([], GC.GetAllocatedBytesForCurrentThread());
            foreach (var (profile, skills) in people)
            {
                var started = Stopwatch.GetTimestamp();
                CareerMatcher.Rank(catalog, profile, skills);
                took.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        }

        var measured = Measurement.Of(took, 1, 0);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"""

            The matcher alone, {catalog.Occupations.Length} occupations ranked for each of {Rankings} people: p50 {measured.P50:F0} µs, p95 {measured.P95:F0} µs, p99 {measured.P99:F0} µs, {allocated / Rankings / 1024.0:F1} kB allocated.
            """));
    }

    static async Task MeasureProviderAsync(CareerWorld world, ModelStandIn model, TimeSpan delay, int calls)
    {
        using var overhead = new ProviderOverhead(world, model);
        await overhead.RunAsync(8, 400); // Without delay, for the JIT compiler.
        model.Delay = delay;
        Console.WriteLine(
            $"""

            A model that takes {delay.TotalMilliseconds} ms, asked by Evolv and directly, in turns:

            | connections | calls | by Evolv p50 ms | p99 ms | directly p50 ms | p99 ms | difference p50 ms | p95 ms | p99 ms | aim | reached |
            |---|---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (var count in Connections)
        {
            await world.RestAsync();
            var (evolv, direct, difference) = await overhead.RunAsync(count, calls);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {count} | {count * calls} | {evolv.P50:F1} | {evolv.P99:F1} | {direct.P50:F1} | {direct.P99:F1} | {difference.P50:F1} | {difference.P95:F1} | {difference.P99:F1} | p50 ≤ 5 ms | {Reached(difference.P50 <= 5)} |"));
        }
    }

    static void Head(CareerWorld world) => Console.WriteLine(
        $"""

        {Environment.ProcessorCount} cores for server, database and load together, {world.World.PostgresVersion}, .NET {Environment.Version}, {world.World.People} people, {world.Paths} learning paths.

        | what | connections | req/s | p50 ms | p95 ms | p99 ms | errors | aim | reached | the same SQL alone; ratio |
        |---|---|---|---|---|---|---|---|---|---|
        """);

    static void Row(string what, int connections, Measurement measured, double most, string alone) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {what} | {connections} | {measured.PerSecond:F0} | {measured.P50:F1} | {measured.P95:F1} | {measured.P99:F1} | {measured.Errors} | p99 ≤ {most} ms | {Reached(measured.P99 <= most)} | {alone} |"));

    static string Reached(bool isReached) => isReached ? "yes" : "**no**";

    static int Number(string[] args, string name, int otherwise)
        => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
