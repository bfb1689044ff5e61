using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Social;

/// <summary>
/// The rule of visibility is written once in SQL and once here, independently; through every door to a post they give the
/// same answer for every viewer and every kind of post.
/// </summary>
public sealed class VisibilityTests(EvolvCluster cluster)
{
    enum Relation { Anonymous, Author, Stranger, PendingFollower, Follower, Blocked, Blocker, BlockedFollower }

    enum Membership { None, Active, Invited, Banned }

    enum Guild { None, Public, Private }

    sealed record Viewer(Relation Relation, Membership Membership, Caller Caller);

    sealed record Post(Guid Id, string Visibility, Guild Guild, bool Deleted);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("defect", "20")]
    [Trait("defect", "21")]
    [Trait("defect", "22")]
    public async Task Every_door_to_a_post_gives_the_answer_of_the_rule()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var author = await database.AddPersonAsync("author");
        var bystander = await database.AddPersonAsync("bystander");
        var guilds = new Dictionary<Guild, Guid?>
        {
            [Guild.None] = null,
            [Guild.Public] = await AddGuildAsync(database, "public", bystander),
            [Guild.Private] = await AddGuildAsync(database, "private", bystander),
        };
        var viewers = await AddViewersAsync(database, author, guilds[Guild.Private]!.Value);
        var posts = await AddPostsAsync(database, author, bystander, guilds);
        Assert.Equal(2 + 6 * 4, viewers.Count);
        Assert.Equal(3 * 3 * 2, posts.Count);

        var wrong = new List<string>();
        foreach (var viewer in viewers)
        {
            await using var session = await database.Database.BeginAsync(viewer.Caller, Token);
            await CheckAsync("posts", $"select id from posts", CanSee);
            await CheckAsync("comments", $"select post_id from comments", CanSee);
            await CheckAsync("post_likes", $"select post_id from post_likes", CanSee);
            await CheckAsync("post_shares", $"select post_id from post_shares", CanSee);
            await CheckAsync("comment_likes", $"select c.post_id from comment_likes l join comments c on c.id = l.comment_id", CanSee);
            // A deleted post is no news, not even for its author.
            await CheckAsync("feed_items", $"select post_id from feed_items", (who, post) => !post.Deleted && CanSee(who, post));
            if (viewer.Relation != Relation.Anonymous)
            {
                await CheckAsync(
                    "get_feed",
                    $"""
                    select (item -> 'content' ->> 'post_id')::uuid
                    from json_array_elements(evolv.get_feed('all', 100, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1) -> 'feed') item
                    """,
                    (who, post) => !post.Deleted && CanSee(who, post));
            }

            async Task CheckAsync(string door, Sql sql, Func<Viewer, Post, bool> rule)
            {
                var seen = (await session.QueryListAsync(sql, row => row.GetGuid(0), Token)).ToHashSet();
                wrong.AddRange(
                    from post in posts
                    where rule(viewer, post) != seen.Contains(post.Id)
                    select $"{door}: {viewer.Relation} ({viewer.Membership}) {(seen.Contains(post.Id) ? "sees" : "does not see")} {post}");
            }
        }

        Assert.Equal([], wrong);
    }

    static bool CanSee(Viewer viewer, Post post)
    {
        if (viewer.Relation == Relation.Author)
            return true;
        if (post.Deleted || viewer.Relation is Relation.Blocked or Relation.Blocker or Relation.BlockedFollower)
            return false;
        if (post.Guild == Guild.Private && viewer.Membership != Membership.Active)
            return false;
        return post.Visibility == "public" || (post.Visibility == "followers" && viewer.Relation == Relation.Follower);
    }

    static async Task<Guid> AddGuildAsync(TestDatabase database, string visibility, Guid owner)
        => await database.ScalarAsync<Guid>(
            $"insert into guilds (slug, name, visibility, owner_id) values ('{visibility}', '{visibility}', '{visibility}', '{owner}') returning id");

    static async Task<List<Viewer>> AddViewersAsync(TestDatabase database, Guid author, Guid guild)
    {
        List<Viewer> viewers =
        [
            new(Relation.Anonymous, Membership.None, Caller.Anonymous),
            new(Relation.Author, Membership.None, Caller.User(author)),
        ];
        foreach (var relation in Enum.GetValues<Relation>().Except([Relation.Anonymous, Relation.Author]))
            foreach (var membership in Enum.GetValues<Membership>())
            {
                var id = await database.AddPersonAsync($"{relation} {membership}".ToLowerInvariant().Replace(' ', '-'));
                viewers.Add(new Viewer(relation, membership, Caller.User(id)));
                // A block normally ends the following; the rule does not rely on that.
                var script = relation switch
                {
                    Relation.PendingFollower => Follow("pending"),
                    Relation.Follower => Follow("accepted"),
                    Relation.Blocked => Block(author, id),
                    Relation.Blocker => Block(id, author),
                    Relation.BlockedFollower => Block(author, id) + Follow("accepted"),
                    _ => "",
                };
                if (membership != Membership.None)
                {
                    script += $"""
                    insert into guild_members (guild_id, user_id, state)
                    values ('{guild}', '{id}', '{Enum.GetName(membership)!.ToLowerInvariant()}');
                    """;
                }

                await database.ExecuteAsync(script + "select");

                string Follow(string status)
                    => $"insert into user_follows (follower_id, following_id, status) values ('{id}', '{author}', '{status}');";
            }

        return viewers;

        static string Block(Guid blocker, Guid blocked)
            => $"insert into user_blocks (blocker_id, blocked_id) values ('{blocker}', '{blocked}');";
    }

    static async Task<List<Post>> AddPostsAsync(TestDatabase database, Guid author, Guid bystander, Dictionary<Guild, Guid?> guilds)
    {
        var posts = (
            from visibility in new[] { "public", "followers", "private" }
            from guild in Enum.GetValues<Guild>()
            from deleted in new[] { false, true }
            select new Post(Guid.CreateVersion7(), visibility, guild, deleted)).ToList();
        foreach (var post in posts)
        {
            var guild = guilds[post.Guild] is { } id ? $"'{id}'" : "null";
            await database.ExecuteAsync(
                $"""
                insert into posts (id, user_id, guild_id, content, visibility) values ('{post.Id}', '{author}', {guild}, 'x', '{post.Visibility}');
                insert into post_likes (post_id, user_id) values ('{post.Id}', '{bystander}');
                insert into post_shares (post_id, user_id) values ('{post.Id}', '{bystander}');
                insert into comments (post_id, user_id, content) values ('{post.Id}', '{bystander}', 'x');
                insert into comment_likes (comment_id, user_id) select id, '{bystander}' from comments where post_id = '{post.Id}';
                update posts set deleted_at = {(post.Deleted ? "now()" : "null")} where id = '{post.Id}'
                """);
        }

        return posts;
    }
}
