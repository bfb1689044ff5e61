using System.Globalization;
using System.Text.Json;
using CsCheck;
using Evolv.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Features.Growth;

/// <summary>
/// Random histories under random rules, arriving in pieces and out of order: everybody has what an independent oracle says, and
/// what a replay of their events from nothing gives, to the byte.
/// </summary>
public sealed class ReplayTests(EvolvCluster cluster, ITestOutputHelper output)
{
    const int Worlds = 25;
    const int PeopleOfAWorld = 6;

    static readonly string[] Zones = ["UTC", "Asia/Kolkata", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Some rules, and the histories that happen under them, in the order in which they happened.</summary>
    sealed record World(XpRule[] XpRules, BadgeRule[] Badges, Person[] People);

    /// <summary><c>Arrivals</c> are pieces of the history: after each the server settles.</summary>
    sealed record Person(Guid Id, string Zone, Happening[] History, Happening[][] Arrivals);

    [Fact]
    public async Task Everybody_has_what_their_history_says_in_whatever_order_it_came()
    {
        var (worlds, events, badges) = (0, 0, 0);
        Reference? reference = null;

        // The seed of the world that failed is in the message: WorldOf(seed) makes it again.
        await Gen.Int.SampleAsync(
            async seed =>
            {
                await using var database = await cluster.CreateDatabaseAsync();
                reference ??= await ReferenceAsync(database); // all are copies of one template
                var world = WorldOf(seed);
                worlds++;
                await PublishAsync(database, world);
                for (var round = 0; world.People.Any(person => round < person.Arrivals.Length); round++)
                {
                    await database.RecordAsync([.. world.People.Where(person => round < person.Arrivals.Length).SelectMany(person => person.Arrivals[round])]);
                    await database.SettleAsync();
                }

                var outcomes = await ActualAsync(database);
                foreach (var person in world.People)
                {
                    var expected = Expected(world, person, reference);
                    var actual = outcomes[person.Id].ToList();
                    var difference = string.Join('\n', expected.Except(actual).Select(line => "- " + line).Concat(actual.Except(expected).Select(line => "+ " + line)));
                    Assert.True(difference.Length == 0, $"seed {seed}, person {Array.IndexOf(world.People, person)}:\n{difference}\n{Describe(world, person)}");
                    events += person.History.Length;
                    badges += expected.Count(line => line.StartsWith("badge", StringComparison.Ordinal));
                }

                await database.AssertReplaysAsync();
            },
            iter: Worlds, threads: 1);

        output.WriteLine($"{worlds * PeopleOfAWorld} histories, {events} events, {badges} badges");
        Assert.InRange(badges, worlds * PeopleOfAWorld, int.MaxValue);
    }

    // Worlds ------------------------------------------------------------------------------------------------------------

    static World WorldOf(int seed)
    {
        var random = new Random(seed);
        string[] types = ["test.read", "test.write", "test.help"];
        var start = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).AddHours(random.Next(24 * 40));
        var xpRules = Enumerable.Range(0, 5).Select(i => XpRuleOf(random, $"x{i}", types, start)).ToArray();
        var badges = Enumerable.Range(0, 8).Select(i => BadgeOf(random, $"b{i}", types, start)).ToArray();
        var people = Enumerable.Range(0, PeopleOfAWorld).Select(_ => PersonOf(random, types, start, xpRules, badges)).ToArray();
        return new World(xpRules, badges, people);
    }

    static T Any<T>(Random random, params T[] of) => of[random.Next(of.Length)];

    static bool Sometimes(Random random, double share = 0.3) => random.NextDouble() < share;

    static XpRule XpRuleOf(Random random, string slug, string[] types, DateTimeOffset start)
    {
        if (Sometimes(random, 0.1))
            return new XpRule(NewId(random), slug, new XpRuleVersion("level.reached", Where.Some[0], random.Next(1, 30)));
        var versions = new List<XpRuleVersion>();
        for (var i = 0; i == 0 || (i < 3 && Sometimes(random, 0.2)); i++)
            versions.Add(new XpRuleVersion(
                Any(random, types), Any(random, Where.Some), Any(random, 3, 40, 150, 900), Sometimes(random),
                Sometimes(random, 0.5) ? (Once)random.Next(16) : Once.None,
                Sometimes(random) ? random.Next(1, 4) : null, Sometimes(random, 0.2) ? random.Next(1, 6) : null,
                Sometimes(random) ? Any(random, 300, 3600, 86_400) : null, i == 0 ? null : start.AddHours(random.Next(24 * 20))));
        return new XpRule(NewId(random), slug, [versions[0], .. versions.Skip(1).OrderBy(version => version.From)]);
    }

    static BadgeRule BadgeOf(Random random, string slug, string[] types, DateTimeOffset start)
    {
        var many = Sometimes(random, 0.25);
        var tiers = !many && Sometimes(random, 0.35);
        var repeats = !many && !tiers && Sometimes(random, 0.4);
        var criteria = Enumerable.Range(0, many ? random.Next(2, 4) : 1).Select(_ => CriterionOf(random, types, tiers, repeats)).ToArray();
        var least = criteria[0].Target ?? Any(random, 1, 2, 4);
        return new BadgeRule(
            NewId(random), slug, Any(random, 0, 10, 70, 400), Sometimes(random, 0.6), criteria,
            tiers ? [.. Enumerable.Range(1, random.Next(1, 5)).Select(i => new Tier(least * i * i, Any(random, 0, 15, 120)))] : null, repeats,
            Sometimes(random, 0.15) ? start.AddDays(random.Next(1, 10)) : null,
            Sometimes(random, 0.15) ? start.AddDays(random.Next(11, 20)) : null,
            Sometimes(random, 0.15) ? start.AddDays(random.Next(1, 15)).AddSeconds(30) : null);
    }

    static Criterion CriterionOf(Random random, string[] types, bool tiers, bool repeats)
    {
        if (!repeats && Sometimes(random, 0.1))
            return new Criterion([Any(random, "level.reached", "badge.awarded"), types[0]], Where.Some[0], tiers ? null : random.Next(2, 7));
        var listens = Sometimes(random) ? [types[0], types[1]] : new[] { Any(random, types) };
        var where = Any(random, Where.Some);
        var measure = Any(random, "count", "count", "sum", "distinct", "max", "last", "streak");
        if (measure == "streak")
        {
            var hours = Sometimes(random, 0.5) ? Any(random, 12m, 36.5m, 100m) : (decimal?)null;
            return new Criterion(listens, where, tiers ? null : random.Next(2, 5), measure, WithinHours: hours);
        }

        var value = measure switch
        {
            "count" => null,
            "distinct" => Any(random, "$.metadata.n", "$.object_id", "$.actor_id"),
            _ => "$.metadata.n",
        };
        var amount = measure switch { "sum" => Any(random, 7m, 12.5m, 40m), "max" or "last" => random.Next(3, 20), _ => random.Next(1, 6) };
        var per = Sometimes(random, 0.45) ? Any(random, "day", "week", "month") : null;
        var inARow = per is not null && Sometimes(random, 0.5);
        return new Criterion(
            listens, where, tiers ? null : inARow ? random.Next(1, 4) : amount, measure, value, Per: per,
            AtLeast: inARow ? Math.Min(amount, measure is "sum" or "max" or "last" ? amount : 2) : null);
    }

    static Person PersonOf(Random random, string[] types, DateTimeOffset start, XpRule[] xpRules, BadgeRule[] badges)
    {
        var id = NewId(random);
        var zone = Any(random, Zones);
        Guid?[] actors = [null, null, NewId(random), NewId(random)];
        Guid?[] objects = [null, NewId(random), NewId(random), NewId(random)];
        var count = random.Next(10, Sometimes(random, 0.15) ? 61 : 31);
        var at = start;
        var history = new List<Happening>();
        for (var i = 0; i < count; i++)
        {
            // Bursts and pauses, and never two within a minute.
            at += TimeSpan.FromMinutes(2 + (Sometimes(random) ? random.Next(10) : random.Next(20 * 24 * 60 / count * 2)));
            history.Add(HappeningOf(random, id, at, $"{id} {i}", types, actors, objects, xpRules, badges, history, zone));
        }

        // Mostly as it happened, and some of it later.
        var order = history.Select((happening, i) => (happening, place: i + (Sometimes(random, 0.1) ? random.Next(count) : 0.0)))
            .OrderBy(one => one.place).Select(one => one.happening).ToArray();
        var pieces = Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(count)).Append(0).Append(count).Distinct().Order().ToArray();
        return new Person(id, zone, [.. history], [.. pieces.Zip(pieces.Skip(1), (from, to) => order[from..to])]);
    }

    static Happening HappeningOf(
        Random random, Guid person, DateTimeOffset at, string key, string[] types, Guid?[] actors, Guid?[] objects, XpRule[] xpRules,
        BadgeRule[] badges, List<Happening> before, string zone)
    {
        switch (random.Next(20))
        {
            case 0 when before.Count > 0:
                var rule = Any(random, xpRules);
                var seen = SeenOf(Any(random, before.ToArray()), zone);
                var once = Any(random, rule.Versions).Once;
                return new Happening(
                    person, "xp.voided", at, $$"""{"award_key": {{JsonSerializer.Serialize(once == Once.None ? seen.Key : GrowthOracle.OnceKey(once, seen))}}, "reason": "a test"}""",
                    Object: rule.Id, Key: key);
            case 1:
                var given = Any(random, badges);
                var tier = given.Tiers is null ? 1 : random.Next(1, given.Tiers.Length + 1);
                return new Happening(
                    person, "badge.granted", at, $$"""{"tier": {{tier}}, "points": {{given.TierPoints(tier)}}, "reason": "a test"}""", null, given.Id, key, "badge");
            case 2:
                var taken = Any(random, badges);
                var from = taken.Tiers is null ? 1 : random.Next(1, taken.Tiers.Length + 1);
                return new Happening(person, "badge.revoked", at, $$"""{"tier": {{from}}, "reason": "a test"}""", Object: taken.Id, Key: key);
            case 3:
                return new Happening(person, "person.active", at, Key: key);
            default:
                var number = random.Next(10) switch { 0 => null, 1 => "\"5\"", 2 => "2.5", _ => random.Next(21).ToString(CultureInfo.InvariantCulture) };
                return new Happening(
                    person, Any(random, types), at,
                    number is null ? """{"kind": "a"}""" : $$"""{"n": {{number}}, "kind": "{{Any(random, "a", "b")}}"}""",
                    Any(random, actors), Any(random, objects), key);
        }
    }

    static Guid NewId(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    static Seen SeenOf(Happening happening, string zone)
    {
        var metadata = JsonElement.Parse(happening.Metadata);
        return new Seen(
            happening.Type, happening.Person, happening.Actor ?? happening.Person, happening.Object,
            metadata.TryGetProperty("n", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetDecimal() : null,
            number.ValueKind == JsonValueKind.Undefined ? null : number.ToString(),
            metadata.TryGetProperty("kind", out var kind) ? kind.GetString() : null,
            happening.Key, happening.At, TimeZoneInfo.ConvertTime(happening.At, TimeZoneInfo.FindSystemTimeZoneById(zone)).DateTime);
    }

    // The oracle ----------------------------------------------------------------------------------------------------------

    /// <summary>What every database has: levels, the rules of the seed that random histories meet, and badges for levels.</summary>
    sealed record Reference((int Level, long Xp)[] Levels, XpRule Reward, XpRule Login, BadgeRule[] LevelBadges);

    static async Task<Reference> ReferenceAsync(TestDatabase database)
    {
        var levels = await database.LinesAsync("select level || ' ' || xp_required from level_definitions order by level");
        var ids = (await database.LinesAsync("select slug || ' ' || id from xp_rules")).ToDictionary(line => line.Split(' ')[0], line => Guid.Parse(line.Split(' ')[1]));
        var badges = await database.LinesAsync("select concat_ws(' ', id, slug, points, requirement_value) from badges where requirement_type = 'level'");
        return new Reference(
            [.. levels.Select(line => line.Split(' ')).Select(line => (Integer(line[0]), (long)decimal.Parse(line[1], CultureInfo.InvariantCulture)))],
            new XpRule(ids["badge-reward"], "badge-reward"),
            new XpRule(ids["daily-login"], "daily-login", new XpRuleVersion("person.active", Where.Some[0], 10, Once: Once.Day)),
            [.. badges.Select(line => line.Split(' ')).Select(line => new BadgeRule(
                Guid.Parse(line[0]), line[1], Integer(line[2]), true, [new Criterion(["level.reached"], Where.Some[0], Integer(line[3]), "max", "$.metadata.level")]))]);

        static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    static List<string> Expected(World world, Person person, Reference reference)
    {
        var oracle = new GrowthOracle([.. world.XpRules, reference.Login], [.. world.Badges, .. reference.LevelBadges], reference.Levels, reference.Reward);
        foreach (var happening in person.History)
            oracle.See(happening, SeenOf(happening, person.Zone));
        return [.. oracle.Lines()];
    }

    // The server ----------------------------------------------------------------------------------------------------------

    static IEnumerable<NpgsqlBatchCommand> Publish(World world)
    {
        foreach (var rule in world.XpRules)
        {
            yield return Command("insert into xp_rules (id, slug, name, source) values ($1, $2, $2, 'quiz_completion')", rule.Id, rule.Slug);
            foreach (var (version, number) in rule.Versions.Select((version, i) => (version, i + 1)))
                yield return Command(
                    """
                    insert into xp_rule_versions (
                        rule_id, version, event_type, condition, amount, amount_path, distinct_by, cap_per_day, cap_per_week, cooldown_seconds,
                        valid_from)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11::timestamptz, '-infinity'))
                    """,
                    rule.Id, number, version.Type, version.Where.Text, version.Amount, version.TakesNumber ? "$.metadata.n" : null,
                    new[] { Once.Actor, Once.Object, Once.Day, Once.Week }.Where(once => version.Once.HasFlag(once)).Select(once => once.ToString().ToLowerInvariant()).ToArray(),
                    version.PerDay, version.PerWeek, version.Cooldown, version.From);
        }

        foreach (var badge in world.Badges)
        {
            yield return Command(
                """
                insert into badges (id, slug, name, rarity, category, requirement_type, requirement_value, points)
                values ($1, $2, $2, 'common', 'milestone', 'rule', 1, $3)
                """, badge.Id, badge.Slug, badge.Points);
            yield return Command(
                """
                insert into badge_rule_versions (badge_id, version, rule, event_types, points, valid_from, valid_until, published_at)
                select
                    $1, 1, r, evolv.rule_event_types(r), (select b.points from badges b where b.id = $1), coalesce($3::timestamptz, '-infinity'), coalesce($4::timestamptz, 'infinity'),
                    coalesce($5::timestamptz, '-infinity')
                from (select $2::text::jsonb) s (r)
                """, badge.Id, badge.ToJson(), badge.ValidFrom, badge.ValidUntil, badge.Published);
        }

        foreach (var person in world.People)
        {
            yield return Command("insert into auth.users (id, email) values ($1, $1 || '@example.com')", person.Id);
            yield return Command("update profile_zone_history set time_zone = $2 where user_id = $1", person.Id, person.Zone);
        }
    }

    static async Task PublishAsync(TestDatabase database, World world)
    {
        await using var owner = await database.OpenOwnerAsync();
        await using var batch = new NpgsqlBatch(owner);
        foreach (var command in Publish(world))
            batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(Token);
        await using var check = new NpgsqlCommand("select string_agg(evolv.badge_rule_problem(rule), ' ') from badge_rule_versions", owner);
        Assert.Equal(DBNull.Value, await check.ExecuteScalarAsync(Token));
    }

    static NpgsqlBatchCommand Command(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value switch
            {
                null => new() { Value = DBNull.Value },
                DateTimeOffset at => new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
                _ => new() { Value = value },
            });
        return command;
    }

    static async Task<ILookup<Guid, string>> ActualAsync(TestDatabase database) => (await database.LinesAsync(
        """
        select user_id || format(' total %s level %s', total_xp, current_level) from user_levels
        union all
        select x.user_id || format(
            ' xp %s %s in %s', r.slug, sum(x.amount), count(*) filter (where x.amount > 0) - count(*) filter (where x.amount < 0))
        from xp_transactions x join xp_rules r on r.id = x.rule_id
        group by x.user_id, r.slug
        having sum(x.amount) <> 0
        union all
        select u.user_id || format(' badge %s %s %s %s', b.slug, u.tier, u.seq, to_char(u.earned_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
        from user_badges u join badges b on b.id = u.badge_id
        where u.revoked_at is null
        union all
        select p.user_id || format(' progress %s %s next %s', b.slug, trim_scale(p.current), coalesce(p.next_tier, 0))
        from badge_progress p join badges b on b.id = p.badge_id join badge_rule_versions v on v.id = p.rule_version_id
        where (jsonb_array_length(evolv.rule_criteria(v.rule)) = 1 or v.rule ? 'all') and b.slug <> 'dedicated-learner'
        """)).ToLookup(line => Guid.Parse(line[..36]), line => line[37..]);

    static string Describe(World world, Person person) => string.Join('\n', [
        .. world.XpRules.SelectMany(rule => rule.Versions.Select(version => $"{rule.Slug}: {version with { Where = Where.Some[0] }} {version.Where.Text}")),
        .. world.Badges.Select(badge => $"{badge.Slug} {badge.Id}: {badge.ToJson()} {badge.Points} points, from {badge.ValidFrom} until {badge.ValidUntil}, published {badge.Published}"),
        .. person.Arrivals.SelectMany((piece, i) => piece.Select(one => $"{i}: {one.At.Instant()} {one.Type} {one.Metadata} by {one.Actor}, {one.Object}"))]);
}
