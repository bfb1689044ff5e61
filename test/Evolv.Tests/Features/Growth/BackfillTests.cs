using System.Globalization;
using System.Text.Json;
using CsCheck;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>Badges that are published when their history has happened already.</summary>
public sealed class BackfillTests(EvolvCluster cluster)
{
    static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_badge_made_after_the_fact_goes_to_exactly_those_who_earned_it_when_they_did()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var rounds = 0;

        await Gen.Int.SampleAsync(
            async seed =>
            {
                var random = new Random(seed);
                var type = $"past.{(char)('a' + rounds++)}";
                var histories = new Dictionary<Guid, List<(DateTimeOffset At, int Minutes)>>();
                for (var i = 0; i < 12; i++)
                {
                    var at = Start.AddDays(random.Next(30));
                    histories[await database.AddPersonAsync("ada")] = [.. Enumerable.Range(0, random.Next(15)).Select(_ => (at = at.AddMinutes(2 + random.Next(3000)), random.Next(60)))];
                }

                await TellAsync(database, type, histories);
                var (kind, rule, oracle) = RuleOf(random, type);
                await PublishAsync(database, type, rule);
                await database.SettleAsync();

                var expected = histories.SelectMany(history => oracle(history.Value).Select(at => $"{history.Key} {at.Instant()}")).Order(StringComparer.Ordinal);
                var actual = (await EarnedAsync(database, type)).Order(StringComparer.Ordinal);
                Assert.Equal(expected.Prepend($"{kind}, seed {seed}"), actual.Prepend($"{kind}, seed {seed}"));
            },
            iter: 16, threads: 1);

        Assert.Equal(0L, await database.ScalarAsync<long>("select (select count(*) from feed_items) + (select count(*) from realtime.messages)"));
        await database.AssertReplaysAsync();
    }

    // A kind of rule with its own plain oracle.
    static (string Kind, string Rule, Func<List<(DateTimeOffset At, int Minutes)>, IEnumerable<DateTimeOffset>> Oracle) RuleOf(Random random, string type)
    {
        var target = random.Next(2, 6);
        switch (random.Next(4))
        {
            case 0:
                return ("count", $$"""{"all": [{"event": "{{type}}", "target": {{target}}}]}""", history => history.Skip(target - 1).Take(1).Select(one => one.At));
            case 1:
                return (
                    "repeated sum", $$"""{"all": [{"event": "{{type}}", "measure": "sum", "value": "$.metadata.minutes", "target": {{target * 20}}}], "repeat": true}""",
                    history =>
                    {
                        var (sum, crossed) = (0, new List<DateTimeOffset>());
                        foreach (var (at, minutes) in history)
                        {
                            var before = sum / (target * 20);
                            sum += minutes;
                            crossed.AddRange(Enumerable.Repeat(at, sum / (target * 20) - before));
                        }

                        return crossed;
                    }
                );
            case 2:
                return (
                    "days in a row", $$"""{"all": [{"event": "{{type}}", "per": "day", "at_least": 1, "target": 3}]}""",
                    history => history.Where(one => Enumerable.Range(0, 3).All(days => history.Exists(other => other.At.Date == one.At.Date.AddDays(-days)))).Take(1).Select(one => one.At));
            default:
                return (
                    "tiers of the longest", $$"""{"all": [{"event": "{{type}}", "measure": "max", "value": "$.metadata.minutes"}], "tiers": [{"target": 20}, {"target": 40}, {"target": 55}]}""",
                    history => new[] { 20, 40, 55 }.SelectMany(least => history.Where(one => one.Minutes >= least).Take(1).Select(one => one.At)));
        }
    }

    [Fact]
    public async Task A_backfill_is_silent_unless_it_is_asked_not_to_be()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await TellAsync(database, "past.a", ada, "03-02", "03-03");

        await PublishAsync(database, "quiet", Count("past.a", 2));
        await database.SettleAsync();
        Assert.Equal(0L, await database.ScalarAsync<long>("select (select count(*) from feed_items) + (select count(*) from realtime.messages)"));
        await PublishAsync(database, "loud", Count("past.a", 1), silent: false);
        await database.SettleAsync();

        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from feed_items where content ? 'badge_id' and created_at = '2026-03-02 00:00+00'"));
        Assert.Single(await database.TakeNotificationsAsync(), line => line.StartsWith("Ada badge_awarded", StringComparison.Ordinal));
        // What happens from then on is news under both.
        await TellAsync(database, "past.a", ada, "03-04");
        Assert.Equal(40, await RewardsAsync(database, ada));
    }

    [Fact]
    public async Task A_silent_backfill_that_comes_late_is_silent()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await TellAsync(database, "past.a", ada, "03-02", "03-03");
        await PublishAsync(database, "late", Count("past.a", 2));
        // The person goes on, and only later the server comes to the publication: it takes its place in the past.
        await database.ExecuteAsync(
            """
            create temp table waiting as select * from evolv.pending_events;
            delete from evolv.pending_events
            """.Replace("temp ", "unlogged ", StringComparison.Ordinal));
        await database.ExecuteAsync(
            $"""
            alter table activity_events disable trigger activity_events_date;
            insert into activity_events (user_id, type, occurred_at, local_date, lenient_date)
            values ('{ada}', 'past.b', now() + interval '5 minutes', current_date, current_date);
            alter table activity_events enable trigger activity_events_date
            """);
        await database.SettleAsync();
        await database.ExecuteAsync("insert into evolv.pending_events select * from waiting; drop table waiting");
        await database.SettleAsync();

        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z"], await EarnedAsync(database, "late"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select (select count(*) from feed_items) + (select count(*) from realtime.messages)"));
        await database.AssertReplaysAsync();
    }

    [Theory]
    [InlineData("keep", true, 20, "")]
    [InlineData("re_evaluate", false, 0, "Ada badge_revoked")]
    [InlineData("notify", true, 20, "Ada badge_rule_changed")]
    public async Task A_stricter_version_keeps_judges_anew_or_tells_as_its_policy_says(string policy, bool stays, int xp, string told)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.AddPersonAsync("Ada"), await database.AddPersonAsync("Bob"));
        await TellAsync(database, "past.a", ada, "03-02", "03-03");
        await TellAsync(database, "past.a", bob, "03-02", "03-03", "03-04");
        await PublishAsync(database, "strict", Count("past.a", 2));
        await database.SettleAsync();

        await PublishAsync(database, "strict", Count("past.a", 3), policy: policy, silent: false);
        await database.SettleAsync();

        Assert.Equal(
            stays ? [$"{ada} 2026-03-03T00:00:00Z", $"{bob} 2026-03-03T00:00:00Z"] : new[] { $"{bob} 2026-03-03T00:00:00Z" },
            (await EarnedAsync(database, "strict")).Order(StringComparer.Ordinal));
        Assert.Equal((xp, 20), (await RewardsAsync(database, ada), await RewardsAsync(database, bob)));
        Assert.Equal(told, string.Join(", ", (await database.TakeNotificationsAsync()).Select(line => string.Join(' ', line.Split(' ')[..2]))));
        Assert.Equal(
            stays ? "" : "The rule of this badge has changed (version 2).",
            await database.ScalarAsync<string>("select coalesce(string_agg(revocation_reason, ''), '') from user_badges"));

        // Who lost it earns it by the new rule, and who kept it has it.
        await database.ExecuteAsync($"select evolv.record_event('{ada}', 'past.a')");
        await database.SettleAsync();
        Assert.Equal([ada.ToString(), bob.ToString()], (await EarnedAsync(database, "strict")).Select(line => line[..36]).Order(StringComparer.Ordinal));
        Assert.Equal(20, await RewardsAsync(database, ada));
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task A_version_with_fewer_tiers_keeps_those_that_were_reached()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await TellAsync(database, "past.a", ada, "03-02", "03-03", "03-04");
        await PublishAsync(database, "tiers", """{"all": [{"event": "past.a"}], "tiers": [{"target": 1}, {"target": 2}, {"target": 3}]}""");
        await database.SettleAsync();

        await PublishAsync(database, "tiers", """{"all": [{"event": "past.a"}], "tiers": [{"target": 2}, {"target": 9}]}""");
        await database.SettleAsync();
        Assert.Equal(3, (await EarnedAsync(database, "tiers")).Count);
        await PublishAsync(database, "tiers", Count("past.a", 8));
        await database.SettleAsync();

        Assert.Equal(3, (await EarnedAsync(database, "tiers")).Count);
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task A_preview_is_what_publishing_does_and_writes_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = new Dictionary<string, Guid>();
        foreach (var (name, days) in new[] { ("none", 0), ("one", 1), ("two", 2), ("three", 3), ("many", 9), ("given", 4), ("barred", 4) })
        {
            people[name] = await database.AddPersonAsync(name);
            await TellAsync(database, "past.a", people[name], [.. Enumerable.Range(2, days).Select(day => $"03-{day:00}")]);
        }

        await PublishAsync(database, "preview", Count("past.a", 2));
        await database.SettleAsync();
        var badge = await database.ScalarAsync<Guid>("select id from badges where slug = 'preview'");
        await RevokeAsync(database, people["barred"], "preview");
        await RevokeAsync(database, people["given"], "preview");
        await database.ScalarAsync<string>(Caller.Service, $"select evolv.award_badge({people["given"]}, {badge}, 1, 'by hand')::text");

        var before = await FingerprintAsync(database);
        const string rule = """{"all": [{"event": "past.a", "target": 1}, {"event": "past.a", "where": "$.occurred_at starts with \"2026-03-0\"", "target": 3}]}""";
        var looser = await PreviewAsync(database, badge, Count("past.a", 1));
        var stricter = await PreviewAsync(database, badge, rule);
        Assert.Equal(before, await FingerprintAsync(database));

        // Loosely: one gains it. Strictly: who has two loses it; who has it by hand loses nothing, and who had it revoked gains nothing.
        Assert.Equal("6 5 1 0 one: 1, 2026-03-02;", looser);
        Assert.Equal("6 3 0 1 ; two: 1", stricter);
        await PublishAsync(database, "preview", rule, policy: "re_evaluate");
        await database.SettleAsync();
        Assert.Equal(
            new[] { "given", "many", "three" }.Select(name => people[name].ToString()).Order(StringComparer.Ordinal),
            (await EarnedAsync(database, "preview")).Select(line => line[..36]).Order(StringComparer.Ordinal));
        Assert.Equal("6 3 0 0 ;", await PreviewAsync(database, badge, rule));

        var unknown = """{"all": [{"event": "past.a", "target": 4}]}""";
        Assert.Equal("6 3 3 0 barred: 4, 2026-03-05 given: 4, 2026-03-05 many: 4, 2026-03-05;", await PreviewAsync(database, null, unknown));
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task Random_previews_are_what_publishing_does()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var rounds = 0;
        await Gen.Int.SampleAsync(
            async seed =>
            {
                var random = new Random(seed);
                var type = $"past.{(char)('a' + rounds++)}";
                var histories = new Dictionary<Guid, List<(DateTimeOffset At, int Minutes)>>();
                for (var i = 0; i < 10; i++)
                {
                    var at = Start;
                    histories[await database.AddPersonAsync($"p{i}")] = [.. Enumerable.Range(0, random.Next(8)).Select(_ => (at = at.AddMinutes(2 + random.Next(3000)), random.Next(60)))];
                }

                await TellAsync(database, type, histories);
                await PublishAsync(database, type, RuleOf(random, type).Rule);
                await database.SettleAsync();
                var badge = await database.ScalarAsync<Guid>($"select id from badges where slug = '{type.Replace('.', '-')}'");
                string rule;
                do
                {
                    rule = RuleOf(random, type).Rule;
                }
                while (rule.Contains("repeat", StringComparison.Ordinal)); // which takes nothing from anybody

                var preview = JsonElement.Parse(await database.ScalarAsync<string>(
                    Caller.Service, $"select evolv.preview_badge({badge}, {new Json(rule)}, null, null)::text"));
                var before = (await EarnedAsync(database, type)).Select(line => line[..36]).ToHashSet();
                await PublishAsync(database, type, rule, policy: "re_evaluate");
                await database.SettleAsync();
                var after = (await EarnedAsync(database, type)).Select(line => line[..36]).ToHashSet();

                Assert.Equal(
                    (seed, after.Count, after.Except(before).Count(), before.Except(after).Count()),
                    (seed, preview.GetProperty("would_have").GetInt32(), preview.GetProperty("would_gain").GetInt32(), preview.GetProperty("would_lose").GetInt32()));
                Assert.Equal(after.Except(before).Order(), Samples(preview, "gain_samples"));
                Assert.Equal(before.Except(after).Order(), Samples(preview, "lose_samples"));
            },
            iter: 12, threads: 1);
        await database.AssertReplaysAsync();

        static IEnumerable<string> Samples(JsonElement preview, string name)
            => preview.GetProperty(name).EnumerateArray().Select(sample => sample.GetProperty("user_id").GetString()!).Order();
    }

    [Fact]
    public async Task Publishing_the_same_rule_twice_gives_nothing_twice()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await TellAsync(database, "past.a", ada, "03-02", "03-03", "03-04", "03-05", "03-06");
        const string repeated = """{"all": [{"event": "past.a", "target": 2}], "repeat": true}""";

        for (var i = 0; i < 2; i++)
        {
            await PublishAsync(database, "once", Count("past.a", 2));
            await PublishAsync(database, "again", repeated);
            await database.SettleAsync();
        }

        Assert.Single(await EarnedAsync(database, "once"));
        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z", $"{ada} 2026-03-05T00:00:00Z"], await EarnedAsync(database, "again"));
        Assert.Equal(60, await RewardsAsync(database, ada));
        // The one of the five that is left counts on.
        await TellAsync(database, "past.a", ada, "03-07");
        Assert.Equal(3, (await EarnedAsync(database, "again")).Count);
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task A_retired_badge_stays_with_who_has_it_and_nobody_else_gets_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.AddPersonAsync("Ada"), await database.AddPersonAsync("Bob"));
        await TellAsync(database, "past.a", ada, "03-02", "03-03");
        await TellAsync(database, "past.a", bob, "03-02");
        await PublishAsync(database, "retired", Count("past.a", 2));
        await database.SettleAsync();

        await PublishAsync(database, "retired", Count("past.a", 1), active: false);
        await database.ExecuteAsync($"select evolv.record_event('{bob}', 'past.a')");
        await database.SettleAsync();
        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z"], await EarnedAsync(database, "retired"));
        Assert.False(await database.ScalarAsync<bool>("select is_active from badges where slug = 'retired'"));
        await AgeAsync(database); // and the upkeep brings it to nobody
        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z"], await EarnedAsync(database, "retired"));

        await PublishAsync(database, "retired", Count("past.a", 2));
        await database.SettleAsync();
        Assert.Equal([ada.ToString(), bob.ToString()], (await EarnedAsync(database, "retired")).Select(line => line[..36]).Order(StringComparer.Ordinal));
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task What_was_not_committed_at_the_publication_counts_as_past()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await using var slow = await database.OpenOwnerAsync();
        await using var transaction = await slow.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var act = new Npgsql.NpgsqlCommand($"select evolv.record_event('{ada}', 'past.a')", slow, transaction))
            await act.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        var told = await PublishAsync(database, "slow", Count("past.a", 1));
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await database.SettleAsync();
        Assert.Equal("0", told);
        Assert.Empty(await EarnedAsync(database, "slow"));

        await AgeAsync(database);

        Assert.Single(await EarnedAsync(database, "slow"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select (select count(*) from feed_items) + (select count(*) from realtime.messages)"));
        Assert.Equal(0, await AgeAsync(database)); // once
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task Without_a_backfill_what_happened_before_does_not_count_until_somebody_wants_it_to()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.AddPersonAsync("Ada"), await database.AddPersonAsync("Bob"));
        await TellAsync(database, "past.a", ada, "03-02", "03-03");
        await TellAsync(database, "past.a", bob, "03-02", "03-03");
        await PublishAsync(database, "fresh", Count("past.a", 2));
        await database.SettleAsync();
        await RevokeAsync(database, bob, "fresh");

        await PublishAsync(database, "fresh", Count("past.a", 1), backfill: false);
        await PublishAsync(database, "newest", Count("past.a", 2), backfill: false);
        await AgeAsync(database);
        // A badge that somebody revoked is not given again by another version, either.
        await database.ExecuteAsync($"select evolv.record_event('{bob}', 'past.a')");
        await database.SettleAsync();
        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z"], await EarnedAsync(database, "fresh"));
        Assert.Empty(await EarnedAsync(database, "newest"));

        await database.ScalarAsync<string>(
            Caller.Service, $"select evolv.backfill_badge_now((select id from badges where slug = 'newest'), true)::text");
        await database.SettleAsync();
        Assert.Equal([$"{ada} 2026-03-03T00:00:00Z", $"{bob} 2026-03-03T00:00:00Z"], (await EarnedAsync(database, "newest")).Order(StringComparer.Ordinal));
        await database.AssertReplaysAsync();
    }

    [Fact]
    public async Task A_badge_that_was_given_by_hand_and_revoked_is_not_given_by_its_rule()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.AddPersonAsync("Ada");
        await PublishAsync(database, "hand", Count("past.a", 1));
        await database.ScalarAsync<string>(
            Caller.Service, $"select evolv.award_badge({ada}, (select id from badges where slug = 'hand'), 1, 'by hand')::text");
        await RevokeAsync(database, ada, "hand");

        await database.ExecuteAsync($"select evolv.record_event('{ada}', 'past.a')");
        await database.SettleAsync();
        Assert.Empty(await EarnedAsync(database, "hand"));

        await database.ScalarAsync<string>(
            Caller.Service, $"select evolv.award_badge({ada}, (select id from badges where slug = 'hand'), 1, 'after all')::text");
        Assert.Single(await EarnedAsync(database, "hand"));
        await database.AssertReplaysAsync();
    }

    // Words ---------------------------------------------------------------------------------------------------------------

    static string Count(string type, int target) => $$"""{"all": [{"event": "{{type}}", "target": {{target}}}]}""";

    static async Task TellAsync(TestDatabase database, string type, Dictionary<Guid, List<(DateTimeOffset At, int Minutes)>> histories)
    {
        await database.RecordAsync([.. histories.SelectMany(history => history.Value.Select(one =>
            new Happening(history.Key, type, one.At, $$"""{"minutes": {{one.Minutes}}}""")))]);
        await database.SettleAsync();
    }

    static async Task TellAsync(TestDatabase database, string type, Guid person, params string[] days)
    {
        await database.RecordAsync([.. days.Select(day => new Happening(
            person, type, new DateTimeOffset(DateTime.ParseExact($"2026-{day}", "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeSpan.Zero)))]);
        await database.SettleAsync();
    }

    /// <summary>Returns how many people there are to judge.</summary>
    static Task<string> PublishAsync(
        TestDatabase database, string name, string rule, string policy = "keep", bool silent = true, bool backfill = true, bool active = true)
    {
        var badge = new Json($$"""{"name": "{{name}}", "points": 20, "policy": "{{policy}}", "is_active": {{(active ? "true" : "false")}}, "rule": {{rule}}}""");
        return database.ScalarAsync<string>(
            Caller.Service, $"select evolv.publish_badge({name.Replace('.', '-')}, {badge}, {backfill}, {silent}) ->> 'people_to_judge'");
    }

    static async Task RevokeAsync(TestDatabase database, Guid person, string slug)
        => await database.ScalarAsync<string>(
            Caller.Service,
            $"""
            select evolv.revoke_badge(u.id, 'a test')::text
            from user_badges u join badges b on b.id = u.badge_id
            where u.user_id = {person} and b.slug = {slug} and u.revoked_at is null
            """);

    /// <summary>What the upkeep does ten seconds after a publication, without waiting for them.</summary>
    static async Task<int> AgeAsync(TestDatabase database)
    {
        var people = await database.ScalarAsync<int>("select evolv.complete_backfills(interval '0')");
        await database.SettleAsync();
        return people;
    }

    /// <summary>People to whom it matters, who would have it, gain it, lose it; then who gains with progress and day, and who loses.</summary>
    static async Task<string> PreviewAsync(TestDatabase database, Guid? badge, string rule)
    {
        var preview = JsonElement.Parse(await database.ScalarAsync<string>(
            Caller.Service, $"select evolv.preview_badge({badge}, {new Json(rule)}, null, null)::text"));
        string People(string name) => string.Join(' ', preview.GetProperty(name).EnumerateArray().Select(sample => string.Concat(
            sample.GetProperty("full_name").GetString(), ": ", sample.GetProperty("current").ToString(),
            sample.GetProperty("earned_at").ValueKind == JsonValueKind.String ? ", " + sample.GetProperty("earned_at").GetString()![..10] : "")).Order(StringComparer.Ordinal));
        return $"{preview.GetProperty("people")} {preview.GetProperty("would_have")} {preview.GetProperty("would_gain")} {preview.GetProperty("would_lose")} {People("gain_samples")}; {People("lose_samples")}".TrimEnd();
    }

    static Task<List<string>> EarnedAsync(TestDatabase database, string name) => database.LinesAsync(
        $"""
        select u.user_id || to_char(u.earned_at at time zone 'UTC', ' YYYY-MM-DD"T"HH24:MI:SS"Z"')
        from user_badges u
        join badges b on b.id = u.badge_id
        join activity_events e on e.id = u.event_id and e.occurred_at = u.earned_at and e.user_id = u.user_id
        where b.slug = '{name.Replace('.', '-')}' and u.revoked_at is null
        order by u.user_id, u.tier, u.seq
        """);

    static Task<int> RewardsAsync(TestDatabase database, Guid person) => database.ScalarAsync<int>(
        $"select coalesce(sum(amount), 0)::int from xp_transactions where user_id = '{person}' and badge_id is not null");

    /// <summary>A line for each table: its name, and its rows in one value.</summary>
    // Sorted: on a busy machine the parts of a union come as they are ready.
    static async Task<string[]> FingerprintAsync(TestDatabase database) => [.. (await database.LinesAsync(await database.ScalarAsync<string>(
        """
        select string_agg(
            format('select %L || md5(coalesce(string_agg(t::text, '' '' order by t::text), '''')) from %s t', c.oid::regclass || ' ', c.oid::regclass),
            ' union all ' order by c.oid)
        from pg_class c
        where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'evolv'::regnamespace, 'realtime'::regnamespace)
        """))).Order(StringComparer.Ordinal)];
}
