using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Social;

/// <summary>What people are told of each other on <c>notifications:&lt;user_id&gt;</c>, and who may listen there.</summary>
public sealed class NotificationTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Followed_person_is_told_of_the_request_and_the_follower_of_its_acceptance()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));

        var follow = await FollowAsync(database, ada, bob);
        Assert.Equal([$$"""Bob follow_requested from Ada {"follow_id": "{{follow}}"}"""], await database.TakeNotificationsAsync());

        await database.ExecuteAsync(bob, $"update user_follows set status = 'accepted' where id = {follow}");
        Assert.Equal([$$"""Ada follow_accepted from Bob {"follow_id": "{{follow}}"}"""], await database.TakeNotificationsAsync());

        await database.ExecuteAsync(bob, $"update user_follows set status = 'accepted' where id = {follow}");
        await database.ExecuteAsync(ada, $"delete from user_follows where id = {follow}");
        Assert.Empty(await database.TakeNotificationsAsync());
    }

    [Fact]
    public async Task Person_who_admits_everybody_is_told_of_the_new_follower()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));
        await database.ExecuteAsync(bob, $"update user_settings set follow_approval = false");

        var follow = await FollowAsync(database, ada, bob);

        Assert.Equal([$$"""Bob new_follower from Ada {"follow_id": "{{follow}}"}"""], await database.TakeNotificationsAsync());
    }

    [Fact]
    public async Task Author_is_told_of_likes_and_comments_of_others()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));
        var post = await PostTests.AddPostAsync(database, ada);

        foreach (var caller in new[] { ada, bob })
            await database.ExecuteAsync(caller, $"insert into post_likes (post_id) values ({post})");
        Assert.Equal([$$"""Ada post_liked from Bob {"post_id": "{{post}}"}"""], await database.TakeNotificationsAsync());

        await CommentAsync(database, ada, post);
        var comment = await CommentAsync(database, bob, post);
        Assert.Equal(
            [$$"""Ada post_commented from Bob {"post_id": "{{post}}", "comment_id": "{{comment}}"}"""], await database.TakeNotificationsAsync());
    }

    [Fact]
    public async Task Author_of_a_comment_is_told_of_replies_and_nobody_twice()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"), await database.PersonAsync("Eve"));
        var post = await PostTests.AddPostAsync(database, ada);
        var (ofAda, ofBob) = (await CommentAsync(database, ada, post), await CommentAsync(database, bob, post));
        await database.TakeNotificationsAsync();

        var reply = await CommentAsync(database, eve, post, ofBob);
        Assert.Equal(
            [
                $$"""Ada post_commented from Eve {"post_id": "{{post}}", "comment_id": "{{reply}}", "parent_comment_id": "{{ofBob}}"}""",
                $$"""Bob comment_replied from Eve {"post_id": "{{post}}", "comment_id": "{{reply}}", "parent_comment_id": "{{ofBob}}"}""",
            ],
            await database.TakeNotificationsAsync());

        reply = await CommentAsync(database, eve, post, ofAda);
        Assert.Equal(
            [$$"""Ada comment_replied from Eve {"post_id": "{{post}}", "comment_id": "{{reply}}", "parent_comment_id": "{{ofAda}}"}"""],
            await database.TakeNotificationsAsync());

        await CommentAsync(database, bob, post, ofBob);
        Assert.Single(await database.TakeNotificationsAsync()); // Ada; nobody is told of their own reply
    }

    [Fact]
    public async Task Who_cannot_see_the_reply_is_not_told_of_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"), await database.PersonAsync("Eve"));
        var post = await PostTests.AddPostAsync(database, ada);
        var ofBob = await CommentAsync(database, bob, post);

        // A block between the two: the comment is hidden from her, but she may know its id.
        await database.ExecuteAsync(bob, $"insert into user_blocks (blocked_id) values ({eve.UserId})");
        await database.TakeNotificationsAsync();
        await CommentAsync(database, eve, post, ofBob);
        Assert.StartsWith("Ada post_commented from Eve", Assert.Single(await database.TakeNotificationsAsync()), StringComparison.Ordinal);
        await database.ExecuteAsync(bob, $"delete from user_blocks");

        // The post is for followers by now, and he is none.
        await FollowAsync(database, eve, ada);
        await database.ExecuteAsync(ada, $"update user_follows set status = 'accepted'");
        await database.ExecuteAsync(ada, $"update posts set visibility = 'followers'");
        await database.TakeNotificationsAsync();
        await CommentAsync(database, eve, post, ofBob);
        Assert.StartsWith("Ada post_commented from Eve", Assert.Single(await database.TakeNotificationsAsync()), StringComparison.Ordinal);

        await FollowAsync(database, bob, ada);
        await database.ExecuteAsync(ada, $"update user_follows set status = 'accepted' where status = 'pending'");
        await database.TakeNotificationsAsync();
        await CommentAsync(database, eve, post, ofBob);
        Assert.Equal(2, (await database.TakeNotificationsAsync()).Count);
    }

    [Fact]
    public async Task Post_of_a_hidden_guild_is_not_told_of_to_who_left_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"), await database.PersonAsync("Eve"));
        var guild = await database.ScalarAsync<Guid>(
            ada, $"insert into guilds (slug, name, visibility) values ('hidden', 'Hidden', 'private') returning id");
        await database.ExecuteAsync(
            $"insert into public.guild_members (guild_id, user_id) select '{guild}', person from unnest(array['{bob.UserId}', '{eve.UserId}']::uuid[]) person");
        var post = await database.ScalarAsync<Guid>(ada, $"insert into posts (content, guild_id) values ('Hello', {guild}) returning id");
        var ofBob = await CommentAsync(database, bob, post);
        await database.TakeNotificationsAsync();

        await CommentAsync(database, eve, post, ofBob);
        Assert.Equal(2, (await database.TakeNotificationsAsync()).Count);

        await database.ExecuteAsync(bob, $"delete from guild_members where user_id = {bob.UserId}");
        await CommentAsync(database, eve, post, ofBob);
        Assert.StartsWith("Ada post_commented from Eve", Assert.Single(await database.TakeNotificationsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_that_ignores_a_block_tells_nobody()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));
        var post = await PostTests.AddPostAsync(database, ada);
        await database.ExecuteAsync(ada, $"insert into user_blocks (blocked_id) values ({bob.UserId})");

        await database.ExecuteAsync(Caller.Service, $"insert into post_likes (post_id, user_id) values ({post}, {bob.UserId})");
        await database.ExecuteAsync(Caller.Service, $"insert into user_follows (follower_id, following_id) values ({bob.UserId}, {ada.UserId})");

        Assert.Empty(await database.TakeNotificationsAsync());
    }

    [Fact]
    public async Task Who_loads_history_tells_nobody()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));

        await database.ExecuteAsync(
            $"""
            select set_config('evolv.quiet', 'on', true);
            insert into public.user_follows (follower_id, following_id) values ('{ada.UserId}', '{bob.UserId}');
            """);

        Assert.Empty(await database.TakeNotificationsAsync());
    }

    [Fact]
    public async Task Nobody_but_the_person_listens_on_their_topics_and_nobody_sends_there()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"));

        foreach (var topic in new[] { $"feed:{ada.UserId}", $"notifications:{ada.UserId}" })
        {
            Assert.Equal("t f f f", await RightsAsync(ada, topic));
            Assert.Equal("f f f f", await RightsAsync(bob, topic));
            Assert.Equal("f f f f", await RightsAsync(Caller.Anonymous, topic));
            await database.AssertRefusedAsync(ada, $"insert into realtime.messages (topic, extension, private) values ({topic}, 'broadcast', true)");
        }

        foreach (var topic in new[] { $"feed:{ada.UserId} ", $"feed:{ada.UserId.ToString()!.ToUpperInvariant()}", "feed:", $"secrets:{ada.UserId}" })
            Assert.Equal("f f f f", await RightsAsync(ada, topic));
        Assert.Equal("f f f f", await RightsAsync(Caller.Anonymous, "feed:"));
        await database.AssertRefusedAsync(ada, $"select evolv.notify_person({bob.UserId}, 'event', {new Json("{}")})");
        await database.AssertRefusedAsync(Caller.Service, $"select evolv.notify_person({bob.UserId}, 'event', {new Json("{}")})");

        async Task<string> RightsAsync(Caller caller, string topic) => (await database.Database.QuerySingleAsync(
            Caller.Service,
            $"""
            select concat_ws(' ', broadcast_read, presence_read, broadcast_write, presence_write, error)
            from realtime.authorize({topic}, {caller.Role}, {caller.ClaimsJson}, {caller.UserId?.ToString()}, null)
            """,
            row => row.GetString(0), Token))!;
    }

    [Fact]
    public async Task Audience_of_an_item_is_who_follows_the_author_or_is_in_the_guild()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve, dan) = (await database.PersonAsync("Ada"), await database.PersonAsync("Bob"),
            await database.PersonAsync("Eve"), await database.PersonAsync("Dan"));
        var guild = await database.ScalarAsync<Guid>(ada, $"insert into guilds (slug, name) values ('guild', 'Guild') returning id");
        await database.ExecuteAsync(eve, $"insert into guild_members (guild_id) values ({guild})");
        await FollowAsync(database, bob, ada);
        await database.ExecuteAsync(ada, $"update user_follows set status = 'accepted'");
        await FollowAsync(database, dan, ada); // and waits
        await database.ExecuteAsync(ada, $"insert into posts (content) values ('To all')");
        await database.ExecuteAsync(ada, $"insert into posts (content, guild_id) values ('To the guild', {guild})");
        Guid[] joined = [ada.UserId!.Value, bob.UserId!.Value, eve.UserId!.Value, dan.UserId!.Value];
        var items = await database.ColumnAsync<Guid>(Caller.Service, $"select id from feed_items");

        Assert.Equal(
            ["To all Bob", "To the guild Bob", "To the guild Eve"],
            await database.ColumnAsync<string>(Caller.Service,
                $"""
                select p.content || ' ' || r.full_name
                from evolv.feed_audience({items.ToArray()}, {joined}) a
                join feed_items f on f.id = a.item_id
                join posts p on p.id = f.post_id
                join profiles r on r.id = a.person
                order by 1
                """));
        Assert.Empty(await database.ColumnAsync<Guid>(
            Caller.Service, $"select person from evolv.feed_audience({items.ToArray()}, {Array.Empty<Guid>()})"));
        await database.AssertRefusedAsync(ada, $"select evolv.feed_audience({items.ToArray()}, {joined})");
    }

    static Task<Guid> FollowAsync(TestDatabase database, Caller follower, Caller followed)
        => database.ScalarAsync<Guid>(follower, $"insert into user_follows (following_id) values ({followed.UserId}) returning id");

    static Task<Guid> CommentAsync(TestDatabase database, Caller author, Guid post, Guid? parent = null)
        => database.ScalarAsync<Guid>(
            author, $"insert into comments (post_id, parent_comment_id, content) values ({post}, {parent}, 'Well said') returning id");
}
