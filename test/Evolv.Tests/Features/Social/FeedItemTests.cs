using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Social;

public sealed class FeedItemTests(EvolvCluster cluster)
{
    [Fact]
    [Trait("defect", "9")]
    public async Task A_post_is_in_the_feed_as_long_and_as_far_as_it_is_public()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var post = await PostTests.AddPostAsync(database, ada);

        Assert.Equal([post], await database.ColumnAsync<Guid>(Caller.Anonymous, $"select post_id from feed_items"));
        foreach (var change in new[] { "visibility = 'private'", "visibility = 'public', deleted_at = now()", "deleted_at = null", "visibility = 'followers'" })
        {
            await database.ExecuteAsync(ada, ActingAs.Raw($"update posts set {change}"));
            Assert.Equal(change.EndsWith("null", StringComparison.Ordinal) ? [post] : [], await database.ColumnAsync<Guid>(Caller.Anonymous, $"select post_id from feed_items"));
            await database.AssertInvariantsAsync();
        }
    }

    [Fact]
    [Trait("defect", "22")]
    [Trait("probe", "9")]
    public async Task Anonymous_reads_no_item_that_is_not_public_and_nobody_writes_one()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        foreach (var visibility in new[] { "public", "followers", "private" })
            await PostTests.AddPostAsync(database, ada, visibility);

        Assert.Equal(["public"], await database.ColumnAsync<string>(Caller.Anonymous, $"select visibility from feed_items"));
        await database.AssertRefusedAsync(ada, $"insert into feed_items (user_id, activity_type) values ({ada.UserId}, 'certification')");
        await database.AssertRefusedAsync(
            Caller.Service, $"insert into feed_items (user_id, activity_type, visibility) values ({ada.UserId}, 'certification', 'anything')",
            PostgresErrorCodes.CheckViolation);
        Assert.False(await database.ScalarAsync<bool>("select exists (select from feed_items where content::text like '%Hello%')")); // no copies
    }

    [Fact]
    [Trait("defect", "9")]
    [Trait("defect", "10")]
    public async Task Deeds_are_in_the_feed_for_as_many_as_the_person_chose()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        await AwardAsync();
        Assert.Equal(["ada"], await AuthorsAsync());

        // Also for what happened before.
        await database.ExecuteAsync(ada, $"update user_settings set activity_visibility = 'private'");
        Assert.Equal([], await AuthorsAsync());

        await AwardAsync();
        Assert.Equal([], await AuthorsAsync());
        await database.ExecuteAsync(ada, $"update user_settings set activity_visibility = 'public'");
        Assert.Equal(["ada", "ada"], await AuthorsAsync());

        Task AwardAsync() => database.ScalarAsync<string>(
            Caller.Service, $"select data::text from evolv.add_xp({ada.UserId}, 10, 'course_completion', '{{}}', null)");

        async Task<List<string>> AuthorsAsync()
        {
            var page = JsonElement.Parse(await database.ScalarAsync<string>(
                grace, $"select evolv.get_feed('all', 20, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1)::text"));
            return [.. page.GetProperty("feed").EnumerateArray().Select(item => item.GetProperty("profiles").GetProperty("full_name").GetString()!)];
        }
    }
}
