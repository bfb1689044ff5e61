using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Social;

public sealed class FollowTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("defect", "20")]
    public async Task Stranger_cannot_read_followers_post_by_following()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));
        await PostTests.AddPostAsync(database, ada, "followers");

        await FollowAsync(database, mallory, ada);
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select id from posts"));

        Assert.Equal(0, await database.ExecuteAsync(mallory, $"update user_follows set status = 'accepted'"));
        await database.AssertRefusedAsync(
            mallory, $"insert into user_follows (follower_id, following_id, status) values ({mallory.UserId}, {ada.UserId}, 'accepted')");
        await database.AssertRefusedAsync(
            mallory,
            $"""
            insert into user_follows (follower_id, following_id) values ({mallory.UserId}, {ada.UserId})
            on conflict (follower_id, following_id) do update set status = 'accepted'
            """);
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select id from posts"));

        Assert.Equal(1, await database.ExecuteAsync(ada, $"update user_follows set status = 'accepted'"));
        Assert.Single(await database.ColumnAsync<Guid>(mallory, $"select id from posts"));

        Assert.Equal(1, await database.ExecuteAsync(ada, $"delete from user_follows")); // the followed person may end it, too
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select id from posts"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "20")]
    [Trait("probe", "16")]
    public async Task Nobody_makes_others_follow_or_follows_themselves()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));

        await database.AssertRefusedAsync(
            mallory, $"insert into user_follows (follower_id, following_id) values ({ada.UserId}, {mallory.UserId})");
        await database.AssertRefusedAsync(
            mallory, $"insert into user_follows (follower_id, following_id) values ({mallory.UserId}, {mallory.UserId})", PostgresErrorCodes.CheckViolation);
        await FollowAsync(database, mallory, ada);
        await database.AssertRefusedAsync(mallory, $"update user_follows set following_id = {mallory.UserId}");
    }

    [Fact]
    [Trait("defect", "20")]
    public async Task Whoever_needs_no_approval_is_followed_at_once()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        await database.ExecuteAsync(ada, $"update user_settings set follow_approval = false");

        await FollowAsync(database, grace, ada);

        Assert.Equal("accepted", await database.ScalarAsync<string>("select status from user_follows"));
        Assert.Equal("1 0", await database.ScalarAsync<string>($"select followers_count || ' ' || following_count from profiles where id = '{ada.UserId}'"));
        Assert.Equal("0 1", await database.ScalarAsync<string>($"select followers_count || ' ' || following_count from profiles where id = '{grace.UserId}'"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_block_ends_following_both_ways_hides_both_and_is_the_blockers_secret()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));
        await FollowAsync(database, mallory, ada);
        await FollowAsync(database, ada, mallory);
        await database.ExecuteAsync(ada, $"update user_follows set status = 'accepted' where following_id = {ada.UserId}");

        await database.ExecuteAsync(ada, $"insert into user_blocks (blocked_id) values ({mallory.UserId})");

        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from user_follows"));
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select blocker_id from user_blocks"));
        Assert.Equal([mallory.UserId!.Value], await database.ColumnAsync<Guid>(mallory, $"select id from profiles"));
        Assert.Equal([ada.UserId!.Value], await database.ColumnAsync<Guid>(ada, $"select id from profiles"));
        await database.AssertRefusedAsync(
            mallory, $"insert into user_follows (follower_id, following_id) values ({mallory.UserId}, {ada.UserId})");
        Assert.Equal(0, await database.ExecuteAsync(mallory, $"delete from user_blocks"));
        await database.AssertInvariantsAsync();
    }

    // Whichever comes first, the block has the last word.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_follow_and_a_block_at_the_same_time_leave_no_follower(bool blockFirst)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));
        await database.ExecuteAsync(ada, $"update user_settings set follow_approval = false");
        Sql block = $"insert into user_blocks (blocked_id) values ({mallory.UserId})";
        Sql follow = $"insert into user_follows (follower_id, following_id) values ({mallory.UserId}, {ada.UserId})";
        await using var first = await database.Database.BeginAsync(blockFirst ? ada : mallory, Token);
        await first.ExecuteAsync(blockFirst ? block : follow, Token);

        var second = Record.ExceptionAsync(() => blockFirst ? database.ExecuteAsync(mallory, follow) : database.ExecuteAsync(ada, block)).AsTask();
        await UntilWaitingAsync(database, second);
        await first.CommitAsync(Token);

        Assert.Equal(blockFirst, await second is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege });
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from user_follows"));
        await database.AssertInvariantsAsync();
    }

    static async Task UntilWaitingAsync(TestDatabase database, Task statement)
    {
        while (!statement.IsCompleted && !await database.ScalarAsync<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"))
        {
            await Task.Delay(10, Token);
        }
    }

    internal static Task FollowAsync(TestDatabase database, Caller follower, Caller followed) => database.ExecuteAsync(
        follower, $"insert into user_follows (follower_id, following_id) values ({follower.UserId}, {followed.UserId})");
}
