using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Who loses the right to see something hears no more of it, from the next change on.</summary>
public sealed class AccessTests(EvolvCluster cluster)
{
    const string AllPosts = """{"event":"*","schema":"public","table":"posts"}""";

    [Theory]
    [InlineData(
        "insert into public.user_follows (follower_id, following_id, status) values ('{ada}', '{bob}', 'accepted')",
        "insert into public.posts (user_id, content, visibility) values ('{bob}', '{text}', 'followers')",
        "delete from public.user_follows where follower_id = '{ada}'")]
    [InlineData(
        "select 1",
        "insert into public.posts (user_id, content) values ('{bob}', '{text}')",
        "insert into public.user_blocks (blocker_id, blocked_id) values ('{bob}', '{ada}')")]
    [InlineData(
        """
        insert into public.guilds (id, slug, name, owner_id, visibility) values ('{guild}', 'guild', 'Guild', '{bob}', 'private');
        insert into public.guild_members (guild_id, user_id) values ('{guild}', '{ada}')
        """,
        "insert into public.posts (user_id, guild_id, content) values ('{bob}', '{guild}', '{text}')",
        "delete from public.guild_members where user_id = '{ada}'")]
    [InlineData(
        """
        create policy posts_select_admin on public.posts for select to authenticated using ((select evolv.has_role('admin')));
        insert into public.user_roles (user_id, role) values ('{ada}', 'admin')
        """,
        "insert into public.posts (user_id, content, visibility) values ('{bob}', '{text}', 'private')",
        "delete from public.user_roles where user_id = '{ada}'")]
    public async Task Person_hears_nothing_after_the_right_is_lost(string gain, string show, string lose)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob, carl) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"), await server.SignUpAsync("carl"));
        await RunAsync(gain);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("posts", ada.AccessToken, AllPosts);

        await RunAsync(show.Replace("{text}", "seen", StringComparison.Ordinal));
        Assert.Equal("seen", Content(await client.NextChangeAsync()));
        await RunAsync(lose);
        await RunAsync(show.Replace("{text}", "unseen", StringComparison.Ordinal));
        await RunAsync("update public.posts set content = 'unseen edit' where content = 'seen'");
        await RunAsync($"insert into public.posts (user_id, content) values ('{carl.Id}', 'end')");

        Assert.Equal("end", Content(await client.NextChangeAsync()));

        Task RunAsync(string sql) => server.Database.ExecuteAsync(sql
            .Replace("{ada}", ada.Id.ToString(), StringComparison.Ordinal)
            .Replace("{bob}", bob.Id.ToString(), StringComparison.Ordinal)
            .Replace("{guild}", "11111111-2222-3333-4444-555555555555", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Channel_goes_on_with_the_rights_of_another_persons_token()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("posts", ada.AccessToken, AllPosts);
        await PostAsync(ada, "ada's own");
        Assert.Equal("ada's own", Content(await client.NextChangeAsync()));

        await client.SendAsync("posts", "access_token", $$"""{"access_token":"{{bob.AccessToken}}"}""");
        await client.CallAsync("phoenix", "heartbeat"); // comes after it
        await PostAsync(ada, "ada's other");
        await PostAsync(bob, "bob's own");

        Assert.Equal("bob's own", Content(await client.NextChangeAsync()));

        Task PostAsync(Person person, string content) => server.Database.ExecuteAsync(
            $"insert into public.posts (user_id, content, visibility) values ('{person.Id}', '{content.Replace("'", "''", StringComparison.Ordinal)}', 'private')");
    }

    [Fact]
    public async Task Conditions_on_deleted_rows_and_on_columns_taken_away_tell_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create table public.secrets (id int primary key, word text, level int);
            alter table public.secrets replica identity full;
            alter table public.secrets enable row level security;
            create policy secrets_select on public.secrets for select to anon using (level = 0);
            grant select on public.secrets to anon, service_role;
            alter publication supabase_realtime add table public.secrets;
            """);
        await using var stranger = await PhoenixClient.ConnectAsync(server);
        await using var service = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await stranger.SubscribeAsync("secrets", null,
            """{"event":"*","schema":"public","table":"secrets","filter":"word=eq.hidden"}""",
            """{"event":"*","schema":"public","table":"secrets","filter":"word=like.hid%"}""");
        var all = await stranger.SubscribeAsync("all", null, """{"event":"*","schema":"public","table":"secrets","filter":"id=gt.0"}""");
        await service.SubscribeAsync("secrets", null, """{"event":"DELETE","schema":"public","table":"secrets","filter":"word=eq.hidden"}""");

        await server.Database.ExecuteAsync("insert into public.secrets values (1, 'hidden', 1); delete from public.secrets");
        var deleted = await stranger.NextChangeAsync();
        await server.Database.ExecuteAsync("revoke select on public.secrets from anon; grant select (id, level) on public.secrets to anon");
        await server.Database.ExecuteAsync("insert into public.secrets values (2, 'hidden', 0)");
        var narrowed = await stranger.NextChangeAsync();
        await server.Database.ExecuteAsync("insert into public.secrets values (3, '', 0)");
        await stranger.NextChangeAsync();

        Assert.Equal(("DELETE", """{"id":1}"""), ((string)deleted["data"]!["type"]!, deleted["data"]!["old_record"]!.ToJsonString()));
        Assert.Equal(all, deleted["ids"]!.AsArray().Select(id => (int)id!));
        Assert.Equal("""{"id":2,"level":0}""", narrowed["data"]!["record"]!.ToJsonString());
        Assert.Equal(["id", "level"], narrowed["data"]!["columns"]!.AsArray().Select(column => (string)column!["name"]!));
        await stranger.AssertNoneAsync(message => message.Topic == "realtime:secrets" && message.Event == "postgres_changes");
        Assert.Equal("""{"id":1,"word":"hidden","level":1}""", (await service.NextChangeAsync())["data"]!["old_record"]!.ToJsonString());
    }

    [Fact]
    public async Task Policies_that_are_switched_on_hold_from_the_next_change_on()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create table public.things (id int primary key);
            grant select on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, """{"event":"*","schema":"public","table":"things"}""");

        await server.Database.ExecuteAsync("insert into public.things values (1)");
        Assert.Equal(1, (int)(await client.NextChangeAsync())["data"]!["record"]!["id"]!);
        await server.Database.ExecuteAsync("alter table public.things enable row level security");
        await server.Database.ExecuteAsync("insert into public.things values (2)");
        await server.Database.ExecuteAsync("create policy things_select on public.things for select to anon using (id > 2)");
        await server.Database.ExecuteAsync("insert into public.things values (3)");

        Assert.Equal(3, (int)(await client.NextChangeAsync())["data"]!["record"]!["id"]!);
    }

    static string Content(JsonNode change) => (string)change["data"]!["record"]!["content"]!;
}
