using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Guilds;

/// <summary>What the history is told of guilds.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    const string Joined = """guild.joined of grace, guild g, {"role": "member"}""";

    [Fact]
    public async Task Founding_is_told_and_the_owner_does_not_join()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var history = await History.WatchAsync(database, (ada.UserId, "ada"));

        await history.ActAsync(ada, "insert into guilds (slug, name) values ('g', 'g')");

        Assert.Equal(["guild.founded of ada, guild new, {}"], await history.NewAsync());
    }

    [Theory]
    [InlineData("open", "insert into guild_members (guild_id) values ('{g}')", null)]
    [InlineData("request", "insert into guild_members (guild_id) values ('{g}')", "ada")]
    [InlineData("invite", null, "grace")]
    public async Task Joining_is_told_when_the_membership_becomes_active(string mode, string? asks, string? activates)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database, mode);

        if (asks is not null)
            await history.ActAsync(grace, asks);
        else
            await history.ActAsync(ada, "insert into guild_members (guild_id, user_id) values ('{g}', '{grace}')");
        if (activates is not null)
        {
            Assert.Equal([], await history.NewAsync());
            Assert.Equal(1, await history.ActAsync(
                activates == "ada" ? ada : grace, "update guild_members set state = 'active' where user_id = '{grace}'"));
        }

        Assert.Equal([Joined], await history.NewAsync());
    }

    [Fact]
    public async Task Leaving_and_coming_back_tells_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, history) = await WorldAsync(database, "open");
        await history.ActAsync(grace, "insert into guild_members (guild_id) values ('{g}')");
        await history.NewAsync();

        await history.ActAsync(grace, "delete from guild_members where user_id = '{grace}'");
        await history.ActAsync(grace, "insert into guild_members (guild_id) values ('{g}')");
        foreach (var change in new[] { "role = 'moderator'", "state = 'banned'", "state = 'active'" })
            Assert.Equal(1, await history.ActAsync(ada, $"update guild_members set {change} where user_id = '{{grace}}'"));

        Assert.Equal([], await history.NewAsync());
    }

    [Fact]
    public async Task An_import_keeps_its_times()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, _, history) = await WorldAsync(database, "open");

        await history.ActAsync(
            Caller.Service, "insert into guild_members (guild_id, user_id, role, joined_at) values ('{g}', '{grace}', 'moderator', '2020-02-29 12:00+00')");

        Assert.Equal([Joined.Replace("member", "moderator", StringComparison.Ordinal)], await history.NewAsync());
        Assert.Equal("2020-02-29", await database.ScalarAsync<string>("select local_date::text from activity_events where type = 'guild.joined'"));
    }

    static async Task<(Caller Ada, Caller Grace, History History)> WorldAsync(TestDatabase database, string mode)
    {
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var guild = await database.ScalarAsync<Guid>(ada, $"insert into guilds (slug, name, join_mode) values ('g', 'g', {mode}) returning id");
        return (ada, grace, await History.WatchAsync(database, (ada.UserId, "ada"), (grace.UserId, "grace"), (guild, "g")));
    }
}
