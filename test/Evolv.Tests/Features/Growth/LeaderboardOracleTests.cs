using System.Globalization;
using CsCheck;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>Whatever happens in whatever order, boards say what counting all people would say.</summary>
public sealed class LeaderboardOracleTests(EvolvCluster cluster)
{
    const int People = 12;

    // {me} is a person, {n} a small number, {m} a large one.
    static readonly string[] Deeds =
    [
        "award {n}", "award {n}", "award {m}", "award -", "apply", "apply",
        "update user_settings set leaderboard_mode = 'hidden' where user_id = '{me}'",
        "update user_settings set leaderboard_mode = 'anonymous' where user_id = '{me}'",
        "update user_settings set leaderboard_mode = 'public' where user_id = '{me}'",
        "update profiles set is_guest = not is_guest where id = '{me}'",
        "insert into guild_members (guild_id, user_id, state) select id, '{me}', 'active' from guilds where owner_id <> '{me}' on conflict do nothing",
        "update guild_members set state = case state when 'banned' then 'active' else 'banned' end where user_id = '{me}' and role = 'member'",
        "delete from guild_members where user_id = '{me}' and role = 'member'",
        "insert into learning_path_enrollments (path_id, user_id) select id, '{me}' from learning_paths on conflict do nothing",
        "delete from learning_path_enrollments where user_id = '{me}'",
        """
        insert into user_skills (user_id, skill_id, verified, verified_level, verified_at)
        select '{me}', id, true, 'expert', now() - interval '{n} days' from skills order by id limit {n}
        on conflict (user_id, skill_id) do update
        set verified = not user_skills.verified,
            verified_level = case when user_skills.verified then null else 'expert' end,
            verified_at = case when user_skills.verified then null else now() end
        """,
        "insert into user_badges (user_id, badge_id) select '{me}', id from badges order by id limit {n} on conflict do nothing",
        """
        update user_badges
        set revoked_at = case when revoked_at is null then now() end, revocation_reason = case when revoked_at is null then 'x' end
        where user_id = '{me}'
        """,
        """
        with event as (
            insert into activity_events (user_id, type, occurred_at) values ('{me}', 'test.here', now() - interval '{n} days') returning id, occurred_at
        )
        insert into evolv.derived_events (user_id, event_id, at, type, metadata)
        select '{me}', id, occurred_at, 'streak.extended', jsonb_build_object('length', {n}) from event
        """,
        "delete from evolv.derived_events where user_id = '{me}' and (metadata ->> 'length')::int = {n}",
        "insert into evolv.leaderboard_changes (user_id, kind) values ('{me}', 'again')",
    ];

    static readonly Gen<Deed[]> Deeds60 = Gen.Select(
        Gen.Int[0, People - 1], Gen.Int[1, 4], Gen.Int[1, 3_000_000], Gen.Int[0, Deeds.Length - 1],
        (who, small, large, kind) => new Deed(who, small, large, Deeds[kind])).Array[60];

    sealed record Deed(int Who, int Small, int Large, string Text);

    sealed record Scope(string Name, Guid? Id);

    // What counting all people says of one board in the present period; written without any of what the boards are made of.
    const string Oracle =
        """
        with facts as (
            select user_id, 'xp' as metric, amount, awarded_at as at from xp_transactions
            union all select user_id, 'badges', 1, earned_at from user_badges where revoked_at is null
            union all select user_id, 'skills', 1, verified_at from user_skills where verified
            union all
            select d.user_id, 'streak', (d.metadata ->> 'length')::bigint, e.occurred_at
            from evolv.derived_events d join activity_events e on e.id = d.event_id where d.type = 'streak.extended'
        ),
        scores as (
            select user_id, case when @metric = 'streak' then max(amount) else sum(amount) end as score
            from facts
            where metric = @metric and (@period = 'all' or date_trunc(nullif(@period, 'all'), at at time zone 'UTC') = date_trunc(nullif(@period, 'all'), now() at time zone 'UTC'))
            group by user_id
        ),
        listed as (
            select s.user_id, s.score, u.leaderboard_mode
            from scores s join profiles p on p.id = s.user_id join user_settings u on u.user_id = s.user_id
            where s.score > 0 and not p.is_guest and u.leaderboard_mode <> 'hidden' and case @scope
                when 'guild' then exists (select from guild_members m where m.guild_id = @id and m.user_id = s.user_id and m.state = 'active')
                when 'path' then exists (select from learning_path_enrollments m where m.path_id = @id and m.user_id = s.user_id)
                when 'skill' then exists (select from user_skills m where m.skill_id = @id and m.user_id = s.user_id and m.verified)
                else true end
        )
        select coalesce(string_agg(format('%s %s %s', rank, score, user_id), E'\n' order by rank, user_id), '')
        from (select user_id, score, rank() over (order by score desc) from listed) r
        """;

    [Fact]
    public async Task Boards_are_right_after_any_sequence_of_deeds()
    {
        await Deeds60.SampleAsync(async deeds =>
        {
            await using var database = await cluster.CreateDatabaseAsync();
            var people = await database.AddAsync([.. Enumerable.Range(0, People).Select(number => ($"p{number}", 0L))]);
            Scope[] scopes =
            [
                new("global", null),
                new("guild", await LeaderboardTests.GuildAsync(database, "g", people[0], "public", people[1])),
                new("path", await database.ScalarAsync<Guid>("insert into learning_paths (title, difficulty_level) values ('P', 'beginner') returning id")),
                new("skill", await database.ScalarAsync<Guid>("select id from skills order by id limit 1")),
            ];
            // Boards wake up before, in the middle of, and after what happens.
            var asked = 0;
            foreach (var (number, deed) in deeds.Index())
            {
                if (number % 20 == 10)
                    await database.BoardAsync(Caller.Service, scopes[1 + asked % 3].Name, scopes[1 + asked++ % 3].Id, period: number < 30 ? "all" : "week");
                await DoAsync(database, people, deed);
            }

            await database.ApplyAsync(3);
            await database.AssertBoardsAsync();
            foreach (var scope in scopes)
                foreach (var (metric, period) in ((string, string)[])[("xp", "all"), ("xp", "week"), ("badges", "day"), ("skills", "all"), ("streak", "all"), ("streak", "week")])
                    await CompareAsync(database, people, scope, metric, period);
            await database.ExecuteAsync("select evolv.rebuild_leaderboards()");
            await database.AssertBoardsAsync();
            await CompareAsync(database, people, scopes[1], "xp", "all");
        }, iter: 6, threads: 1);
    }

    static async Task DoAsync(TestDatabase database, Guid[] people, Deed deed)
    {
        var me = people[deed.Who];
        if (deed.Text == "apply")
            await database.ScalarAsync<int>(Caller.Service, $"select evolv.apply_leaderboard_changes({deed.Small * 3})");
        else if (deed.Text == "award -")
            await VoidOneAsync(database, me);
        else if (deed.Text.StartsWith("award", StringComparison.Ordinal))
            await database.AwardAsync(me, deed.Text == "award {n}" ? deed.Small : deed.Large, $"now() - interval '{deed.Large % 40} days'");
        else
            await database.ExecuteAsync(deed.Text
                .Replace("{me}", me.ToString(), StringComparison.Ordinal)
                .Replace("{n}", deed.Small.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    static async Task VoidOneAsync(TestDatabase database, Guid person)
    {
        var entry = await database.ScalarAsync<Guid>(
            $"""
            select coalesce((
                select x.id
                from xp_transactions x
                where x.user_id = '{person}' and x.reversal_of is null and not exists (select from xp_transactions r where r.reversal_of = x.id)
                limit 1), '{Guid.Empty}')
            """);
        if (entry != Guid.Empty)
            await database.VoidAsync(entry);
    }

    static async Task CompareAsync(TestDatabase database, Guid[] people, Scope scope, string metric, string period)
    {
        var expected = await OracleAsync(database, scope, metric, period);
        var what = $"{scope.Name} {metric} {period}";

        // All pages, whatever their size; who is anonymous is known by asking as that person.
        var rows = new List<Place>();
        string? cursor = null;
        do
        {
            var page = await database.BoardAsync(Caller.Service, scope.Name, scope.Id, metric, period, limit: 3, cursor: cursor);
            Assert.Equal(expected.Length, page.Total);
            rows.AddRange(page.Rows);
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(expected.Select(row => (what, row.Rank, row.Score)), rows.Select(row => (what, row.Rank, row.Score)));

        foreach (var (place, row) in rows.Index())
        {
            var from = await database.BoardAsync(Caller.Service, scope.Name, scope.Id, metric, period, limit: 2, fromRank: place + 1);
            var start = rows.FindIndex(other => other.Rank == row.Rank);
            Assert.Equal(rows.Skip(start).Take(2), from.Rows);
        }

        var order = new List<(Guid Person, int Place)>();
        foreach (var person in people)
        {
            var board = await database.BoardAsync(Caller.User(person), scope.Name, scope.Id, metric, period, limit: 4, aroundMe: true);
            var mine = expected.SingleOrDefault(row => row.Person == person);
            Assert.Equal(mine == default ? null : (mine.Rank, mine.Score), board.Me);
            if (mine == default)
                continue;
            var at = Array.FindIndex(board.Rows, row => row.IsMe);
            Assert.Equal((mine.Rank, person), (board.Rows[at].Rank, board.Rows[at].Id!.Value));
            // Where the page begins in the whole: two before, if there are so many.
            var whole = await database.BoardAsync(Caller.User(person), scope.Name, scope.Id, metric, period);
            var place = Array.FindIndex(whole.Rows, row => row.IsMe);
            Assert.Equal(whole.Rows.Skip(Math.Max(place - 2, 0)).Take(4), board.Rows);
            order.Add((person, place));
        }

        Assert.Equal(order.Count, order.Select(item => item.Place).Distinct().Count());
    }

    static async Task<(long Rank, long Score, Guid Person)[]> OracleAsync(TestDatabase database, Scope scope, string metric, string period)
    {
        var text = await database.ScalarAsync<string>(Oracle
            .Replace("@scope", $"'{scope.Name}'", StringComparison.Ordinal)
            .Replace("@metric", $"'{metric}'", StringComparison.Ordinal)
            .Replace("@period", $"'{period}'", StringComparison.Ordinal)
            .Replace("@id", $"'{scope.Id ?? Guid.Empty}'", StringComparison.Ordinal));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(parts =>
            (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture), Guid.Parse(parts[2])))];
    }
}
