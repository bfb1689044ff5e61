using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>What people are told of their own growth on <c>notifications:&lt;user_id&gt;</c>.</summary>
public sealed class NotificationTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Person_is_told_of_each_level_and_badge_and_nobody_of_routine()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await database.PersonAsync("Bob");

        await AwardAsync(10);
        Assert.Empty(await database.TakeNotificationsAsync());

        await AwardAsync(200);
        var badge = await database.ScalarAsync<string>(
            """select format('{"badge_id": "%s", "user_badge_id": "%s"}', badge_id, id) from public.user_badges""");
        Assert.Equal([$"Ada badge_awarded {badge}", """Ada level_up {"level": 2}"""], await database.TakeNotificationsAsync());

        // A correction takes a level away, in silence; to reach it again is news again.
        await database.ExecuteAsync("update public.user_levels set current_level = 1 where current_level = 2");
        Assert.Empty(await database.TakeNotificationsAsync());
        await AwardAsync(1);
        Assert.Equal(["""Ada level_up {"level": 2}"""], await database.TakeNotificationsAsync());

        Task AwardAsync(int amount) => database.ScalarAsync<string>(
            Caller.Service, $"select data::text from evolv.add_xp({ada.UserId}, {amount}, 'daily_login', {new Json("{}")}, null)");
    }
}
