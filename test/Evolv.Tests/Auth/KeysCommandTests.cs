using System.Diagnostics;
using System.Text.Json.Nodes;
using Evolv.Tests.Realtime;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth;

/// <summary>./evolv keys, beside running servers.</summary>
public sealed class KeysCommandTests(EvolvCluster cluster)
{
    static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rotation_changes_who_signs_and_ends_nobody_until_the_old_key_is_revoked()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var first = await EvolvServer.StartAsync(database);
        await using var second = await EvolvServer.StartAsync(database);
        var ada = await first.SignUpAsync("ada");
        await using var socket = await PhoenixClient.ConnectAsync(second);
        await socket.JoinAsync("room", ada.AccessToken);
        var published = await KidsAsync(second);
        var standby = published.Single(kid => kid != KidOf(ada.AccessToken));

        Assert.Equal(0, (await KeysAsync(database, "rotate")).ExitCode);

        foreach (var server in (EvolvServer[])[first, second])
        {
            var kids = await UntilAsync(() => KidsAsync(server), kids => kids.Count == 3);
            Assert.Equal([], published.Except(kids));
            Assert.Equal(200, await ReadAsync(server, ada.AccessToken));
            var later = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
            Assert.Equal(standby, KidOf(later.Text("access_token")));
            Assert.Equal((200, 200), (await ReadAsync(first, later.Text("access_token")), await ReadAsync(second, later.Text("access_token"))));
        }

        var refreshed = await second.Anonymous.RefreshAsync(ada.RefreshToken);
        Assert.Equal((200, standby), (refreshed.Status, KidOf(refreshed.Text("access_token"))));
        Assert.Equal(200, (await first.Anonymous.GetUserAsync(ada.AccessToken)).Status);

        var (code, output) = await KeysAsync(database, "revoke", KidOf(ada.AccessToken));
        Assert.Equal((0, $"{KidOf(ada.AccessToken)} is revoked and its tokens with it; {standby} signs."), (code, output));

        Assert.Equal("Session has ended", await socket.NextEndAsync("room"));
        foreach (var server in (EvolvServer[])[first, second])
        {
            Assert.Equal(401, await UntilAsync(() => ReadAsync(server, ada.AccessToken), status => status == 401));
            Assert.DoesNotContain(KidOf(ada.AccessToken), await KidsAsync(server));
            Assert.Equal(
                """403 {"code":"bad_jwt","message":"invalid JWT: unable to parse or verify signature, No suitable key was found to decode the JWT"}""",
                (await server.Anonymous.GetUserAsync(ada.AccessToken)).Whole);
            Assert.Equal(200, await ReadAsync(server, refreshed.Text("access_token")));
        }
    }

    [Fact]
    public async Task Revoking_the_key_in_use_rotates_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        Assert.Equal(0, (await KeysAsync(server.Database, "revoke", KidOf(ada.AccessToken))).ExitCode);

        Assert.Equal(401, await UntilAsync(() => ReadAsync(server, ada.AccessToken), status => status == 401));
        var refreshed = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        Assert.Equal(200, await ReadAsync(server, refreshed.Text("access_token")));
        Assert.Equal(2, (await KidsAsync(server)).Count);
        Assert.Equal((1, $"evolv: {KidOf(ada.AccessToken)} is revoked already."), await KeysAsync(server.Database, "revoke", KidOf(ada.AccessToken)));
    }

    [Fact]
    public async Task Api_keys_are_made_and_revoked_one_by_one()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (code, made) = await KeysAsync(server.Database, "create", "secret", "--name", "ci");
        Assert.Equal(0, code);
        Assert.Matches("^sb_secret_[A-Za-z0-9]{22}_[A-Za-z0-9_-]{8}$", made);
        Assert.Equal((1, "evolv: There is a secret key ci already, or was; choose another name."), await KeysAsync(server.Database, "create", "secret", "--name", "ci"));
        Assert.Equal(200, await UntilAsync(() => ReadAsync(server, made), status => status == 200));

        Assert.Equal((0, $"secret key default ({Masked(server.SecretKey)}) is revoked."), await KeysAsync(server.Database, "revoke", server.SecretKey));

        Assert.Equal(401, await UntilAsync(() => ReadAsync(server, server.SecretKey), status => status == 401));
        Assert.Equal(200, await ReadAsync(server, made));
        Assert.Equal((1, "evolv: ci is the last secret key for service_role; make another first (./evolv keys create secret), or say --force."),
            await KeysAsync(server.Database, "revoke", "ci"));
        await using var socket = await PhoenixClient.ConnectAsync(server, made);
        await socket.JoinAsync("room");
        Assert.Equal((0, $"secret key ci ({Masked(made)}) is revoked."), await KeysAsync(server.Database, "revoke", "ci", "--force"));
        Assert.Equal("Session has ended", await socket.NextEndAsync("room"));
        Assert.Equal("error", (await socket.TryJoinAsync("room")).Status);
        Assert.Equal(401, await UntilAsync(() => ReadAsync(server, made), status => status == 401));

        // Nothing comes back by itself while the server runs; a start makes what an installation cannot do without.
        Assert.Equal(0, await LivingAsync());
        await using var later = await EvolvServer.StartAsync(server.Database);
        Assert.Equal(1, await LivingAsync());

        Task<long> LivingAsync() => server.Database.ScalarAsync<long>("select count(*) from auth.api_keys where kind = 'secret' and revoked_at is null");
    }

    [Fact]
    public async Task List_shows_no_private_key_and_api_keys_only_when_asked()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await KeysAsync(server.Database, "rotate");

        var (_, text) = await KeysAsync(server.Database, "list");
        var (_, json) = await KeysAsync(server.Database, "list", "--json");
        var (_, shown) = await KeysAsync(server.Database, "list", "--json", "--show");

        var keys = JsonNode.Parse(json)!;
        Assert.Equal(["previously_used", "standby", "in_use"],
            keys["signing_keys"]!.AsArray().Select(key => (string)key!["status"]!).OrderBy(status => status.Length).Reverse());
        Assert.Equal(["kid", "alg", "status", "created_at", "updated_at"], keys["signing_keys"]![0]!.AsObject().Select(property => property.Key));
        Assert.Equal(["id", "name", "kind", "role", "api_key", "created_at", "revoked_at"], keys["api_keys"]![0]!.AsObject().Select(property => property.Key));
        foreach (var output in (string[])[text, json])
        {
            Assert.Contains(Masked(server.SecretKey), output.Replace("\\u2026", "…", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain(server.SecretKey, output, StringComparison.Ordinal);
            Assert.DoesNotContain(server.PublishableKey, output, StringComparison.Ordinal);
        }

        Assert.Contains(server.SecretKey, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", text + json + shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_are_named_and_change_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equal((1, "evolv: There is no key nothing; ./evolv keys list prints them."), await KeysAsync(server.Database, "revoke", "nothing"));
        var (code, ambiguous) = await KeysAsync(server.Database, "revoke", "default");
        Assert.Equal(1, code);
        Assert.StartsWith("evolv: default is the name of 4 keys; name one by its id: ", ambiguous, StringComparison.Ordinal);
        Assert.Equal((1, "evolv: --name is wrong: it needs 1 to 100 visible characters."), await KeysAsync(server.Database, "create", "secret", "--name", " "));
        Assert.NotEqual(0, (await KeysAsync(server.Database, "create", "legacy_jwt")).ExitCode);
        var wrong = await KeysAsync(server.Database, "revoke", "sb_secret_0123456789012345678901_01234567");
        Assert.Equal((1, "evolv: There is no key sb_secret_…4567; ./evolv keys list prints them."), wrong);

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.api_keys where revoked_at is not null"));
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from auth.signing_keys"));
    }

    [Fact]
    public async Task Rotation_to_a_key_that_others_cannot_know_yet_says_so()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var young = await KeysAsync(server.Database, "rotate");
        await server.Database.ExecuteAsync("update auth.signing_keys set created_at = now() - interval '11 minutes' where status = 'standby'");
        var known = await KeysAsync(server.Database, "rotate");

        Assert.Matches("\n[^ ]+ is news: who keeps the published keys may refuse its tokens until [0-9]{2}:[0-9]{2} UTC. ", young.Output);
        Assert.Equal(0, young.ExitCode);
        Assert.DoesNotContain("is news", known.Output, StringComparison.Ordinal);
        Assert.Equal(0, known.ExitCode);
    }

    [Fact]
    public async Task Two_rotations_at_once_come_one_after_the_other()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var both = await Task.WhenAll(KeysAsync(server.Database, "rotate"), KeysAsync(server.Database, "rotate"));

        Assert.All(both, run => Assert.Equal(0, run.ExitCode));
        Assert.Equal("in_use previously_used previously_used standby",
            await server.Database.ScalarAsync<string>("select string_agg(status, ' ' order by status) from auth.signing_keys"));
    }

    static async Task<(int ExitCode, string Output)> KeysAsync(TestDatabase database, params string[] arguments)
    {
        var (exitCode, output, error) = await EvolvProcess.RunAsync(
            ["keys", .. arguments], ("EVOLV__DATABASE__CONNECTIONSTRING", database.Connections.Owner.ConnectionString));
        return (exitCode, (output + error).Trim());
    }

    static async Task<int> ReadAsync(EvolvServer server, string key)
    {
        using var http = server.ClientWith(key.StartsWith("sb_", StringComparison.Ordinal) ? key : server.PublishableKey, key);
        using var answer = await http.GetAsync("/rest/v1/profiles?limit=0", Token);
        return (int)answer.StatusCode;
    }

    static async Task<List<string>> KidsAsync(EvolvServer server)
        => [.. JsonNode.Parse(await server.Keyless.GetStringAsync("/auth/v1/.well-known/jwks.json", Token))!["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];

    static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> isThere)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (isThere(seen) || Stopwatch.GetElapsedTime(started) > Promise)
                return seen;
            await Task.Delay(100, Token);
        }
    }

    static string KidOf(string token) => (string)JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[0]))!["kid"]!;

    static string Masked(string key) => $"{key[..(key.IndexOf('_', 3) + 1)]}…{key[^4..]}";
}
