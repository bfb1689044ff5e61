using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Auth.Passkeys;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.Passkeys.PasskeyClient;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class UserPasskeysTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Person_lists_renames_and_deletes_their_own()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        Assert.Equal("200 []", (await server.Anonymous.ReadAsync("passkeys", ada.AccessToken)).Whole);
        var (first, id) = await server.AddPasskeyAsync(ada.AccessToken);
        var (second, other) = await server.AddPasskeyAsync(ada.AccessToken);
        Assert.Equal(200, (await server.SignInWithAsync(first)).Status);

        var listed = await server.Anonymous.ReadAsync("passkeys", ada.AccessToken);
        var renamed = await server.RenamePasskeyAsync(ada.AccessToken, id, new { friendly_name = "Ada's phone 📱" });
        var deleted = await server.Anonymous.RemoveAsync($"passkeys/{other}", bearer: ada.AccessToken);
        var again = await server.Anonymous.RemoveAsync($"passkeys/{other}", bearer: ada.AccessToken);

        var (one, two) = (listed.Array[0]!, listed.Array[1]!);
        Assert.Equal(
            $$"""200 [{"id":"{{id}}","friendly_name":"Passkey","created_at":"{{one["created_at"]}}","last_used_at":"{{one["last_used_at"]}}"},{"id":"{{other}}","friendly_name":"Passkey","created_at":"{{two["created_at"]}}"}]""",
            listed.Whole);
        Assert.Equal(
            (200, id, "Ada's phone 📱", one["created_at"]!.GetValue<string>()),
            (renamed.Status, renamed.Text("id"), renamed.Text("friendly_name"), renamed.Text("created_at")));
        Assert.Equal(["created_at", "friendly_name", "id", "last_used_at"], renamed.Body!.AsObject().Select(part => part.Key).Order());
        Assert.Equal("204 ", deleted.Whole);
        Assert.Equal(NotFound, again.Whole);
        Assert.Equal(Refused, (await server.SignInWithAsync(second)).Whole);
        Assert.Equal(200, (await server.SignInWithAsync(first)).Status);
        Assert.Equal(
            $$"""passkey_updated user {"passkey_id": "{{id}}"} passkey_deleted user {"passkey_id": "{{other}}"}""",
            await server.Database.ScalarAsync<string>(
                """
                select string_agg(concat_ws(' ', payload ->> 'action', payload ->> 'log_type', payload ->> 'traits'), ' ' order by created_at, id)
                from auth.audit_log_entries where payload ->> 'action' in ('passkey_updated', 'passkey_deleted') and payload ->> 'actor_username' = 'ada@example.com'
                """));
    }

    [Fact]
    public async Task Nobody_sees_or_changes_somebody_elses()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var (authenticator, id) = await server.AddPasskeyAsync(ada.AccessToken);
        var guest = await server.TokenOfGuestAsync();
        var body = new { friendly_name = "mine" };

        foreach (var bearer in new[] { bob.AccessToken, guest })
        {
            Assert.Equal("200 []", (await server.Anonymous.ReadAsync("passkeys", bearer)).Whole);
            Assert.Equal(NotFound, (await server.RenamePasskeyAsync(bearer, id, body)).Whole);
            Assert.Equal(NotFound, (await server.Anonymous.RemoveAsync($"passkeys/{id}", bearer: bearer)).Whole);
        }

        const string NoToken = """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}""";
        Assert.Equal(NoToken, (await server.Keyless.ReadAsync("passkeys")).Whole);
        Assert.Equal(NoToken, (await server.Keyless.RemoveAsync($"passkeys/{id}")).Whole);
        Assert.Equal("bad_jwt", (await server.Service.RemoveAsync($"passkeys/{id}")).Text("code")); // It has its own way to.
        Assert.Equal("bad_jwt", (await server.Service.JsonAsync(HttpMethod.Patch, $"passkeys/{id}", body)).Text("code"));
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
        Assert.Equal("Passkey", await server.Database.ScalarAsync<string>("select friendly_name from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Bad_names_and_ids_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, id) = await server.AddPasskeyAsync(ada.AccessToken);
        const string TooLong = """400 {"code":"validation_failed","message":"friendly_name must be 120 characters or less"}""";
        const string Missing = """400 {"code":"validation_failed","message":"friendly_name is required"}""";
        (string Body, string Expected)[] cases =
        [
            ("{}", Missing),
            ("""{"friendly_name":""}""", Missing),
            ("""{"friendly_name":null}""", Missing),
            ($$"""{"friendly_name":"{{new string('x', 121)}}"}""", TooLong),
            ($$"""{"friendly_name":"{{string.Concat(Enumerable.Repeat("📱", 121))}}"}""", TooLong),
            ("""{"friendly_name":1}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.friendly_name"}"""),
            ("", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
        ];

        foreach (var (body, expected) in cases)
            Assert.Equal((body, expected), (body, (await server.RenamePasskeyAsync(ada.AccessToken, id, body)).Whole));
        foreach (var bad in new[] { "1", Guid.Empty.ToString(), "..%2f", $"{{{id}}}" })
        {
            Assert.Equal((bad, NotFound), (bad, (await server.RenamePasskeyAsync(ada.AccessToken, bad, new { friendly_name = "x" })).Whole));
            Assert.Equal((bad, NotFound), (bad, (await server.Anonymous.RemoveAsync($"passkeys/{bad}", bearer: ada.AccessToken)).Whole));
        }

        var nul = await server.RenamePasskeyAsync(ada.AccessToken, id, """{"friendly_name":"\u0000"}""");
        Assert.Equal((400, "validation_failed"), (nul.Status, nul.Text("code")));
        Assert.Equal(200, (await server.RenamePasskeyAsync(ada.AccessToken, id, new { friendly_name = string.Concat(Enumerable.Repeat("📱", 120)) })).Status);
    }

    [Fact]
    public async Task Who_has_a_second_factor_shows_it_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, id) = await server.AddPasskeyAsync(ada.AccessToken);
        var (_, raised) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var lower = (await server.SignInWithAsync(authenticator)).Text("access_token");

        Assert.Equal(NeedsAal2, (await server.RenamePasskeyAsync(lower, id, new { friendly_name = "x" })).Whole);
        Assert.Equal(NeedsAal2, (await server.Anonymous.RemoveAsync($"passkeys/{id}", bearer: lower)).Whole);
        Assert.Single((await server.Anonymous.ReadAsync("passkeys", lower)).Array);
        Assert.Equal(200, (await server.RenamePasskeyAsync(raised.Text("access_token"), id, new { friendly_name = "x" })).Status);
        Assert.Equal(204, (await server.Anonymous.RemoveAsync($"passkeys/{id}", bearer: raised.Text("access_token"))).Status);
    }

    [Fact]
    public async Task Of_twenty_deletions_one_is_written_down()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, id) = await server.AddPasskeyAsync(ada.AccessToken);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Anonymous.RemoveAsync($"passkeys/{id}", bearer: ada.AccessToken)));

        Assert.Single(answers, answer => answer.Status == 204);
        Assert.All(answers.Where(answer => answer.Status != 204), answer => Assert.Equal(NotFound, answer.Whole));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'passkey_deleted'"));
    }
}
