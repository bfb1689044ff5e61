using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class LeaderboardTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("defect", "4")]
    [Trait("defect", "43")]
    [Trait("probe", "1")]
    public async Task People_are_ranked_by_XP_ties_share_a_rank_and_nobody_without_XP_is_listed()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await AddAsync(database, ("zero", 0), ("low", 10), ("first", 5000), ("tie a", 300), ("tie b", 300), ("last", 1));

        await RefreshAsync(database);

        Assert.Equal(["1 first", "2 tie", "2 tie", "4 low", "5 last"], await PlacesAsync(database, Caller.Anonymous));
        Assert.Equal(
            await database.ColumnAsync<Guid>(Caller.Anonymous, $"select user_id from leaderboard_all_time order by rank, user_id"),
            await database.ColumnAsync<Guid>(Caller.Anonymous, $"select user_id from leaderboard_all_time"));
    }

    [Fact]
    public async Task Guests_the_hidden_and_those_who_left_are_not_listed()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await AddAsync(database, ("ada", 100), ("guest", 900), ("hidden", 800), ("gone", 700));
        await database.ExecuteAsync(
            """
            update auth.users set is_anonymous = true where email like 'guest%';
            update user_settings set leaderboard_mode = 'hidden' where user_id in (select id from profiles where full_name = 'hidden');
            delete from auth.users where email like 'gone%'
            """);

        await RefreshAsync(database);

        Assert.Equal(["1 ada"], await PlacesAsync(database, Caller.Anonymous));
    }

    [Fact]
    [Trait("defect", "23")]
    public async Task The_anonymous_keep_their_place_without_id_and_name_and_only_they_know_it_is_theirs()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await AddAsync(database, ("ada", 100), ("shy", 900));
        var shy = await database.ScalarAsync<Guid>("select id from profiles where full_name = 'shy'");
        await database.ExecuteAsync($"update user_settings set leaderboard_mode = 'anonymous' where user_id = '{shy}'");

        await RefreshAsync(database);

        foreach (var caller in new[] { Caller.Anonymous, Caller.User(Guid.CreateVersion7()), Caller.Service })
        {
            Assert.Equal(["1 ?", "2 ada"], await PlacesAsync(database, caller));
            Assert.Equal(0, await CountOfAsync(caller));
        }

        Assert.Equal(1, await CountOfAsync(Caller.User(shy)));

        Task<int> CountOfAsync(Caller caller) => database.ScalarAsync<int>(
            caller, $"select count(*)::int from leaderboard_all_time where user_id = {shy} or full_name = 'shy'");
    }

    [Fact]
    [Trait("defect", "23")]
    public async Task No_api_role_reads_the_snapshot_itself()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var admin = await database.PersonAsync("admin", "admin");

        foreach (var caller in new[] { Caller.Anonymous, admin, Caller.Service, Caller.AuthAdmin })
            await database.AssertRefusedAsync(caller, $"select * from evolv.leaderboard_all_time");
    }

    [Fact]
    [Trait("defect", "3")]
    public async Task The_snapshot_refreshes_while_others_read_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await AddAsync(database, ("ada", 100));

        await using (var reader = await database.Database.BeginAsync(Caller.Anonymous, Token))
        {
            await reader.QueryListAsync($"select rank from leaderboard_all_time", row => row.GetInt64(0), Token);
            await RefreshAsync(database); // would wait for the reader, and fail, without CONCURRENTLY
        }

        await database.ExecuteAsync("refresh materialized view concurrently evolv.leaderboard_all_time");
        Assert.Equal(["1 ada"], await PlacesAsync(database, Caller.Anonymous));
    }

    [Fact]
    public async Task Only_the_service_refreshes_and_one_at_a_time()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var admin = await database.PersonAsync("admin", "admin");
        await using var first = await database.Database.BeginAsync(Caller.Service, Token);

        foreach (var caller in new[] { Caller.Anonymous, admin })
            await database.AssertRefusedAsync(caller, $"select evolv.refresh_leaderboard()");
        Assert.True(await first.QuerySingleAsync($"select evolv.refresh_leaderboard()", row => row.GetBoolean(0), Token));
        Assert.False(await database.ScalarAsync<bool>(Caller.Service, $"select evolv.refresh_leaderboard()"));
    }

    static async Task AddAsync(TestDatabase database, params (string Name, int Xp)[] people)
    {
        foreach (var (name, xp) in people)
        {
            var id = await database.AddPersonAsync(name);
            if (xp > 0)
            {
                // Not by add_xp, whose rewards would spoil the ties.
                await database.ExecuteAsync(
                    $$"""
                    with event as (insert into activity_events (user_id, type) values ('{{id}}', 'xp.awarded') returning id)
                    select evolv.apply_xp('{{id}}', {{xp}}, 'daily_login', '{}', id) from event
                    """);
            }
        }
    }

    static async Task RefreshAsync(TestDatabase database)
        => Assert.True(await database.ScalarAsync<bool>(Caller.Service, $"select evolv.refresh_leaderboard()"));

    static Task<List<string>> PlacesAsync(TestDatabase database, Caller caller) => database.ColumnAsync<string>(
        caller, $"select rank || ' ' || coalesce(split_part(full_name, ' ', 1), '?') from leaderboard_all_time");
}
