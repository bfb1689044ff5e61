using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Growth;

/// <summary>evolv.add_xp and the ledger behind it; AddXpTests talks to them over HTTP.</summary>
public sealed class LedgerTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    const string LevelBadges = "(select count(*) from user_badges join badges b on b.id = badge_id and b.requirement_type = 'level')";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(199, 1, false)]
    [InlineData(200, 2, true)]
    [InlineData(5000, 7, true)]
    [Trait("defect", "32")]
    public async Task The_first_award_reaches_the_level_of_its_sum(int amount, int level, bool levelUp)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        var answer = await AwardAsync(database, Caller.Service, ada.UserId!.Value, amount);

        Assert.Equal((amount, level, levelUp), (
            answer.GetProperty("xp_added").GetInt32(),
            answer.GetProperty("current_level").GetInt32(),
            answer.GetProperty("level_up").GetBoolean()));
        Assert.Equal(levelUp, answer.GetProperty("rewards").GetArrayLength() > 0);
        await database.AssertInvariantsAsync();
    }

    // Every border of the levels that 2^53 XP reach: beyond, JavaScript's numbers are not exact themselves.
    [Fact]
    [Trait("defect", "32")]
    public async Task Levels_are_those_of_the_seeds_formula()
    {
        var database = shared.Database;
        await using var session = await database.Database.BeginAsync(Caller.Service, Token);
        var borders = await session.QueryListAsync(
            $"select xp_required from level_definitions where xp_required < 9007199254740992 order by level", row => row.GetInt64(0), Token);
        long[] totals = [.. borders.SelectMany(border => new[] { border - 1, border, border + 1 }).Where(total => total >= 0)];

        var levels = await database.ScalarAsync<int[]>(
            $"select array_agg(evolv.level_for(total) order by position) from unnest('{{{string.Join(',', totals)}}}'::bigint[]) with ordinality t (total, position)");

        Assert.InRange(borders.Count, 70, 90);
        Assert.Equal(totals.Select(LevelOfTheSeed), levels);
    }

    [Fact]
    [Trait("defect", "35")]
    public async Task Totals_exceed_32_bits_and_are_never_negative()
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        await AwardAsync(database, Caller.Service, ada.UserId!.Value, int.MaxValue);
        var answer = await AwardAsync(database, Caller.Service, ada.UserId!.Value, int.MaxValue);

        Assert.InRange(answer.GetProperty("total_xp").GetInt64(), 2L * int.MaxValue, long.MaxValue);
        await AssertRefusedAsync(database, Caller.Service, ada.UserId!.Value, int.MinValue, PostgresErrorCodes.CheckViolation);
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "24")]
    [Trait("probe", "4")]
    public async Task Only_admins_and_the_service_award_XP()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada", "teacher", "moderator", "reviewer"), await database.PersonAsync("grace"));
        var (admin, former) = (await database.PersonAsync("admin", "admin"), await database.PersonAsync("former", "admin"));
        await database.ExecuteAsync($"update user_roles set expires_at = now() - interval '1 second' where user_id = '{former.UserId}'");

        foreach (var caller in new[] { Caller.Anonymous, ada, grace, former, Caller.AuthAdmin })
            await AssertRefusedAsync(database, caller, grace.UserId!.Value, 10, PostgresErrorCodes.InsufficientPrivilege);
        await database.AssertRefusedAsync(grace, $"update user_levels set total_xp = 1000000");
        await database.AssertRefusedAsync(grace, $"select evolv.apply_xp({grace.UserId}, null, now(), null, 'daily_login', 1000000, 'key')");
        Assert.Equal(0L, await database.ScalarAsync<long>("select sum(total_xp)::bigint + (select count(*) from xp_transactions) from user_levels"));

        Assert.Equal(10, (await AwardAsync(database, admin, grace.UserId!.Value, 10)).GetProperty("total_xp").GetInt32());
        Assert.Equal(20, (await AwardAsync(database, Caller.Service, grace.UserId!.Value, 10)).GetProperty("total_xp").GetInt32());
    }

    [Theory]
    [InlineData(0, "daily_login", PostgresErrorCodes.CheckViolation)]
    [InlineData(-5, "daily_login", PostgresErrorCodes.CheckViolation)]
    [InlineData(5, "luck", PostgresErrorCodes.CheckViolation)]
    [InlineData(5, null, PostgresErrorCodes.NotNullViolation)]
    [Trait("defect", "24")]
    [Trait("defect", "34")]
    public async Task A_refused_award_leaves_nothing_behind(int amount, string? source, string sqlState)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");

        await database.AssertRefusedAsync(
            Caller.Service, $"select evolv.add_xp({ada.UserId}, {amount}, {source}, '{{}}', 'key')", sqlState);

        Assert.Equal(0L, await database.ScalarAsync<long>(
            """
            select (select count(*) from xp_transactions) + (select count(*) from activity_events) + (select count(*) from feed_items)
                + (select count(*) from evolv.idempotency_keys) + (select sum(total_xp)::bigint from user_levels)
            """));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_person_who_does_not_exist_or_has_left_gets_no_XP()
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        await database.ExecuteAsync($"delete from auth.users where id = '{ada.UserId}'");

        await AssertRefusedAsync(database, Caller.Service, Guid.CreateVersion7(), 10, "PT404");
        await AssertRefusedAsync(database, Caller.Service, ada.UserId!.Value, 10, "PT404");
    }

    [Fact]
    [Trait("defect", "5")]
    [Trait("defect", "31")]
    public async Task Repeating_an_award_with_its_key_repeats_the_answer_and_nothing_else()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, admin) = (await database.PersonAsync("ada"), await database.PersonAsync("admin", "admin"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => database.Database.QuerySingleAsync(
            Caller.Service, $"select data::text, replayed from evolv.add_xp({ada.UserId}, 250, 'project_submission', '{{}}', 'once')",
            row => (Data: row.GetString(0), Replayed: row.GetBoolean(1)), Token)));

        Assert.Single(answers.Select(answer => answer.Data).Distinct());
        Assert.Equal(9, answers.Count(answer => answer.Replayed));
        Assert.Equal(270L, await TotalAsync(database, ada)); // 250 and the reward of level 2

        // The key belongs to who asked; another asker's is another key.
        await AwardAsync(database, admin, ada.UserId!.Value, 250, key: "once");
        Assert.Equal(520L, await TotalAsync(database, ada));
        await database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("251, 'project_submission', '{}'")]
    [InlineData("250, 'daily_login', '{}'")]
    [InlineData("""250, 'project_submission', '{"a": 1}'""")]
    [Trait("defect", "31")]
    public async Task A_key_is_not_for_another_request(string other)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        await AwardAsync(database, Caller.Service, ada.UserId!.Value, 250, key: $"once {ada.UserId}");

        await database.AssertRefusedAsync(
            Caller.Service, ActingAs.Raw($"select evolv.add_xp('{ada.UserId}', {other}, 'once {ada.UserId}')"), "PT409");

        Assert.Equal(270L, await TotalAsync(database, ada));
    }

    [Fact]
    [Trait("defect", "30")]
    public async Task A_thousand_awards_at_once_to_one_person_are_all_counted()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            for (var i = 0; i < 20; i++)
                await AwardAsync(database, Caller.Service, ada.UserId!.Value, 10, "daily_login");
        }));

        // 10,000 XP in awards and those badges' points that they lead to.
        var points = await database.ScalarAsync<long>(
            "select coalesce(sum(b.points), 0) from badges b join user_badges ub on ub.badge_id = b.id");
        Assert.Equal(10_000 + points, await TotalAsync(database, ada));
        Assert.Equal(LevelOfTheSeed(10_000 + points), await database.ScalarAsync<int>($"select current_level from user_levels where user_id = '{ada.UserId}'"));
        Assert.Equal(2L, await database.ScalarAsync<long>($"select {LevelBadges}")); // levels 2 and 5; level 10 begins at 14,975
        Assert.Equal(1002L, await database.ScalarAsync<long>("select count(*) from xp_transactions"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "15")]
    [Trait("defect", "33")]
    public async Task A_badge_and_its_points_come_once_also_when_a_level_is_reached_twice()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");

        var first = await AwardAsync(database, Caller.Service, ada.UserId!.Value, 200);
        await ReverseAsync(database, ada);
        var fallen = await database.ScalarAsync<string>("select current_level || ' of ' || peak_level || ' ' || total_xp from user_levels");
        var second = await AwardAsync(database, Caller.Service, ada.UserId!.Value, 200);

        Assert.Equal("level-2 20", await database.ScalarAsync<string>(
            $"select b.slug || ' ' || b.points from badges b where id = '{first.GetProperty("rewards")[0].GetProperty("id")}'"));
        Assert.Equal(220, first.GetProperty("total_xp").GetInt32());
        Assert.Equal("1 of 2 20", fallen);
        Assert.Equal(220, second.GetProperty("total_xp").GetInt32());
        Assert.True(second.GetProperty("level_up").GetBoolean());
        Assert.Equal(0, second.GetProperty("rewards").GetArrayLength());
        Assert.Equal(1L, await database.ScalarAsync<long>($"select {LevelBadges}"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "15")]
    public async Task One_award_pays_all_badges_that_it_and_their_points_lead_to()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");

        // Level 10 begins at 14,975 XP: with the points of levels 2 and 5 this is just enough.
        var answer = await AwardAsync(database, Caller.Service, ada.UserId!.Value, await XpForLevelAsync(database, 10) - 120);

        Assert.Equal(["level-2", "level-5", "level-10"], await database.ColumnAsync<string>(
            Caller.Service, $"select b.slug from user_badges join badges b on b.id = badge_id order by b.requirement_value"));
        Assert.Equal(["20", "100", "500"], answer.GetProperty("rewards").EnumerateArray().Select(reward => reward.GetProperty("xp").ToString()));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "15")]
    public async Task Every_kind_of_badge_says_what_it_counts()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        Assert.Equal(
            "followers level login_streak path_enrollment post_likes skill_mastery",
            await database.ScalarAsync<string>("select string_agg(distinct requirement_type, ' ' order by requirement_type) from badges"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from badges where points = 0"));
    }

    [Fact]
    [Trait("defect", "16")]
    [Trait("probe", "5")]
    [Trait("probe", "6")]
    [Trait("probe", "7")]
    public async Task Nobody_grants_themselves_badges_or_edits_the_catalogue_or_the_ledger()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        await AwardAsync(database, Caller.Service, ada.UserId!.Value, 250);

        await database.AssertRefusedAsync(grace, $"delete from xp_transactions where user_id = {ada.UserId}");
        await database.AssertRefusedAsync(
            grace, $"insert into xp_transactions (user_id, amount, source) values ({grace.UserId}, 1000000, 'daily_login')");
        await database.AssertRefusedAsync(
            grace, $"insert into user_badges (user_id, badge_id) select {grace.UserId}, id from badges where rarity = 'legendary'");
        await database.AssertRefusedAsync(grace, $"update badges set requirement_value = 1");
        await database.AssertRefusedAsync(grace, $"update level_definitions set xp_required = 0 where level = 90");
        Assert.Equal([], await database.ColumnAsync<Guid>(grace, $"select id from xp_transactions"));
        await database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("xp_transactions", "update {0} set amount = 1")]
    [InlineData("xp_transactions", "delete from {0}")]
    [InlineData("xp_transactions", "truncate {0} cascade")]
    [InlineData("activity_events", "update {0} set type = 'a.b'")]
    [InlineData("activity_events", "delete from {0}")]
    [InlineData("activity_events", "truncate {0} cascade")]
    [InlineData("profiles", "truncate {0} cascade")]
    public async Task The_ledger_is_append_only_for_everybody(string table, string statement)
    {
        var database = shared.Database;
        var (ada, admin) = (await database.PersonAsync("ada"), await database.PersonAsync("admin", "admin"));
        await AwardAsync(database, Caller.Service, ada.UserId!.Value, 250);
        var sql = string.Format(null, System.Text.CompositeFormat.Parse(statement), table);

        foreach (var caller in new[] { Caller.Anonymous, ada, admin, Caller.Service, Caller.AuthAdmin })
            await database.AssertRefusedAsync(caller, ActingAs.Raw(sql));
        var owner = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, owner.SqlState);
        Assert.Equal(270L, await TotalAsync(database, ada));
        await database.AssertInvariantsAsync();
    }

    static async Task<JsonElement> AwardAsync(
        TestDatabase database, Caller caller, Guid person, int amount, string source = "project_submission", string? key = null)
        => JsonElement.Parse(await database.ScalarAsync<string>(
            caller, $"select data::text from evolv.add_xp({person}, {amount}, {source}, '{{}}', {key})"));

    static Task<PostgresException> AssertRefusedAsync(TestDatabase database, Caller caller, Guid person, int amount, string sqlState)
        => database.AssertRefusedAsync(caller, $"select evolv.add_xp({person}, {amount}, 'daily_login', '{{}}', null)", sqlState);

    static Task<long> TotalAsync(TestDatabase database, Caller person)
        => database.ScalarAsync<long>($"select total_xp from user_levels where user_id = '{person.UserId}'");

    static async Task<int> XpForLevelAsync(TestDatabase database, int level)
        => (int)await database.ScalarAsync<long>($"select xp_required from level_definitions where level = {level}");

    static Task ReverseAsync(TestDatabase database, Caller person) => database.ExecuteAsync(
        Caller.Service, $"select evolv.void_xp(id, 'a test') from xp_transactions where user_id = {person.UserId} and badge_id is null and reversal_of is null");

    // The seed's calculateLevel, line by line: numbers are doubles.
    static int LevelOfTheSeed(long xp)
    {
        var (level, needed, accumulated) = (1, 200d, 0d);
        while (accumulated + needed <= xp)
        {
            accumulated += needed;
            level++;
            needed = Math.Floor(200 * Math.Pow(1.5, level - 1));
        }

        return level;
    }
}
