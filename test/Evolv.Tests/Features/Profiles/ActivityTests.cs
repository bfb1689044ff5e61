using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Profiles;

/// <summary>What the history is told of skills.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    const string Verified = """skill.verified of ada by grace, skill s, {"level": "expert"}""";

    [Fact]
    public async Task A_skill_is_told_each_time_that_it_turns_verified()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var skill = await database.ScalarAsync<Guid>("select id from skills where slug = 'sql'");
        var history = await History.WatchAsync(database, (ada.UserId, "ada"), (grace.UserId, "grace"), (skill, "s"));

        await history.ActAsync(ada, "insert into user_skills (skill_id, claimed_level) values ('{s}', 'expert')");
        await history.ActAsync(ada, "update user_skills set claimed_level = 'advanced'");
        await database.AssertRefusedAsync(ada, $"update user_skills set verified = true, verified_level = 'expert', verified_at = now()");
        Assert.Equal([], await history.NewAsync());

        const string Verify = "update user_skills set verified = true, verified_level = 'expert', verified_at = '2020-02-29 12:00+00', verified_by = '{grace}'";
        await history.ActAsync(Caller.Service, Verify);
        await history.ActAsync(Caller.Service, Verify);
        Assert.Equal([Verified], await history.NewAsync());
        Assert.Equal("2020-02-29", await database.ScalarAsync<string>("select local_date::text from activity_events"));

        await history.ActAsync(Caller.Service, "update user_skills set verified = false, verified_level = null, verified_at = null");
        Assert.Equal([], await history.NewAsync());
        await history.ActAsOwnerAsync(Verify);
        Assert.Equal([Verified], await history.NewAsync());
    }

    [Fact]
    public async Task A_skill_that_comes_verified_is_told()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var history = await History.WatchAsync(database, (ada.UserId, "ada"));

        await history.ActAsync(
            Caller.Service,
            """
            insert into user_skills (user_id, skill_id, verified, verified_level, verified_at)
            select '{ada}', id, true, 'beginner', now() from skills where slug = 'sql'
            """);

        Assert.Equal(["""skill.verified of ada, skill new, {"level": "beginner"}"""], await history.NewAsync());
        await history.ActAsOwnerAsync("delete from auth.users where id = '{ada}'");
        Assert.Equal([], await history.NewAsync());
    }
}
