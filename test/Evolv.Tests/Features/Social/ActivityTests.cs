using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Social;

/// <summary>What the history is told of posts, comments, likes, shares and follows. Ada wrote the post, Grace the comment.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    const string Like = "insert into post_likes (post_id, user_id) values ('{p}', '{grace}')";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ada", "insert into posts (content, visibility) values ('Hello', 'followers')",
        """post.created of ada, post new, {"length": 5, "visibility": "followers"}""")]
    [InlineData("ada", "insert into posts (content, guild_id) values ('Hi', '{g}')",
        """post.created of ada, post new, {"length": 2, "guild_id": "g", "visibility": "public"}""")]
    [InlineData("linus", "insert into comments (post_id, content) values ('{p}', 'So do I')",
        """comment.created of linus, comment new, {"post_id": "p", "post_author_id": "ada"}""",
        """post.commented of ada by linus, post p, {"comment_id": "new"}""")]
    [InlineData("ada", "insert into comments (post_id, content) values ('{p}', 'Thank you')",
        """comment.created of ada, comment new, {"post_id": "p", "post_author_id": "ada"}""")]
    [InlineData("grace", "insert into post_likes (post_id) values ('{p}')", "post.liked of ada by grace, post p, {}")]
    [InlineData("ada", "insert into post_likes (post_id) values ('{p}')", "post.liked of ada, post p, {}")]
    [InlineData("grace", "insert into post_shares (post_id) values ('{p}')", "post.shared of ada by grace, post p, {}")]
    [InlineData("ada", "insert into post_shares (post_id) values ('{p}')", "post.shared of ada, post p, {}")]
    [InlineData("ada", "insert into comment_likes (comment_id) values ('{c}')", """comment.liked of grace by ada, comment c, {"post_id": "p"}""")]
    [InlineData("grace", "insert into comment_likes (comment_id) values ('{c}')", """comment.liked of grace, comment c, {"post_id": "p"}""")]
    [InlineData("ada", "update posts set content = 'Better', visibility = 'private'")]
    [InlineData("ada", "insert into user_blocks (blocked_id) values ('{grace}')")]
    public async Task What_is_done_is_told_once(string who, string act, params string[] told)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database);
        var linus = Caller.User(await database.ScalarAsync<Guid>("select id from profiles where full_name = 'linus'"));

        await history.ActAsync(who switch { "ada" => ada, "grace" => grace, _ => linus }, act);

        Assert.Equal(told, await history.NewAsync());
    }

    [Theory]
    [InlineData("post_likes", "(post_id) values ('{p}')", "post.liked of ada by grace, post p, {}")]
    [InlineData("post_shares", "(post_id) values ('{p}')", "post.shared of ada by grace, post p, {}")]
    [InlineData("comment_likes", "(comment_id) values ('{c}')", """comment.liked of grace, comment c, {"post_id": "p"}""")]
    [InlineData("user_follows", "(following_id) values ('{linus}')",
        """follow.received of linus by grace, profile grace, {"is_mutual": false, "followers_count": 1}""")]
    public async Task Done_undone_and_done_again_is_told_once(string table, string values, string told)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, grace, history) = await WorldAsync(database);

        for (var times = 0; times < 3; times++)
        {
            Assert.Equal(1, await history.ActAsync(grace, $"insert into {table} {values}"));
            Assert.Equal(1, await history.ActAsync(grace, $"delete from {table}"));
        }

        Assert.Equal([told], await history.NewAsync());
    }

    [Fact]
    public async Task A_second_comment_is_one_more_comment_and_no_more_for_the_post()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, grace, history) = await WorldAsync(database);
        await history.ActAsync(grace, "insert into comments (post_id, content) values ('{p}', 'Two')");

        Assert.Equal(["""comment.created of grace, comment new, {"post_id": "p", "post_author_id": "ada"}"""], await history.NewAsync());
    }

    [Fact]
    public async Task What_is_deleted_and_brought_back_is_not_told_again()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database);

        foreach (var time in new[] { "now()", "null" })
        {
            Assert.Equal(1, await history.ActAsync(ada, $"update posts set deleted_at = {time}"));
            Assert.Equal(1, await history.ActAsync(grace, $"update comments set deleted_at = {time}"));
        }

        // What comes in deleted tells nothing either.
        await history.ActAsync(Caller.Service, "insert into posts (user_id, content, deleted_at) values ('{ada}', 'x', now())");
        await history.ActAsync(Caller.Service, "insert into comments (post_id, user_id, content, deleted_at) values ('{p}', '{ada}', 'x', now())");
        Assert.Equal(1, await history.ActAsync(ada, "delete from posts where deleted_at is null"));
        await history.ActAsOwnerAsync("delete from auth.users where id in ('{ada}', '{grace}')");
        Assert.Equal([], await history.NewAsync());
    }

    [Fact]
    public async Task A_follow_is_told_when_it_is_accepted()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database);

        await history.ActAsync(grace, "insert into user_follows (following_id) values ('{ada}')");
        Assert.Equal([], await history.NewAsync());
        Assert.Equal(1, await history.ActAsync(ada, "update user_follows set status = 'accepted'"));
        Assert.Equal(["""follow.received of ada by grace, profile grace, {"is_mutual": false, "followers_count": 1}"""], await history.NewAsync());
        Assert.Equal(1, await history.ActAsync(ada, "update user_follows set status = 'accepted'"));
        Assert.Equal([], await history.NewAsync());

        await history.ActAsync(Caller.Service, "insert into user_follows (follower_id, following_id, status) values ('{ada}', '{grace}', 'accepted')");
        Assert.Equal(["""follow.received of grace by ada, profile ada, {"is_mutual": true, "followers_count": 1}"""], await history.NewAsync());
    }

    [Fact]
    public async Task Whichever_door_it_comes_through()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, grace, history) = await WorldAsync(database);
        const string Told = "post.liked of ada by grace, post p, {}";

        await history.ActAsync(grace, Like);
        Assert.Equal([Told], await history.NewAsync());
        await history.ActAsync(Caller.Service, Like.Replace("grace", "linus", StringComparison.Ordinal));
        Assert.Equal([Told.Replace("grace", "linus", StringComparison.Ordinal)], await history.NewAsync());
        await history.ActAsOwnerAsync(Like.Replace("grace", "alan", StringComparison.Ordinal));
        Assert.Equal([Told.Replace("grace", "alan", StringComparison.Ordinal)], await history.NewAsync());
    }

    [Fact]
    public async Task What_is_rolled_back_is_not_told_and_may_be_done()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database);
        var post = await database.ScalarAsync<Guid>(ada, $"select id from posts");

        await using (var session = await database.Database.BeginAsync(grace, Token))
            Assert.Equal(1, await session.ExecuteAsync($"insert into post_likes (post_id) values ({post})", Token));

        Assert.Equal([], await history.NewAsync());
        await history.ActAsync(grace, Like);
        Assert.Single(await history.NewAsync());
    }

    [Fact]
    public async Task An_import_keeps_its_times_and_nothing_is_told_of_the_future()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, _, history) = await WorldAsync(database);

        await history.ActAsync(Caller.Service, "insert into posts (user_id, content, created_at) values ('{ada}', 'Old', '2020-02-29 12:00+00')");
        await history.ActAsync(Caller.Service, "insert into post_likes (post_id, user_id, created_at) values ('{p}', '{alan}', '2020-03-01 12:00+00')");
        Assert.Equal(2, (await history.NewAsync()).Count);
        Assert.Equal("2020-02-29 2020-03-01", await database.ScalarAsync<string>(
            "select string_agg(local_date::text, ' ' order by occurred_at) from activity_events where occurred_at < '2021-01-01'"));

        await history.ActAsync(Caller.Service, "insert into posts (user_id, content, created_at) values ('{ada}', 'New', now() + interval '1 year')");
        Assert.Single(await history.NewAsync());
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from activity_events where occurred_at > clock_timestamp()"));
    }

    [Fact]
    public async Task Nobody_but_the_service_tells_the_history_anything()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, _, history) = await WorldAsync(database);

        foreach (var caller in new[] { ada, Caller.Anonymous })
        {
            await database.AssertRefusedAsync(caller, $"insert into activity_events (user_id, type) values ({ada.UserId}, 'post.created')");
            await database.AssertRefusedAsync(caller, $"select evolv.record_event({ada.UserId}, 'post.created')");
            await database.AssertRefusedAsync(caller, $"insert into posts (user_id, content, created_at) values ({ada.UserId}, 'x', '2020-01-01')");
        }

        Assert.Equal([], await history.NewAsync());
    }

    static async Task<(Caller Ada, Caller Grace, History History)> WorldAsync(TestDatabase database)
    {
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var (linus, alan) = (await database.PersonAsync("linus"), await database.PersonAsync("alan"));
        await database.ExecuteAsync($"update user_settings set follow_approval = false where user_id = '{linus.UserId}'");
        var guild = await database.ScalarAsync<Guid>(ada, $"insert into guilds (slug, name) values ('g', 'g') returning id");
        var post = await database.ScalarAsync<Guid>(ada, $"insert into posts (content) values ('I wrote a program') returning id");
        var comment = await database.ScalarAsync<Guid>(
            grace, $"insert into comments (post_id, content) values ({post}, 'And I a compiler') returning id");
        var history = await History.WatchAsync(
            database, (ada.UserId, "ada"), (grace.UserId, "grace"), (linus.UserId, "linus"), (alan.UserId, "alan"),
            (guild, "g"), (post, "p"), (comment, "c"));
        return (ada, grace, history);
    }
}
