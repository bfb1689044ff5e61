using System.Collections.Immutable;
using System.Text;
using Evolv.Features.Social;
using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Evolv.Tests.Features.Social;

/// <summary>Who is told of which new item. What reads the change stream around it is tested over a socket.</summary>
public sealed class FeedTopicTests(EvolvCluster cluster)
{
    readonly List<Guid> _joined = [];
    readonly List<string> _sent = [];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follower_is_told_of_what_they_can_see_and_nobody_else_is()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve) = (await PersonAsync(database, "Ada"), await PersonAsync(database, "Bob"), await PersonAsync(database, "Eve"));
        await FollowAsync(database, bob, ada);

        await TellAsync(database, await ItemOfPostAsync(database, ada, "public"));
        await TellAsync(database, await ItemOfPostAsync(database, ada, "followers"));
        await TellAsync(database, await ItemOfPostAsync(database, ada, "private"));
        await TellAsync(database, await ItemOfPostAsync(database, eve, "public"));

        Assert.Equal(2, _sent.Count);
        Assert.All(_sent, sent => Assert.StartsWith($"feed:{bob.UserId} new_item ", sent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_told_is_what_the_item_is_about()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await PersonAsync(database, "Ada"), await PersonAsync(database, "Bob"));
        await FollowAsync(database, bob, ada);
        await database.ExecuteAsync(ada, $"insert into posts (content) values ('Hello')");
        var id = await database.ScalarAsync<Guid>("update public.feed_items set created_at = '2026-01-02 03:04:05.678901+00' returning id");

        await TellAsync(database, id);

        Assert.Equal(
            [$$"""feed:{{bob.UserId}} new_item {"id":"{{id}}","user_id":"{{ada.UserId}}","activity_type":"post","created_at":"2026-01-02T03:04:05.678901+00:00"}"""],
            _sent);
    }

    [Fact]
    public async Task What_is_not_to_be_seen_any_more_is_not_told_of()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await PersonAsync(database, "Ada"), await PersonAsync(database, "Bob"));
        await FollowAsync(database, bob, ada);
        var item = await ItemOfPostAsync(database, ada, "public");
        var hidden = await ItemOfPostAsync(database, ada, "public");
        await database.ExecuteAsync(ada, $"update posts set visibility = 'private' where id = (select post_id from feed_items where id = {hidden})");

        await TellAsync(database, hidden);
        Assert.Empty(_sent);

        await TellAsync(database, item);
        Assert.Single(_sent);

        await database.ExecuteAsync(ada, $"insert into user_blocks (blocked_id) values ({bob.UserId})");
        await TellAsync(database, item);
        Assert.Single(_sent);

        await database.ExecuteAsync(ada, $"delete from user_blocks");
        await TellAsync(database, item); // the block has ended the following
        Assert.Single(_sent);
    }

    [Fact]
    public async Task Member_is_told_of_items_of_the_guild_and_the_author_is_not()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob, eve) = (await PersonAsync(database, "Ada"), await PersonAsync(database, "Bob"), await PersonAsync(database, "Eve"));
        var guild = await database.ScalarAsync<Guid>(
            ada, $"insert into guilds (slug, name, visibility) values ('hidden', 'Hidden', 'private') returning id");
        await database.ExecuteAsync(
            Caller.Service, $"insert into guild_members (guild_id, user_id) values ({guild}, {bob.UserId})");
        await FollowAsync(database, eve, ada); // and is no member
        await database.ExecuteAsync(ada, $"insert into posts (content, guild_id) values ('Hello', {guild})");

        await TellAsync(database, await database.ScalarAsync<Guid>("select id from public.feed_items"));

        Assert.StartsWith($"feed:{bob.UserId} ", Assert.Single(_sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_asked_when_nobody_listens()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, bob) = (await PersonAsync(database, "Ada"), await PersonAsync(database, "Bob"));
        await FollowAsync(database, bob, ada);
        var item = await ItemOfPostAsync(database, ada, "public");
        _joined.Clear();
        await database.ExecuteAsync("drop function evolv.feed_audience"); // It would fail.

        await TellAsync(database, item);

        Assert.Empty(_sent);
    }

    async Task<Caller> PersonAsync(TestDatabase database, string name)
    {
        var person = await database.PersonAsync(name);
        _joined.Add(person.UserId!.Value);
        return person;
    }

    static async Task FollowAsync(TestDatabase database, Caller follower, Caller followed)
    {
        await database.ExecuteAsync(follower, $"insert into user_follows (following_id) values ({followed.UserId})");
        await database.ExecuteAsync(followed, $"update user_follows set status = 'accepted' where follower_id = {follower.UserId}");
    }

    static async Task<Guid> ItemOfPostAsync(TestDatabase database, Caller author, string visibility)
    {
        var post = await PostTests.AddPostAsync(database, author, visibility);
        return await database.ScalarAsync<Guid>($"select id from public.feed_items where post_id = '{post}'");
    }

    // As the change stream would report the item's insert.
    async Task TellAsync(TestDatabase database, Guid item)
    {
        ImmutableArray<string> names = ["id", "user_id", "activity_type", "created_at"];
        var values = await database.ScalarAsync<string[]>(
            $"select array[id::text, user_id::text, activity_type, (created_at at time zone 'utc')::text || '+00'] from public.feed_items where id = '{item}'");
        var table = new ChangedTable("public", "feed_items", 1, [.. names.Select(name => new ChangedColumn(name, "text", name == "id"))]);
        var change = new Change(
            table, ChangeKind.Insert, [.. values.Select(ChangedValue.Of)], [], DateTimeOffset.UnixEpoch, 1);

        using var topic = new FeedTopic(
            null!, // The stream is not read here.
            new PersonalTopics(
                word => word == "feed" ? _joined : [],
                (name, happened, payload) => _sent.Add($"{name} {happened} {Encoding.UTF8.GetString(payload.Span)}")),
            new RowVisibility(database.Database), database.Database, NullLogger<FeedTopic>.Instance);
        var committed = new ChangeEvent.Committed(
            [change, change with { Kind = ChangeKind.Update }, change with { Table = table with { Name = "posts" } }]);
        await topic.TellAsync([.. NewItem.In(committed)], Token);
    }
}
