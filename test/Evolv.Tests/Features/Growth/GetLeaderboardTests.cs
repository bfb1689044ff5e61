using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class GetLeaderboardTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_board_is_ranked_a_moment_after_the_award()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        await server.Database.AwardAsync(ada.Id, 10);
        await server.Database.AwardAsync(bob.Id, 30);
        for (var tries = 0; tries < 100 && await server.Database.ScalarAsync<long>("select count(*) from evolv.leaderboard_entries where score = 30") == 0; tries++)
            await Task.Delay(100, Token);

        var (status, body) = await AskAsync(ada.Http, "?limit=1");

        Assert.Equal(HttpStatusCode.OK, status);
        var board = body.GetProperty("data");
        Assert.Equal(
            $$"""[{"rank" : 1, "user_id" : "{{bob.Id}}", "full_name" : "bob", "avatar_url" : null, "user_type" : "student", "current_level" : 1, "score" : 30, "is_me" : false}]""",
            board.GetProperty("leaderboard").GetRawText());
        Assert.Equal("""{"rank" : 2, "score" : 10}""", board.GetProperty("me").GetRawText());
        Assert.Equal(
            ("global", "xp", "all", "ranked", 2, false),
            (board.GetProperty("scope").GetString(), board.GetProperty("metric").GetString(), board.GetProperty("period").GetString(),
                board.GetProperty("me_status").GetString(), board.GetProperty("total_people").GetInt32(), board.GetProperty("closed").GetBoolean()));

        var next = board.GetProperty("pagination").GetProperty("next_cursor").GetString();
        var (_, second) = await AskAsync(ada.Http, $"?limit=1&cursor={next}");
        var row = Assert.Single(second.GetProperty("data").GetProperty("leaderboard").EnumerateArray());
        Assert.Equal((2, "ada", true), (row.GetProperty("rank").GetInt32(), row.GetProperty("full_name").GetString(), row.GetProperty("is_me").GetBoolean()));
        Assert.False(second.GetProperty("data").GetProperty("pagination").GetProperty("has_next").GetBoolean());

        var (_, around) = await AskAsync(ada.Http, "?period=week&around_me=true");
        Assert.Equal(2, around.GetProperty("data").GetProperty("leaderboard").GetArrayLength());
    }

    [Theory]
    [InlineData("?scope=world", "scope must be one of global, guild, path, skill, friends")]
    [InlineData("?metric=gold", "metric must be one of xp, badges, skills, streak")]
    [InlineData("?period=year", "period must be one of all, month, week, day")]
    [InlineData("?scope=guild", "scope_id must be the UUID of the guild")]
    [InlineData("?scope=path&scope_id=7", "scope_id must be the UUID of the path")]
    [InlineData("?scope_id=0197c1a0-0000-7000-8000-000000000000", "scope_id is for guild, path and skill")]
    [InlineData("?limit=0", "limit must be an integer from 1 to 100")]
    [InlineData("?limit=101", "limit must be an integer from 1 to 100")]
    [InlineData("?from_rank=0", "from_rank must be an integer from 1 to 9223372036854775807")]
    [InlineData("?from_rank=9223372036854775808", "from_rank must be an integer from 1 to 9223372036854775807")]
    [InlineData("?around_me=yes", "around_me must be true or false")]
    [InlineData("?cursor=x", "cursor must be the next_cursor of an earlier answer")]
    [InlineData("?cursor=-1_0197c1a0-0000-7000-8000-000000000000", "cursor must be the next_cursor of an earlier answer")]
    [InlineData("?period_start=2026-11-23", "period_start is for month, week and day")]
    [InlineData("?period=day&period_start=2026-02-30", "period_start must be a day of the period, such as 2026-11-23")]
    [InlineData("?period=day&period_start=1999-12-31", "period_start must be a day of the period, such as 2026-11-23")]
    [InlineData("?period=day&period_start=infinity", "period_start must be a day of the period, such as 2026-11-23")]
    [InlineData("?from_rank=1&around_me=true", "around_me says where a page begins, and so does another field; use one of cursor, from_rank and around_me")]
    public async Task Wrong_input_is_answered_with_the_field_and_what_it_takes(string query, string error)
    {
        var server = await cluster.SharedServerAsync();

        var (status, body) = await AskAsync(server.Service, query);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_field", error), (status, body.GetProperty("code").GetString(), body.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("?from_rank=9223372036854775807")]
    [InlineData("?cursor=9223372036854775807_ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("?cursor=0_00000000-0000-0000-0000-000000000000")]
    [InlineData("?period=week&period_start=2999-12-31")]
    [InlineData("?period=month&period_start=2000-01-01&metric=streak")]
    [InlineData("?scope=skill&scope_id={skill}&limit=100")]
    public async Task The_ends_of_what_may_be_asked_are_answered(string query)
    {
        var server = await cluster.SharedServerAsync();
        var skill = await server.Database.ScalarAsync<Guid>("select id from skills limit 1");

        var (status, body) = await AskAsync(server.Service, query.Replace("{skill}", skill.ToString(), StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("data").GetProperty("me").ValueKind);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("data").GetProperty("me_status").ValueKind);
    }

    [Fact]
    public async Task Who_is_nobody_has_no_board_and_a_key_has_no_friends()
    {
        var server = await cluster.SharedServerAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(server.Anonymous, "")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(server.Service, "?scope=friends")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(server.Service, "?around_me=true")).Status);
        var (status, body) = await AskAsync(server.Service, $"?scope=guild&scope_id={Guid.CreateVersion7()}");
        Assert.Equal((HttpStatusCode.NotFound, "board_not_found"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task The_zone_of_the_boards_is_a_setting()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Growth:LeaderboardTimeZone", "Asia/Tokyo"));
        var zone = "";
        for (var tries = 0; tries < 100 && zone != "Asia/Tokyo"; tries++)
        {
            await Task.Delay(50, Token);
            zone = (await AskAsync(server.Service, "?period=day")).Body.GetProperty("data").GetProperty("time_zone").GetString();
        }

        Assert.Equal("Asia/Tokyo", zone);
    }

    static async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(HttpClient client, string query)
    {
        using var answer = await client.GetAsync("/functions/v1/get-leaderboard" + query, Token);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Token));
    }
}
