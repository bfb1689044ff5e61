using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Social;

public sealed class GetFeedTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_item_carries_its_post_and_its_author()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await PostAsync(server, ada, "hello");

        var feed = await FeedAsync(ada, "");

        var item = Assert.Single(feed.GetProperty("feed").EnumerateArray());
        Assert.Equal("post", item.GetProperty("activity_type").GetString());
        Assert.Equal("hello", item.GetProperty("content").GetProperty("content").GetString());
        Assert.Equal(
            $$"""{"id" : "{{ada.Id}}", "full_name" : "ada", "avatar_url" : null, "user_type" : "student"}""",
            item.GetProperty("profiles").GetRawText());
        Assert.Equal("""{"page" : 1, "limit" : 20, "has_next" : false, "next_cursor" : null}""", feed.GetProperty("pagination").GetRawText());
    }

    [Fact]
    public async Task Following_shows_those_whom_one_follows()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var eve = await server.SignUpAsync("eve");
        await PostAsync(server, bob, "from bob");
        await PostAsync(server, bob, "for followers", "followers");
        await PostAsync(server, bob, "for bob", "private");
        await PostAsync(server, eve, "from eve");
        await server.Database.ExecuteAsync($"insert into user_follows (follower_id, following_id, status) values ('{ada.Id}', '{bob.Id}', 'accepted'), ('{ada.Id}', '{eve.Id}', 'pending')");

        Assert.Equal(["for followers", "from bob"], await TextsAsync(ada, "?filter=following"));
        Assert.Equal(["from eve", "for followers", "from bob"], await TextsAsync(ada, "?filter=all"));
        Assert.Equal(["from eve", "for bob", "for followers", "from bob"], await TextsAsync(bob, "?filter=all"));
        Assert.Empty(await TextsAsync(eve, "?filter=following"));
    }

    [Fact]
    public async Task Guilds_shows_what_was_posted_in_ones_guilds()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var eve = await server.SignUpAsync("eve");
        await server.Database.ExecuteAsync(
            $"""
            insert into guilds (slug, name, visibility, owner_id) values ('open', 'Open', 'public', '{bob.Id}'), ('closed', 'Closed', 'private', '{bob.Id}');
            insert into guild_members (guild_id, user_id) select id, '{ada.Id}' from guilds where slug = 'closed';
            insert into posts (user_id, content, guild_id) select '{bob.Id}', 'in ' || slug, id from guilds order by slug desc;
            insert into posts (user_id, content) values ('{bob.Id}', 'outside')
            """);

        Assert.Equal(["in closed"], await TextsAsync(ada, "?filter=guilds"));
        Assert.Equal(["in closed", "in open", "outside"], Sorted(await TextsAsync(ada, "?filter=all")));
        Assert.Equal(["in open", "outside"], Sorted(await TextsAsync(eve, "?filter=all")));
        Assert.Empty(await TextsAsync(eve, "?filter=guilds"));
    }

    [Fact]
    public async Task Blocked_and_deleted_are_gone_at_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        await PostAsync(server, bob, "stays");
        await PostAsync(server, bob, "goes");
        await server.Database.ExecuteAsync("update posts set deleted_at = now() where content = 'goes'");

        Assert.Equal(["stays"], await TextsAsync(ada, ""));
        await server.Database.ExecuteAsync($"insert into user_blocks (blocker_id, blocked_id) values ('{bob.Id}', '{ada.Id}')");
        Assert.Empty(await TextsAsync(ada, ""));
        Assert.Equal(["stays"], await TextsAsync(bob, ""));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("following")]
    public async Task Walking_by_cursor_meets_every_item_once_while_others_write(string filter)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        // Many in the same microsecond, so that the id decides.
        await server.Database.ExecuteAsync(
            $"""
            insert into user_follows (follower_id, following_id, status) values ('{ada.Id}', '{bob.Id}', 'accepted');
            insert into posts (user_id, content, created_at) select '{bob.Id}', 'old ' || i, now() - interval '1 day' * (i / 10) from generate_series(1, 45) i
            """);

        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var feed = await FeedAsync(ada, $"?filter={filter}&limit=10{cursor}");
            seen.AddRange(Texts(feed));
            await PostAsync(server, bob, "new");
            cursor = $"&cursor={feed.GetProperty("pagination").GetProperty("next_cursor").GetString()}";
        }
        while (cursor != "&cursor=");

        Assert.Equal(45, seen.Count);
        Assert.Equal(45, seen.Distinct().Count());
    }

    [Fact]
    public async Task Who_follows_many_gets_the_same_feed_by_another_plan()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var few = await server.SignUpAsync("few");
        var many = await server.SignUpAsync("many");
        await server.Database.ExecuteAsync(
            $"""
            insert into auth.users (id, email) select gen_random_uuid(), i || '@crowd.example' from generate_series(1, 600) i;
            insert into user_follows (follower_id, following_id, status)
                select '{many.Id}', id, 'accepted' from auth.users where email like '%@crowd.example';
            insert into user_follows (follower_id, following_id, status)
                select '{few.Id}', id, 'accepted' from auth.users where email like '_@crowd.example';
            insert into posts (user_id, content, visibility, created_at)
                select u.id, split_part(u.email, '@', 1) || ' ' || i, case when i = 1 then 'followers' else 'public' end, now() - interval '1 hour' * (i * 10 + length(u.email))
                from auth.users u, generate_series(1, 5) i where u.email like '_@crowd.example'
            """);

        var expected = await TextsAsync(few, "?filter=following&limit=30");

        Assert.Equal(30, expected.Count);
        Assert.Equal(expected, await TextsAsync(many, "?filter=following&limit=30"));
    }

    [Fact]
    public async Task Pages_of_the_seed_work_and_say_honestly_whether_there_is_a_next_one()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            $"insert into posts (user_id, content, created_at) select '{ada.Id}', i::text, now() - interval '1 hour' * i from generate_series(1, 20) i");

        var first = await FeedAsync(ada, "?page=1&limit=10");
        var second = await FeedAsync(ada, "?page=2&limit=10");
        var third = await FeedAsync(ada, "?page=3&limit=10");

        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"{i}"), Texts(first));
        Assert.Equal(Enumerable.Range(11, 10).Select(i => $"{i}"), Texts(second));
        Assert.Empty(Texts(third));
        Assert.True(first.GetProperty("pagination").GetProperty("has_next").GetBoolean());
        Assert.False(second.GetProperty("pagination").GetProperty("has_next").GetBoolean());
    }

    [Theory]
    [InlineData("?filter=everything", "filter must be one of all, following, guilds")]
    [InlineData("?limit=0", "limit must be an integer from 1 to 100")]
    [InlineData("?limit=101", "limit must be an integer from 1 to 100")]
    [InlineData("?limit=ten", "limit must be an integer from 1 to 100")]
    [InlineData("?page=0", "page must be an integer from 1 to 1000")]
    [InlineData("?page=abc", "page must be an integer from 1 to 1000")]
    [InlineData("?page=-1", "page must be an integer from 1 to 1000")]
    [InlineData("?page=99&limit=100", "page reaches only the first 1000 items; go on with cursor")]
    [InlineData("?cursor=", "cursor must be the next_cursor of an earlier answer")]
    [InlineData("?cursor=1_2", "cursor must be the next_cursor of an earlier answer")]
    [InlineData("?cursor=99999999999999999999_00000000-0000-0000-0000-000000000000", "cursor must be the next_cursor of an earlier answer")]
    public async Task Bad_input_is_named(string query, string error)
    {
        var server = await cluster.SharedServerAsync();
        using var ada = server.ClientWith(server.PublishableKey, await server.TokenOfGuestAsync());

        using var answer = await ada.GetAsync($"/functions/v1/get-feed{query}", Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            $$"""{"success":false,"error":"{{error}}","code":"invalid_field"}""", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Keys_of_the_installation_have_no_feed()
    {
        var server = await cluster.SharedServerAsync();

        foreach (var client in (HttpClient[])[server.Keyless, server.Anonymous, server.Service])
        {
            using var answer = await client.GetAsync("/functions/v1/get-feed", Token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    static Task PostAsync(EvolvServer server, Person person, string content, string visibility = "public")
        => server.Database.Database.QuerySingleAsync(
            Caller.User(person.Id), $"insert into posts (content, visibility) values ({content}, {visibility}) returning 1", row => row.GetInt32(0), Token);

    static async Task<JsonElement> FeedAsync(Person person, string query)
        => (await person.Http.GetFromJsonAsync<JsonElement>($"/functions/v1/get-feed{query}", Token)).GetProperty("data");

    static async Task<List<string>> TextsAsync(Person person, string query) => Texts(await FeedAsync(person, query));

    // Of posts: what people earn by them is in the feed, too.
    static List<string> Texts(JsonElement feed)
        => [.. feed.GetProperty("feed").EnumerateArray()
            .Where(item => item.GetProperty("activity_type").GetString() == "post")
            .Select(item => item.GetProperty("content").GetProperty("content").GetString()!)];

    static List<string> Sorted(List<string> texts) => [.. texts.Order(StringComparer.Ordinal)];
}
