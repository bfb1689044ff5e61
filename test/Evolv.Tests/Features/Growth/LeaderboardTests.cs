using System.Globalization;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class LeaderboardTests(EvolvCluster cluster)
{
    [Fact]
    [Trait("defect", "4")]
    [Trait("defect", "43")]
    [Trait("probe", "1")]
    public async Task People_are_ranked_by_XP_ties_share_a_rank_and_nobody_without_XP_is_listed()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.AddAsync(("zero", 0), ("low", 10), ("first", 5000), ("tie", 300), ("tie", 300), ("last", 1));

        await database.ApplyAsync();

        string[] expected = ["1 first", "2 tie", "2 tie", "4 low", "5 last"];
        Assert.Equal(expected, await database.PlacesAsync(Caller.Service));
        Assert.Equal(expected, await SeedPlacesAsync(database, Caller.Anonymous));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Guests_the_hidden_and_those_who_left_are_neither_listed_nor_counted()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 100), ("guest", 900), ("hidden", 800), ("gone", 700));
        await database.ApplyAsync();
        Assert.Equal(4, (await database.BoardAsync(Caller.Service)).Total);

        await database.ExecuteAsync(
            """
            update auth.users set is_anonymous = true where email like 'guest%';
            update user_settings set leaderboard_mode = 'hidden' where user_id in (select id from profiles where full_name = 'hidden');
            delete from auth.users where email like 'gone%'
            """);
        await database.ApplyAsync();

        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service));
        Assert.Equal(["1 ada"], await SeedPlacesAsync(database, Caller.Anonymous));
        Assert.Equal(1, (await database.BoardAsync(Caller.Service)).Total);
        Assert.Equal("guest", (await database.BoardAsync(Caller.User(people[1]))).Status);
        Assert.Equal("hidden", (await database.BoardAsync(Caller.User(people[2]))).Status);
        await database.AssertBoardsAsync();

        await database.ExecuteAsync("update user_settings set leaderboard_mode = 'public'; update auth.users set is_anonymous = false");
        await database.ApplyAsync();

        Assert.Equal(["1 guest", "2 hidden", "3 ada"], await database.PlacesAsync(Caller.Service));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Who_awaits_the_first_XP_is_unranked()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");

        var board = await database.BoardAsync(ada, aroundMe: true);

        Assert.Null(board.Me);
        Assert.Equal("unranked", board.Status);
        Assert.Empty(board.Rows);
    }

    [Fact]
    [Trait("defect", "23")]
    public async Task The_anonymous_keep_their_place_without_id_and_name_and_only_they_know_it_is_theirs()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 100), ("shy", 900));
        var shy = Caller.User(people[1]);
        await database.ExecuteAsync($"update user_settings set leaderboard_mode = 'anonymous' where user_id = '{people[1]}'");

        await database.ApplyAsync();

        foreach (var caller in new[] { Caller.User(people[0]), Caller.Service })
        {
            var board = await database.BoardAsync(caller);
            Assert.Equal([null, people[0]], board.Rows.Select(row => row.Id));
            Assert.Equal([null, "ada"], board.Rows.Select(row => row.Name));
            Assert.DoesNotContain(people[1].ToString(), board.Json.GetRawText(), StringComparison.Ordinal);
            Assert.DoesNotContain(people[1].ToString(), (await database.BoardAsync(caller, limit: 1)).Json.GetRawText(), StringComparison.Ordinal);
        }

        Assert.Equal(["1 ?", "2 ada"], await SeedPlacesAsync(database, Caller.Anonymous));
        Assert.Equal(["1 shy", "2 ada"], await SeedPlacesAsync(database, shy));
        Assert.Equal(["1 shy", "2 ada"], await database.PlacesAsync(shy));
        Assert.Equal((1, 900), (await database.BoardAsync(shy)).Me);
    }

    [Fact]
    public async Task Blocked_people_do_not_see_who_the_other_is()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 100), ("bob", 900), ("eve", 50));
        await database.ExecuteAsync($"insert into user_blocks (blocker_id, blocked_id) values ('{people[0]}', '{people[1]}')");

        await database.ApplyAsync();

        Assert.Equal(["1 ?", "2 ada", "3 eve"], await database.PlacesAsync(Caller.User(people[0])));
        Assert.Equal(["1 bob", "2 ?", "3 eve"], await database.PlacesAsync(Caller.User(people[1])));
        Assert.Equal(["1 bob", "2 ada", "3 eve"], await database.PlacesAsync(Caller.User(people[2])));
        Assert.Equal(["1 ?", "2 ada", "3 eve"], await SeedPlacesAsync(database, Caller.User(people[0])));
    }

    [Fact]
    [Trait("defect", "23")]
    public async Task No_api_role_reads_the_standings_themselves()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var admin = await database.PersonAsync("admin", "admin");

        foreach (var caller in new[] { Caller.Anonymous, admin, Caller.Service, Caller.AuthAdmin })
        {
            await database.AssertRefusedAsync(caller, $"select * from evolv.leaderboard_entries");
            await database.AssertRefusedAsync(caller, $"select * from evolv.leaderboard_counts");
            await database.AssertRefusedAsync(caller, $"select evolv.rebuild_leaderboards()");
        }

        await database.AssertRefusedAsync(admin, $"select evolv.apply_leaderboard_changes()");
        await database.AssertRefusedAsync(admin, $"select evolv.set_leaderboard_zone('UTC')");
    }

    [Fact]
    [Trait("defect", "3")]
    public async Task One_updater_at_a_time_and_nobody_waits_for_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 100));
        await using var first = await database.Database.BeginAsync(Caller.Service, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await first.QuerySingleAsync($"select evolv.apply_leaderboard_changes()", row => row.GetInt32(0), TestContext.Current.CancellationToken));

        Assert.Equal(0, await database.ScalarAsync<int>(Caller.Service, $"select evolv.apply_leaderboard_changes()"));
        await database.AwardAsync(people[0], 5);
        Assert.Empty(await database.PlacesAsync(Caller.Service));
        await first.CommitAsync(TestContext.Current.CancellationToken);
        await database.ApplyAsync();

        Assert.Equal((1, 105), (await database.BoardAsync(Caller.User(people[0]))).Me);
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Updaters_and_awards_at_the_same_time_lose_and_double_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync([.. Enumerable.Range(0, 8).Select(number => ($"p{number}", 0L))]);
        var guild = await GuildAsync(database, "g", people[0], "public", [.. people[1..4]]);
        await database.BoardAsync(Caller.Service, "guild", guild);

        await Task.WhenAll(
        [
            .. people.Select(async person =>
            {
                for (var turn = 1; turn <= 20; turn++)
                    await database.AwardAsync(person, turn);
            }),
            .. Enumerable.Range(0, 2).Select(async _ =>
            {
                for (var turn = 0; turn < 60; turn++)
                    await database.ScalarAsync<int>(Caller.Service, $"select evolv.apply_leaderboard_changes(7)");
            }),
        ]);
        await database.ApplyAsync();

        Assert.All((await database.BoardAsync(Caller.Service)).Rows, row => Assert.Equal((1, 210), (row.Rank, row.Score)));
        Assert.Equal(4, (await database.BoardAsync(Caller.Service, "guild", guild)).Total);
        await database.AssertBoardsAsync();
    }

    [Theory]
    [InlineData("day", "2026-11-26T04:30:00Z", "America/New_York", "2026-11-25", "2026-11-26T05:00:00Z")]
    [InlineData("day", "2026-03-29T12:00:00Z", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00Z")] // 23 hours long
    [InlineData("day", "2026-10-25T12:00:00Z", "Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00Z")] // 25
    [InlineData("week", "2027-01-01T12:00:00Z", "UTC", "2026-12-28", "2027-01-04T00:00:00Z")] // week 53 of 2026
    [InlineData("week", "2024-12-30T00:00:00Z", "UTC", "2024-12-30", "2025-01-06T00:00:00Z")] // week 1 of 2025
    [InlineData("week", "2024-12-29T23:59:59Z", "UTC", "2024-12-23", "2024-12-30T00:00:00Z")]
    [InlineData("week", "2024-12-29T16:00:00Z", "Asia/Tokyo", "2024-12-30", "2025-01-05T15:00:00Z")]
    [InlineData("month", "2026-02-28T23:30:00Z", "Asia/Kolkata", "2026-03-01", "2026-03-31T18:30:00Z")]
    [InlineData("month", "2026-03-01T07:59:59Z", "America/Los_Angeles", "2026-02-01", "2026-03-01T08:00:00Z")]
    public async Task A_period_begins_and_ends_with_the_days_of_the_zone(string period, string at, string zone, string start, string end)
    {
        await using var database = await cluster.CreateDatabaseAsync();

        Assert.Equal(
            $"{start} {end}",
            await database.ScalarAsync<string>(
                $"""
                select s.start || ' ' || to_char(evolv.leaderboard_end('{period}', s.start, '{zone}') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                from (select evolv.leaderboard_start('{period}', '{at}', '{zone}') as start) s
                """));
    }

    [Fact]
    public async Task A_period_changes_until_an_hour_after_its_end()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        Assert.Equal("{2026-11-25,2026-11-26}", await OpenAsync("day", "2026-11-26T00:59:59Z"));
        Assert.Equal("{2026-11-26}", await OpenAsync("day", "2026-11-26T01:00:00Z"));
        Assert.Equal("{2026-11-16,2026-11-23}", await OpenAsync("week", "2026-11-23T00:30:00Z"));
        Assert.Equal("{2026-11-01}", await OpenAsync("month", "2026-11-26T00:30:00Z"));
        Assert.Equal("{-infinity}", await OpenAsync("all", "2026-11-26T00:30:00Z"));

        Task<string> OpenAsync(string period, string at) => database.ScalarAsync<string>($"select evolv.leaderboard_open('{period}', '{at}', 'UTC')::text");
    }

    [Fact]
    public async Task Awards_count_in_the_periods_in_which_they_were_earned_and_so_do_those_that_are_taken_back()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await BeginADayAsync(database, minutesAgo: 30); // the day before is still open
        var people = await database.AddAsync(("ada", 0), ("bob", 0));
        var yesterday = await database.AwardAsync(people[0], 100, "now() - interval '40 minutes'");
        await database.AwardAsync(people[0], 1);
        await database.AwardAsync(people[1], 50, "now() - interval '5 minutes'");
        await database.ApplyAsync();

        Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(Caller.Service, period: "day"));
        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service, period: "day", day: await DayAsync(database, -1)));
        Assert.Equal(["1 ada", "2 bob"], await database.PlacesAsync(Caller.Service));

        await database.VoidAsync(yesterday);
        await database.ApplyAsync();

        Assert.Empty(await database.PlacesAsync(Caller.Service, period: "day", day: await DayAsync(database, -1)));
        Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(Caller.Service));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task The_result_of_a_closed_period_is_final()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await BeginADayAsync(database, minutesAgo: 90);
        var people = await database.AddAsync(("ada", 0), ("bob", 0), ("eve", 0));
        var best = await database.AwardAsync(people[0], 100, "now() - interval '2 hours'");
        await database.AwardAsync(people[1], 50, "now() - interval '2 hours'");
        await database.ExecuteAsync("select evolv.rebuild_leaderboards(true)"); // as if it had been told in time
        var day = await DayAsync(database, -1);
        Assert.Equal(["1 ada", "2 bob"], await database.PlacesAsync(Caller.Service, period: "day", day: day));

        await database.VoidAsync(best);
        await database.AwardAsync(people[2], 70, "now() - interval '2 hours'");
        await database.ExecuteAsync($"update user_settings set leaderboard_mode = 'hidden' where user_id = '{people[1]}'");
        await database.ApplyAsync();

        var board = await database.BoardAsync(Caller.User(people[2]), period: "day", day: day);
        Assert.True(board.IsClosed);
        Assert.Equal(["1 ada", "2 ?"], board.Rows.Select(row => $"{row.Rank} {row.Name ?? "?"}"));
        Assert.Equal(2, board.Total);
        Assert.Equal(day, board.Json.GetProperty("period_start").GetString());
        Assert.Equal(["1 ada", "2 bob"], await database.PlacesAsync(Caller.User(people[1]), period: "day", day: day));
        Assert.Equal(["1 eve"], await database.PlacesAsync(Caller.Service)); // of all time
        await database.AssertBoardsAsync();

        await database.ExecuteAsync("select evolv.rebuild_leaderboards()");
        Assert.Equal(["1 ada", "2 ?"], await database.PlacesAsync(Caller.Service, period: "day", day: day));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Another_zone_begins_other_days()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await BeginADayAsync(database, minutesAgo: 120);
        var people = await database.AddAsync(("ada", 0));
        await database.AwardAsync(people[0], 7, "now() - interval '130 minutes'");
        await database.ApplyAsync();
        await database.AwardAsync(people[0], 1);
        Assert.Empty(await database.PlacesAsync(Caller.Service, period: "day"));

        await BeginADayAsync(database, minutesAgo: 240);
        await database.ApplyAsync();

        Assert.Equal([8L], (await database.BoardAsync(Caller.Service, period: "day")).Rows.Select(row => row.Score));
        Assert.Equal([8L], (await database.BoardAsync(Caller.Service)).Rows.Select(row => row.Score));
        await database.AssertBoardsAsync();

        await BeginADayAsync(database, minutesAgo: 23 * 60); // to the west, where it is still yesterday
        await database.ApplyAsync();

        Assert.Equal([8L], (await database.BoardAsync(Caller.Service, period: "day")).Rows.Select(row => row.Score));
        await database.AssertBoardsAsync();
        await database.AssertRefusedAsync(Caller.Service, $"select evolv.set_leaderboard_zone('Moon/Base')", "22023");
    }

    [Fact]
    public async Task Badges_skills_and_streaks_have_boards_of_their_own()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 0), ("bob", 0));
        await database.ExecuteAsync(
            $"""
            insert into user_badges (user_id, badge_id) select '{people[0]}', id from badges order by id limit 3;
            insert into user_badges (user_id, badge_id) select '{people[1]}', id from badges order by id limit 2;
            insert into user_skills (user_id, skill_id, verified, verified_level, verified_at)
            select '{people[1]}', id, true, 'expert', now() from skills order by id limit 2;
            insert into user_skills (user_id, skill_id) select '{people[0]}', id from skills order by id limit 5
            """);
        await StreakAsync(database, people[0], "now()", 9);
        await StreakAsync(database, people[1], "now() - interval '70 days'", 30);
        await StreakAsync(database, people[1], "now()", 2);
        await database.ApplyAsync();

        Assert.Equal(["1 ada", "2 bob"], await database.PlacesAsync(Caller.Service, metric: "badges", period: "week"));
        Assert.Equal(["1 bob"], await database.PlacesAsync(Caller.Service, metric: "skills", period: "day"));
        Assert.Equal([30L, 9L], (await database.BoardAsync(Caller.Service, metric: "streak")).Rows.Select(row => row.Score));
        Assert.Equal([9L, 2L], (await database.BoardAsync(Caller.Service, metric: "streak", period: "month")).Rows.Select(row => row.Score));
        await database.AssertBoardsAsync();

        await database.ExecuteAsync(
            $"""
            update user_badges set revoked_at = now(), revocation_reason = 'no' where user_id = '{people[0]}';
            update user_skills set verified = false, verified_level = null, verified_at = null where skill_id = (select id from skills order by id limit 1);
            delete from evolv.derived_events where metadata ->> 'length' = '30'
            """);
        await database.ApplyAsync();

        Assert.Equal(["1 bob"], await database.PlacesAsync(Caller.Service, metric: "badges"));
        Assert.Equal([1L], (await database.BoardAsync(Caller.Service, metric: "skills")).Rows.Select(row => row.Score));
        Assert.Equal([9L, 2L], (await database.BoardAsync(Caller.Service, metric: "streak")).Rows.Select(row => row.Score));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task A_guild_ranks_its_active_members()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30), ("eve", 20), ("out", 99));
        var guild = await GuildAsync(database, "g", people[0], "public", people[1]);
        await database.ExecuteAsync($"insert into guild_members (guild_id, user_id, state) values ('{guild}', '{people[2]}', 'banned')");
        await database.ApplyAsync();

        Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(Caller.User(people[3]), "guild", guild)); // asked for the first time
        Assert.Equal("not_a_member", (await database.BoardAsync(Caller.User(people[3]), "guild", guild)).Status);

        await database.AwardAsync(people[0], 25);
        await database.ExecuteAsync($"update guild_members set state = 'active' where user_id = '{people[2]}'");
        await database.ApplyAsync();
        Assert.Equal(["1 ada", "2 bob", "3 eve"], await database.PlacesAsync(Caller.Service, "guild", guild));

        await database.ExecuteAsync($"delete from guild_members where user_id = '{people[1]}'");
        await database.ApplyAsync();
        Assert.Equal(["1 ada", "2 eve"], await database.PlacesAsync(Caller.Service, "guild", guild));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task The_board_of_a_private_guild_is_for_its_members()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30), ("eve", 20));
        var guild = await GuildAsync(database, "secret", people[0], "private", people[1]);
        await database.ApplyAsync();

        foreach (var caller in new[] { Caller.Service, Caller.User(people[0]), Caller.User(people[1]) })
            Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(caller, "guild", guild));
        var refused = await database.AssertRefusedAsync(Caller.User(people[2]), Ask("guild", guild), "PT404");
        var missing = await database.AssertRefusedAsync(Caller.User(people[2]), Ask("guild", Guid.CreateVersion7()), "PT404");
        Assert.Equal((missing.MessageText, missing.Hint), (refused.MessageText, refused.Hint));
    }

    [Fact]
    public async Task A_path_ranks_its_learners_for_those_who_may_see_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30), ("eve", 20), ("out", 5));
        var path = await database.ScalarAsync<Guid>(
            $"""
            with path as (
                insert into learning_paths (title, difficulty_level, instructor_id, is_active) values ('P', 'beginner', '{people[2]}', false) returning id
            )
            insert into learning_path_enrollments (user_id, path_id) select '{people[0]}', id from path returning path_id
            """);
        await database.ApplyAsync();
        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.User(people[0]), "path", path));

        await database.ExecuteAsync($"insert into learning_path_enrollments (user_id, path_id) values ('{people[1]}', '{path}')");
        await database.ApplyAsync();

        foreach (var caller in new[] { Caller.User(people[0]), Caller.User(people[2]), Caller.Service, await database.PersonAsync("admin", "admin") })
            Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(caller, "path", path));
        await database.AssertRefusedAsync(Caller.User(people[3]), Ask("path", path), "PT404");
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task A_skill_ranks_those_who_have_proved_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30));
        var skill = await database.ScalarAsync<Guid>("select id from skills where slug = 'sql'");
        await database.ExecuteAsync(
            $"""
            insert into user_skills (user_id, skill_id) values ('{people[0]}', '{skill}');
            insert into user_skills (user_id, skill_id, verified, verified_level, verified_at) values ('{people[1]}', '{skill}', true, 'expert', now())
            """);
        await database.ApplyAsync();
        Assert.Equal(["1 bob"], await database.PlacesAsync(Caller.User(people[0]), "skill", skill));

        await database.ExecuteAsync(
            $"update user_skills set verified = true, verified_level = 'expert', verified_at = now() where user_id = '{people[0]}'");
        await database.ApplyAsync();

        Assert.Equal(["1 bob", "2 ada"], await database.PlacesAsync(Caller.User(people[0]), "skill", skill));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Friends_are_those_whom_one_follows_and_who_show_themselves()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30), ("eve", 20), ("out", 99), ("shy", 15), ("pending", 40), ("tie", 20));
        await database.ExecuteAsync(
            $"""
            insert into user_follows (follower_id, following_id, status)
            select '{people[0]}', id, case full_name when 'pending' then 'pending' else 'accepted' end
            from profiles
            where full_name in ('bob', 'eve', 'shy', 'pending', 'tie');
            update user_settings set leaderboard_mode = 'anonymous' where user_id = '{people[4]}'
            """);
        await database.ApplyAsync();
        var ada = Caller.User(people[0]);

        var board = await database.BoardAsync(ada, "friends");
        Assert.Equal([1L, 2L, 2L, 4L], board.Rows.Select(row => row.Rank));
        Assert.Equal(("bob", "ada"), (board.Rows[0].Name, board.Rows[3].Name));
        Assert.Equal((4, 10), board.Me);
        Assert.Equal(4, board.Total);

        var first = await database.BoardAsync(ada, "friends", limit: 2);
        var second = await database.BoardAsync(ada, "friends", limit: 2, cursor: first.Next);
        Assert.Equal(board.Rows, first.Rows.Concat(second.Rows));
        Assert.Null(second.Next);
        Assert.Equal(board.Rows[1..], (await database.BoardAsync(ada, "friends", fromRank: 3)).Rows);
        Assert.Equal(board.Rows[2..], (await database.BoardAsync(ada, "friends", limit: 2, aroundMe: true)).Rows);
        Assert.Equal(["1 shy"], await database.PlacesAsync(Caller.User(people[4]), "friends"));
    }

    [Fact]
    public async Task A_board_that_nobody_asks_for_sleeps_keeps_what_is_final_and_wakes_up()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await BeginADayAsync(database, minutesAgo: 90);
        var people = await database.AddAsync(("ada", 10), ("bob", 30));
        await database.AwardAsync(people[0], 100, "now() - interval '2 hours'");
        await database.ExecuteAsync("select evolv.rebuild_leaderboards(true)");
        var guild = await GuildAsync(database, "g", people[0], "public", people[1]);
        await database.PlacesAsync(Caller.Service, "guild", guild, period: "day");
        var day = await DayAsync(database, -1);

        await database.ExecuteAsync("update evolv.leaderboards set last_asked_at = now() - interval '31 days'");
        Assert.Equal(1, await database.ScalarAsync<int>(Caller.Service, $"select evolv.forget_leaderboards()"));
        await database.ExecuteAsync($"delete from guild_members where user_id = '{people[1]}'");
        await database.AwardAsync(people[0], 1);
        await database.ApplyAsync();
        Assert.Equal("asleep 1", await database.ScalarAsync<string>(
            "select b.state || ' ' || (select count(*) from evolv.leaderboard_entries e where e.board_id = b.id) from evolv.leaderboards b where scope = 'guild'"));

        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service, "guild", guild, period: "day"));
        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service, "guild", guild, period: "day", day: day));
        await database.AssertBoardsAsync();

        await database.ExecuteAsync("delete from guilds");
        await database.ApplyAsync();
        Assert.Equal(1, await database.ScalarAsync<int>(Caller.Service, $"select evolv.forget_leaderboards()"));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task A_large_board_is_made_by_the_updater()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30));
        var guild = await GuildAsync(database, "g", people[0], "public", people[1]);
        await database.ExecuteAsync("update guilds set members_count = 1000000");
        await database.ApplyAsync();

        var board = await database.BoardAsync(Caller.User(people[0]), "guild", guild);
        Assert.True(board.Json.GetProperty("preparing").GetBoolean());
        Assert.Empty(board.Rows);

        Assert.Equal(1, await database.ScalarAsync<int>(Caller.Service, $"select evolv.apply_leaderboard_changes(1)"));
        board = await database.BoardAsync(Caller.User(people[0]), "guild", guild);
        Assert.True(board.Json.GetProperty("preparing").GetBoolean());
        Assert.Single(board.Rows);
        await database.AssertBoardsAsync();

        await database.ApplyAsync();
        board = await database.BoardAsync(Caller.User(people[0]), "guild", guild);
        Assert.False(board.Json.GetProperty("preparing").GetBoolean());
        Assert.Equal([30L, 10L], board.Rows.Select(row => row.Score));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task Of_whom_nothing_is_left_nothing_is_listed()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync(("ada", 10), ("bob", 30));
        var guild = await GuildAsync(database, "g", people[0], "public", people[1]);
        await database.ApplyAsync();
        await database.PlacesAsync(Caller.Service, "guild", guild);

        await database.ExecuteAsync(
            $"""
            alter table activity_events disable trigger activity_events_append_only;
            alter table xp_transactions disable trigger xp_transactions_append_only;
            delete from xp_transactions where user_id = '{people[1]}';
            delete from activity_events where user_id = '{people[1]}';
            delete from user_levels where user_id = '{people[1]}';
            delete from auth.users where id = '{people[1]}';
            delete from profiles where id = '{people[1]}'
            """);
        await database.ApplyAsync();

        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service));
        Assert.Equal(["1 ada"], await database.PlacesAsync(Caller.Service, "guild", guild));
        Assert.Equal(0L, await database.ScalarAsync<long>($"select count(*) from evolv.leaderboard_entries where user_id = '{people[1]}'"));
        await database.AssertBoardsAsync();
    }

    [Fact]
    public async Task The_seeds_leaderboard_has_the_first_thousand_and_the_callers_own_row()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var people = await database.AddAsync([.. Enumerable.Range(1, 3).Select(number => ($"p{number}", 0L))]);
        await database.ExecuteAsync(
            $"""
            insert into auth.users (id, email, raw_user_meta_data)
            select gen_random_uuid(), 'many' || n || '@example.com', '{JsonName}' from generate_series(1, 1005) n;
            insert into evolv.leaderboard_changes (user_id, kind, amount, at) select id, 'xp', 1000, now() from profiles where full_name = 'many'
            """);
        await database.AwardAsync(people[0], 10);
        await database.ApplyAsync();

        Assert.Equal(1000, await CountAsync(Caller.Anonymous));
        Assert.Equal(1001, await CountAsync(Caller.User(people[0])));
        Assert.Equal("1006 10", await database.ScalarAsync<string>(
            Caller.User(people[0]), $"select rank || ' ' || total_xp from leaderboard_all_time where user_id = {people[0]}"));

        Task<int> CountAsync(Caller caller) => database.ScalarAsync<int>(caller, $"select count(*)::int from leaderboard_all_time");
    }

    const string JsonName = """{"full_name": "many"}""";

    internal static async Task<Guid> GuildAsync(TestDatabase database, string slug, Guid owner, string visibility, params Guid[] members)
    {
        var guild = await database.ScalarAsync<Guid>(
            $"insert into guilds (slug, name, owner_id, visibility) values ('{slug}', '{slug}', '{owner}', '{visibility}') returning id");
        foreach (var member in members)
            await database.ExecuteAsync($"insert into guild_members (guild_id, user_id) values ('{guild}', '{member}')");
        return guild;
    }

    internal static Task StreakAsync(TestDatabase database, Guid person, string at, int length) => database.ExecuteAsync(
        $$"""
        with event as (insert into activity_events (user_id, type, occurred_at) values ('{{person}}', 'test.here', {{at}}) returning id, occurred_at)
        insert into evolv.derived_events (user_id, event_id, at, type, metadata)
        select '{{person}}', id, occurred_at, 'streak.extended', jsonb_build_object('length', {{length}}) from event
        """);

    /// <summary>A zone in which today began so many minutes ago. Zones of POSIX count to the west.</summary>
    internal static Task BeginADayAsync(TestDatabase database, int minutesAgo) => database.ExecuteAsync(
        $"""
        select evolv.set_leaderboard_zone(
            '<x>+' || to_char((now() at time zone 'UTC')::time - make_interval(mins => {minutesAgo}), 'HH24:MI:SS'))
        """);

    static async Task<string> DayAsync(TestDatabase database, int days) => await database.ScalarAsync<string>(
        $"select to_char(evolv.leaderboard_start('day', now(), (select time_zone from evolv.leaderboard_settings)) + {days.ToString(CultureInfo.InvariantCulture)}, 'YYYY-MM-DD')");

    static Sql Ask(string scope, Guid id) => $"select evolv.get_leaderboard({scope}, {id}, 'xp', 'all', null, 10, null, null, null, false)";

    static Task<List<string>> SeedPlacesAsync(TestDatabase database, Caller caller) => database.ColumnAsync<string>(
        caller, $"select rank || ' ' || coalesce(full_name, '?') from leaderboard_all_time");
}
