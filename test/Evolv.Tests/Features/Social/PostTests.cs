using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Social;

public sealed class PostTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Fact]
    [Trait("defect", "6")]
    [Trait("defect", "38")]
    [Trait("probe", "14")]
    public async Task Likes_comments_and_shares_of_others_are_counted()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, linus) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"), await database.PersonAsync("linus"));
        var post = await AddPostAsync(database, ada);
        var edited = await database.ScalarAsync<DateTime>("select updated_at from posts");

        foreach (var caller in new[] { grace, linus })
        {
            await database.ExecuteAsync(caller, $"insert into post_likes (post_id) values ({post})");
            await database.ExecuteAsync(caller, $"insert into post_shares (post_id) values ({post})");
            await database.ExecuteAsync(caller, $"insert into comments (post_id, content) values ({post}, 'Nice')");
            await database.ExecuteAsync(caller, $"insert into comment_likes (comment_id) select id from comments");
        }

        Assert.Equal("2 2 2", await database.ScalarAsync<string>("select likes_count || ' ' || comments_count || ' ' || shares_count from posts"));
        Assert.Equal([1, 2], (await database.ColumnAsync<int>(ada, $"select likes_count from comments")).Order());
        Assert.Equal(edited, await database.ScalarAsync<DateTime>("select updated_at from posts")); // a counter is not an edit
        await database.AssertRefusedAsync(grace, $"insert into post_likes (post_id) values ({post})", PostgresErrorCodes.UniqueViolation);
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "19")]
    [Trait("probe", "11")]
    public async Task Nobody_forges_counters_times_or_authors()
    {
        var database = shared.Database;
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var post = await AddPostAsync(database, ada);

        await database.AssertRefusedAsync(ada, $"insert into posts (content, likes_count) values ('x', 1000000)");
        await database.AssertRefusedAsync(ada, $"insert into posts (content, created_at) values ('x', '2099-01-01')");
        await database.AssertRefusedAsync(ada, $"insert into posts (content, user_id) values ('x', {grace.UserId})");
        await database.AssertRefusedAsync(ada, $"update posts set likes_count = 999999 where id = {post}");
        await database.AssertRefusedAsync(ada, $"update posts set created_at = '2099-01-01' where id = {post}");
        await database.AssertRefusedAsync(ada, $"update posts set user_id = {grace.UserId} where id = {post}");
        Assert.Equal(0, await database.ExecuteAsync(grace, $"update posts set content = 'hacked' where id = {post}"));
        Assert.Equal(0, await database.ExecuteAsync(grace, $"delete from posts where id = {post}"));
    }

    // The upsert of supabase-js is an insert that may become an update: both grants and both policies count.
    [Fact]
    [Trait("defect", "19")]
    public async Task An_upsert_is_no_way_around()
    {
        var database = shared.Database;
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var post = await AddPostAsync(database, ada);

        await database.AssertRefusedAsync(
            grace, $"insert into posts (id, content) values ({post}, 'hacked') on conflict (id) do update set content = excluded.content");
        await database.AssertRefusedAsync(
            ada, $"insert into posts (id, content) values ({post}, 'x') on conflict (id) do update set likes_count = 1000000");
    }

    [Fact]
    [Trait("defect", "21")]
    [Trait("probe", "10")]
    public async Task A_deleted_post_is_gone_for_all_but_its_author()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var post = await AddPostAsync(database, ada);
        await database.ExecuteAsync(grace, $"insert into post_likes (post_id) values ({post})");
        await database.ExecuteAsync(grace, $"insert into comments (post_id, content) values ({post}, 'Nice')");

        Assert.Equal(1, await database.ExecuteAsync(ada, $"update posts set deleted_at = '1999-01-01' where id = {post}"));

        foreach (var caller in new[] { Caller.Anonymous, grace })
        {
            Assert.Equal([], await database.ColumnAsync<Guid>(caller, $"select id from posts"));
            Assert.Equal([], await database.ColumnAsync<Guid>(caller, $"select id from post_likes"));
            Assert.Equal([], await database.ColumnAsync<Guid>(caller, $"select id from feed_items"));
        }

        Assert.Equal([post], await database.ColumnAsync<Guid>(ada, $"select id from posts"));
        Assert.True(await database.ScalarAsync<bool>("select deleted_at > now() - interval '1 minute' from posts")); // the server's time
        await database.AssertRefusedAsync(grace, $"insert into post_shares (post_id) values ({post})");
        await database.AssertRefusedAsync(grace, $"insert into comments (post_id, content) values ({post}, 'Still there?')");
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "16")]
    [Trait("probe", "12")]
    [Trait("probe", "13")]
    public async Task Nobody_likes_what_they_cannot_see_or_in_another_name()
    {
        var database = shared.Database;
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var hidden = await AddPostAsync(database, ada, "private");
        var open = await AddPostAsync(database, ada);

        await database.AssertRefusedAsync(grace, $"insert into post_likes (post_id) values ({hidden})");
        await database.AssertRefusedAsync(grace, $"insert into post_likes (post_id, user_id) values ({open}, {ada.UserId})");
        await database.AssertRefusedAsync(Caller.Anonymous, $"insert into post_likes (post_id, user_id) values ({open}, {ada.UserId})");
        // What is hidden and what does not exist are refused in the same words.
        Assert.Equal(
            (await database.AssertRefusedAsync(grace, $"insert into comments (post_id, content) values ({hidden}, 'x')")).MessageText,
            (await database.AssertRefusedAsync(grace, $"insert into comments (post_id, content) values ({Guid.NewGuid()}, 'x')")).MessageText);
    }

    [Fact]
    public async Task Who_is_blocked_is_not_seen_under_the_posts_of_others()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"), await database.PersonAsync("mallory"));
        var post = await AddPostAsync(database, ada);
        foreach (var person in new[] { grace, mallory })
        {
            await database.ExecuteAsync(person, $"insert into comments (post_id, content) values ({post}, 'Nice')");
            await database.ExecuteAsync(person, $"insert into comment_likes (comment_id) select id from comments where user_id = {person.UserId}");
            await database.ExecuteAsync(person, $"insert into post_likes (post_id) values ({post})");
            await database.ExecuteAsync(person, $"insert into post_shares (post_id) values ({post})");
        }

        await database.ExecuteAsync(grace, $"insert into user_blocks (blocked_id) values ({mallory.UserId})");

        foreach (var table in new[] { "comments", "comment_likes", "post_likes", "post_shares" })
        {
            Assert.Equal([grace.UserId!.Value], await database.ColumnAsync<Guid>(grace, ActingAs.Raw($"select user_id from {table}")));
            Assert.Equal([mallory.UserId!.Value], await database.ColumnAsync<Guid>(mallory, ActingAs.Raw($"select user_id from {table}")));
            Assert.Equal(2, (await database.ColumnAsync<Guid>(ada, ActingAs.Raw($"select user_id from {table}"))).Count);
        }
    }

    [Fact]
    [Trait("defect", "39")]
    public async Task A_deleted_comment_is_not_counted_and_counts_again_when_it_comes_back()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var post = await AddPostAsync(database, ada);
        await database.ExecuteAsync(grace, $"insert into comments (post_id, content) values ({post}, 'Nice')");

        foreach (var (deleted, count) in new (DateTimeOffset?, int)[] { (DateTimeOffset.UnixEpoch, 0), (null, 1), (DateTimeOffset.UnixEpoch, 0) })
        {
            Assert.Equal(1, await database.ExecuteAsync(grace, $"update comments set deleted_at = {deleted}"));
            Assert.Equal(count, await database.ScalarAsync<int>("select comments_count from posts"));
            Assert.Equal(count, (await database.ColumnAsync<Guid>(ada, $"select id from comments")).Count);
        }

        Assert.Equal(1, await database.ExecuteAsync(grace, $"delete from comments"));
        Assert.Equal(0, await database.ScalarAsync<int>("select comments_count from posts"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "39")]
    public async Task A_reply_stays_under_its_own_post()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var (post, other) = (await AddPostAsync(database, ada), await AddPostAsync(database, ada));
        var comment = await database.ScalarAsync<Guid>(ada, $"insert into comments (post_id, content) values ({post}, 'Nice') returning id");

        await database.AssertRefusedAsync(
            ada, $"insert into comments (post_id, parent_comment_id, content) values ({other}, {comment}, 'x')", PostgresErrorCodes.ForeignKeyViolation);
        await database.ExecuteAsync(ada, $"insert into comments (post_id, parent_comment_id, content) values ({post}, {comment}, 'x')");
        await database.ExecuteAsync(ada, $"delete from comments where id = {comment}"); // takes the reply along

        Assert.Equal(0, await database.ScalarAsync<int>($"select comments_count from posts where id = '{post}'"));
        await database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("content", "''")]
    [InlineData("content", "'  '")]
    [InlineData("content", "repeat('x', 5001)")]
    [InlineData("visibility", "'everybody'")]
    [InlineData("attachments", """'{"url": "https://example.com"}'""")]
    [InlineData("attachments", """'[{"url": "javascript:alert(1)"}]'""")]
    [InlineData("attachments", """'[{"url": "file:///etc/passwd"}]'""")]
    [InlineData("attachments", """'[{"url": "data:text/html,x"}]'""")]
    [InlineData("attachments", """'[{"url": ["https://example.com", "javascript:alert(1)"]}]'""")]
    [InlineData("attachments", """'[{"url": "https://example.com\" onload=\"x"}]'""")]
    [InlineData("attachments", """'[{"kind": "link"}]'""")]
    [InlineData("attachments", """'["https://example.com"]'""")]
    [InlineData("attachments", """(select jsonb_agg('{"url": "https://example.com"}'::jsonb) from generate_series(1, 11))""")]
    [Trait("defect", "26")]
    [Trait("defect", "50")]
    public async Task Empty_posts_and_unsafe_links_are_refused(string column, string value)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        await AddPostAsync(database, ada);

        await database.AssertRefusedAsync(ada, ActingAs.Raw($"update posts set {column} = {value}"), PostgresErrorCodes.CheckViolation);
        Assert.Equal(1, await database.ExecuteAsync(
            ada, $$"""update posts set attachments = '[{"url": "https://example.com/a.png", "kind": "image"}]'"""));
    }

    internal static Task<Guid> AddPostAsync(TestDatabase database, Caller author, string visibility = "public")
        => database.ScalarAsync<Guid>(author, $"insert into posts (content, visibility) values ('Hello', {visibility}) returning id");
}
