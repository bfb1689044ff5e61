using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Guilds;

public sealed class GuildTests(EvolvCluster cluster)
{
    [Fact]
    [Trait("defect", "2")]
    public async Task The_founder_owns_the_guild_and_nobody_founds_one_for_others()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));

        var guild = await FoundAsync(database, ada);

        Assert.Equal("owner active", await database.ScalarAsync<string>(grace, $"select role || ' ' || state from guild_members where guild_id = {guild}"));
        await database.AssertRefusedAsync(grace, $"insert into guilds (slug, name, owner_id) values ('x', 'x', {ada.UserId})");
        await database.AssertRefusedAsync(ada, $"insert into guilds (slug, name, members_count) values ('x', 'x', 1000)");
        await database.AssertRefusedAsync(ada, $"update guilds set owner_id = {grace.UserId}");
        Assert.Equal(0, await database.ExecuteAsync(ada, $"delete from guild_members")); // a guild has an owner
        await database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("open", "active")]
    [InlineData("request", "requested")]
    [InlineData("invite", null)]
    public async Task The_guild_decides_how_one_gets_in(string mode, string? state)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var guild = await FoundAsync(database, ada, join: mode);

        await database.AssertRefusedAsync(grace, $"insert into guild_members (guild_id, state) values ({guild}, 'active')");
        await database.AssertRefusedAsync(grace, $"insert into guild_members (guild_id, role) values ({guild}, 'owner')");
        await database.AssertRefusedAsync(grace, $"insert into guild_members (guild_id, role) values ({guild}, 'moderator')");
        if (state is null)
            await database.AssertRefusedAsync(grace, $"insert into guild_members (guild_id) values ({guild})");
        else
            await database.ExecuteAsync(grace, $"insert into guild_members (guild_id, user_id) values ({guild}, {grace.UserId})");

        Assert.Equal(state is null ? [] : [state], await database.ColumnAsync<string>(grace, $"select state from guild_members where user_id = {grace.UserId}"));
        if (state == "requested")
        {
            await database.AssertRefusedAsync(grace, $"update guild_members set state = 'active' where user_id = {grace.UserId}");
            Assert.Equal(1, await database.ExecuteAsync(ada, $"update guild_members set state = 'active' where user_id = {grace.UserId}"));
        }

        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task An_invited_person_accepts_and_nobody_else_for_them()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"), await database.PersonAsync("mallory"));
        var guild = await FoundAsync(database, ada, "private", "invite");

        await database.AssertRefusedAsync(mallory, $"insert into guild_members (guild_id, user_id) values ({guild}, {mallory.UserId})");
        await database.AssertRefusedAsync(mallory, $"insert into guild_members (guild_id, user_id) values ({guild}, {grace.UserId})");
        await database.ExecuteAsync(ada, $"insert into guild_members (guild_id, user_id) values ({guild}, {grace.UserId})");
        await database.AssertRefusedAsync(ada, $"update guild_members set state = 'active' where user_id = {grace.UserId}");
        Assert.Equal([], await database.ColumnAsync<Guid>(grace, $"select id from guilds")); // an invitation is not yet membership
        Assert.Equal(1, await database.ExecuteAsync(grace, $"update guild_members set state = 'active' where user_id = {grace.UserId}"));

        Assert.Equal([guild], await database.ColumnAsync<Guid>(grace, $"select id from guilds"));
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select id from guilds"));
        Assert.Equal([], await database.ColumnAsync<Guid>(mallory, $"select user_id from guild_members"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_ban_holds_however_one_tries_to_come_back()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));
        var guild = await FoundAsync(database, ada);
        await database.ExecuteAsync(mallory, $"insert into guild_members (guild_id) values ({guild})");
        await database.ExecuteAsync(ada, $"update guild_members set role = 'moderator' where user_id = {mallory.UserId}");
        await database.ExecuteAsync(ada, $"update guild_members set state = 'banned' where user_id = {mallory.UserId}");

        await database.AssertRefusedAsync(mallory, $"update guild_members set state = 'active' where user_id = {mallory.UserId}");
        await database.AssertRefusedAsync(
            mallory,
            $"insert into guild_members (guild_id, user_id) values ({guild}, {mallory.UserId}) on conflict (guild_id, user_id) do update set state = 'active'");
        Assert.Equal(0, await database.ExecuteAsync(mallory, $"delete from guild_members where user_id = {mallory.UserId}"));
        await database.AssertRefusedAsync(mallory, $"insert into posts (guild_id, content) values ({guild}, 'x')");
        Assert.Equal(0, await database.ExecuteAsync(mallory, $"update guild_members set state = 'banned' where user_id = {ada.UserId}"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Roles_come_from_moderators_and_the_owners_role_from_nobody()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace, linus) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"), await database.PersonAsync("linus"));
        var guild = await FoundAsync(database, ada);
        foreach (var member in new[] { grace, linus })
            await database.ExecuteAsync(member, $"insert into guild_members (guild_id) values ({guild})");

        await database.AssertRefusedAsync(grace, $"update guild_members set role = 'moderator' where user_id = {grace.UserId}");
        await database.AssertRefusedAsync(grace, $"update guild_members set role = 'owner' where user_id = {grace.UserId}");
        Assert.Equal(0, await database.ExecuteAsync(grace, $"update guild_members set role = 'moderator' where user_id = {linus.UserId}"));
        await database.ExecuteAsync(ada, $"update guild_members set role = 'moderator' where user_id = {grace.UserId}");
        foreach (var change in new[] { "role = 'member'", "state = 'banned'" })
            await database.AssertRefusedAsync(grace, ActingAs.Raw($"update guild_members set {change} where user_id = '{ada.UserId}'"));
        await database.AssertRefusedAsync(ada, $"update guild_members set role = 'owner' where user_id = {grace.UserId}");
        Assert.Equal(0, await database.ExecuteAsync(grace, $"delete from guild_members where user_id = {ada.UserId}"));
        Assert.Equal(0, await database.ExecuteAsync(grace, $"update guilds set visibility = 'private'"));
        Assert.Equal(1, await database.ExecuteAsync(grace, $"delete from guild_members where user_id = {linus.UserId}"));
        await database.AssertInvariantsAsync();
    }

    // The membership is asked for by a trigger before the policy is: it must not tell what the policy hides.
    [Fact]
    public async Task A_private_guild_is_refused_in_the_words_for_no_guild()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, mallory) = (await database.PersonAsync("ada"), await database.PersonAsync("mallory"));

        var words = new HashSet<string>();
        foreach (var mode in new[] { "open", "request", "invite" })
            words.Add(await RefusalAsync(await FoundAsync(database, ada, "private", mode, mode)));
        words.Add(await RefusalAsync(Guid.CreateVersion7()));

        Assert.Single(words);

        async Task<string> RefusalAsync(Guid guild)
            => (await database.AssertRefusedAsync(mallory, $"insert into guild_members (guild_id) values ({guild})")).MessageText;
    }

    static Task<Guid> FoundAsync(TestDatabase database, Caller founder, string visibility = "public", string join = "open", string slug = "guild")
        => database.ScalarAsync<Guid>(
            founder, $"insert into guilds (slug, name, visibility, join_mode) values ({slug}, 'A guild', {visibility}, {join}) returning id");
}
