using System.Net;
using System.Net.Http.Json;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Tests.Realtime;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evolv.Tests.Auth.Tokens;

/// <summary>What ended is refused everywhere within five seconds, on every server, though tokens live for an hour.</summary>
public sealed class RevocationsTests(EvolvCluster cluster)
{
    static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sign out", "JWT session has ended")]
    [InlineData("session deleted", "JWT session has ended")]
    [InlineData("ban", "JWT user is banned")]
    [InlineData("ban without end", "JWT user is banned")]
    [InlineData("soft deletion", "JWT user is banned")]
    [InlineData("deletion", "JWT session has ended")]
    public async Task Who_was_signed_out_banned_or_deleted_is_refused_on_two_servers(string how, string refusal)
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var first = await EvolvServer.StartAsync(database);
        await using var second = await EvolvServer.StartAsync(database);
        var ada = await first.SignUpAsync("ada");
        var bob = await first.SignUpAsync("bob");
        var again = await first.Anonymous.SignInAsync("ada@example.com", Person.Password);
        foreach (var server in (EvolvServer[])[first, second])
            foreach (var person in (string[])[ada.AccessToken, bob.AccessToken, again.Text("access_token")])
                Assert.Equal("200 400 ok", await TryAsync(server, person)); // 400: the function is asked for nothing

        await EndAsync(first, how, ada);
        await Task.Delay(Promise, Token);

        foreach (var server in (EvolvServer[])[first, second])
        {
            Assert.Equal(
                $$"""401 {"code":"PGRST303","details":null,"hint":null,"message":"{{refusal}}"} 401 error""",
                await TryAsync(server, ada.AccessToken));
            Assert.Equal("200 400 ok", await TryAsync(server, bob.AccessToken));
            // Signing out here leaves other devices alone; everything else is about the account.
            var expected = how is "sign out" or "session deleted" ? "200 400 ok" : "401";
            Assert.StartsWith(expected, await TryAsync(server, again.Text("access_token")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Auth_itself_knows_at_once_and_says_it_in_its_own_words()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var server = await EvolvServer.StartAsync(database);
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("logout", bearer: ada.AccessToken);

        var before = await server.Anonymous.GetUserAsync(ada.AccessToken);
        await FollowAsync(server);
        var after = await server.Anonymous.GetUserAsync(ada.AccessToken);

        Assert.Equal("""403 {"code":"session_not_found","message":"Session from session_id claim in JWT does not exist"}""", before.Whole);
        Assert.Equal(before.Whole, after.Whole);
    }

    [Fact]
    public async Task Lifted_ban_lets_in_again_and_a_past_one_never_kept_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await BanAsync("now() + interval '1 day'");
        Assert.StartsWith("401", await TryAsync(server, ada.AccessToken), StringComparison.Ordinal);

        await BanAsync("null");
        Assert.Equal("200 400 ok", await TryAsync(server, ada.AccessToken));
        await BanAsync("now() - interval '1 second'");
        Assert.Equal("200 400 ok", await TryAsync(server, ada.AccessToken));

        async Task BanAsync(string until)
        {
            await server.Database.ExecuteAsync($"update auth.users set banned_until = {until} where id = '{ada.Id}'");
            await FollowAsync(server);
        }
    }

    [Fact]
    public async Task Server_that_starts_later_knows_what_was_before()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var first = await EvolvServer.StartAsync(database);
        var ada = await first.SignUpAsync("ada");
        await first.Anonymous.PostAsync("logout", bearer: ada.AccessToken);

        await using var second = await EvolvServer.StartAsync(database);

        Assert.StartsWith("401", await TryAsync(second, ada.AccessToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transaction_that_began_early_and_commits_late_is_not_missed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await using var slow = await server.Database.OpenOwnerAsync();
        await using var transaction = await slow.BeginTransactionAsync(Token);
        await using (var ban = new NpgsqlCommand($"update auth.users set banned_until = 'infinity' where id = '{ada.Id}'", slow, transaction))
            await ban.ExecuteNonQueryAsync(Token);
        await server.Anonymous.PostAsync("logout", bearer: bob.AccessToken);
        await FollowAsync(server);
        Assert.StartsWith("401", await TryAsync(server, bob.AccessToken), StringComparison.Ordinal);
        Assert.StartsWith("200", await TryAsync(server, ada.AccessToken), StringComparison.Ordinal);

        await transaction.CommitAsync(Token);
        await FollowAsync(server);

        Assert.StartsWith("401", await TryAsync(server, ada.AccessToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_rows_are_purged_and_what_they_said_matters_no_more()
    {
        var database = await cluster.CreateDatabaseAsync();
        var (old, recent) = (Guid.NewGuid(), Guid.NewGuid());
        await database.ExecuteAsync(
            $"""
            insert into auth.revocations (kind, subject, created_at)
            values ('session', '{old}', now() - interval '9 days'), ('session', '{recent}', now() - interval '7 days')
            """);
        await using var server = await EvolvServer.StartAsync(database);

        for (var tries = 0; tries < 50 && await CountAsync() == 2; tries++)
            await Task.Delay(100, Token);

        Assert.Equal(1, await CountAsync());
        Assert.Equal(recent, await database.ScalarAsync<Guid>("select subject from auth.revocations where kind = 'session'"));

        Task<long> CountAsync() => database.ScalarAsync<long>("select count(*) from auth.revocations where kind = 'session'");
    }

    [Fact]
    public async Task Database_that_was_away_is_followed_again()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var name = server.Database.Connections.Owner.Database;
        await using (var admin = await AdminAsync(server))
        {
            await using var away = new NpgsqlCommand(
                $"alter database {name} with allow_connections false; select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'", admin);
            await away.ExecuteNonQueryAsync(Token);
            await Task.Delay(2500, Token);
            await using var back = new NpgsqlCommand($"alter database {name} with allow_connections true", admin);
            await back.ExecuteNonQueryAsync(Token);
        }

        await server.Database.ExecuteAsync($"update auth.users set banned_until = 'infinity' where id = '{ada.Id}'");
        await Task.Delay(Promise, Token);

        Assert.StartsWith("401", await TryAsync(server, ada.AccessToken), StringComparison.Ordinal);

        static Task<NpgsqlConnection> AdminAsync(EvolvServer server)
        {
            var owner = new NpgsqlConnectionStringBuilder(server.Database.Connections.Owner.ConnectionString) { Database = "postgres" };
            return Migrator.OpenOwnerAsync(server.Database.Connections with { Owner = owner }, Token);
        }
    }

    [Fact]
    public async Task Server_that_can_read_them_no_more_is_not_ready()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        await server.Database.ExecuteAsync("revoke select on auth.revocations from supabase_auth_admin");
        var without = await UntilAsync(answer => answer.StartsWith("503", StringComparison.Ordinal));
        await server.Database.ExecuteAsync("grant select on auth.revocations to supabase_auth_admin");
        var again = await UntilAsync(answer => answer.StartsWith("200", StringComparison.Ordinal));

        Assert.Contains("\"revocations\":\"not read for 10 s\"", without, StringComparison.Ordinal);
        Assert.Contains("\"revocations\":\"ok\"", again, StringComparison.Ordinal);

        async Task<string> UntilAsync(Func<string, bool> isThere)
        {
            for (var tries = 0; ; tries++)
            {
                using var answer = await server.Keyless.GetAsync("/readyz", Token);
                var text = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}";
                if (isThere(text) || tries == 300)
                    return text;
                await Task.Delay(100, Token);
            }
        }
    }

    // The key of a connection may be a token, too.
    [Fact]
    public async Task Socket_that_came_with_a_token_of_somebody_who_signed_out_joins_no_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var socket = await PhoenixClient.ConnectAsync(server, ada.AccessToken);
        await socket.JoinAsync("room");
        await server.Anonymous.PostAsync("logout", bearer: ada.AccessToken);
        await FollowAsync(server);

        var again = await socket.TryJoinAsync("another");
        var refused = await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => PhoenixClient.ConnectAsync(server, ada.AccessToken));

        Assert.Equal(("error", "InvalidJWTToken: JWT session has ended"), (again.Status, (string?)again.Response!["reason"]));
        Assert.Contains("401", refused.Message, StringComparison.Ordinal);
        Assert.Equal("Session has ended", await socket.NextEndAsync("room"));
    }

    [Fact]
    public async Task Strangers_neither_read_nor_write_what_was_revoked()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        foreach (var http in (HttpClient[])[server.Anonymous, ada.Http, server.Service])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/rest/v1/revocations");
            request.Headers.Add("Accept-Profile", "auth");
            using var answer = await http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
        }
    }

    // What /rest/v1, a function and a join say.
    static async Task<string> TryAsync(EvolvServer server, string token)
    {
        using var http = server.ClientWith(server.PublishableKey, token);
        using var table = await http.GetAsync("/rest/v1/profiles?select=id&limit=0", Token);
        using var function = await http.PostAsJsonAsync("/functions/v1/add-xp", new { }, Token);
        await using var socket = await PhoenixClient.ConnectAsync(server);
        var join = await socket.TryJoinAsync("room", token);
        var body = table.IsSuccessStatusCode ? "" : " " + await table.Content.ReadAsStringAsync(Token);
        return $"{(int)table.StatusCode}{body} {(int)function.StatusCode} {join.Status}";
    }

    static Task FollowAsync(EvolvServer server) => server.Services.GetRequiredService<Revocations>().FollowAsync(Token);

    static async Task EndAsync(EvolvServer server, string how, Person person)
    {
        switch (how)
        {
            case "sign out":
                Assert.Equal(204, (await server.Anonymous.PostAsync("logout?scope=local", bearer: person.AccessToken)).Status);
                break;
            default:
                await server.Database.ExecuteAsync(how switch
                {
                    "session deleted" => $"delete from auth.sessions where id = (select id from auth.sessions where user_id = '{person.Id}' order by created_at limit 1)",
                    "ban" => $"update auth.users set banned_until = now() + interval '1 hour' where id = '{person.Id}'",
                    "ban without end" => $"update auth.users set banned_until = 'infinity' where id = '{person.Id}'",
                    "soft deletion" => $"update auth.users set deleted_at = now() where id = '{person.Id}'",
                    _ => $"delete from auth.users where id = '{person.Id}'",
                });
                break;
        }
    }
}
