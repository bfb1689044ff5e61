using Evolv.Tests.Auth.Passkeys;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.Passkeys.PasskeyClient;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUserPasskeysTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Service_lists_and_takes_away_the_passkeys_of_somebody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var (authenticator, id) = await server.AddPasskeyAsync(ada.AccessToken);
        var path = $"admin/users/{ada.Id}/passkeys";

        var listed = await server.Service.ReadAsync(path);
        var ofBob = await server.Service.RemoveAsync($"admin/users/{bob.Id}/passkeys/{id}");
        var deleted = await server.Service.RemoveAsync($"{path}/{id}");

        Assert.Equal($$"""200 [{"id":"{{id}}","friendly_name":"Passkey","created_at":"{{listed.Array[0]!["created_at"]}}"}]""", listed.Whole);
        Assert.Equal(NotFound, ofBob.Whole);
        Assert.Equal("204 ", deleted.Whole);
        Assert.Equal(NotFound, (await server.Service.RemoveAsync($"{path}/{id}")).Whole);
        Assert.Equal(NotFound, (await server.Service.RemoveAsync($"{path}/1")).Whole);
        Assert.Equal("200 []", (await server.Service.ReadAsync(path)).Whole);
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        Assert.Equal(
            $$"""service_role user {"user_id": "{{ada.Id}}", "passkey_id": "{{id}}"}""",
            await server.Database.ScalarAsync<string>(
                """
                select concat_ws(' ', payload ->> 'actor_username', payload ->> 'log_type', payload ->> 'traits')
                from auth.audit_log_entries where payload ->> 'action' = 'passkey_deleted'
                """));
    }

    [Fact]
    public async Task People_do_not()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, id) = await server.AddPasskeyAsync(ada.AccessToken);
        const string NotAdmin = """403 {"code":"not_admin","message":"User not allowed"}""";

        foreach (var path in new[] { $"admin/users/{ada.Id}/passkeys", $"admin/users/{ada.Id}/passkeys/{id}" })
        {
            var method = path.EndsWith("passkeys", StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Delete;
            Assert.Equal(NotAdmin, (await server.Anonymous.JsonAsync(method, path, bearer: ada.AccessToken)).Whole);
            Assert.Equal(NotAdmin, (await server.Anonymous.JsonAsync(method, path)).Whole);
            Assert.Equal("no_authorization", (await server.Keyless.JsonAsync(method, path)).Text("code"));
        }

        Assert.Equal("""404 {"code":"user_not_found","message":"User not found"}""", (await server.Service.ReadAsync($"admin/users/{Guid.Empty}/passkeys")).Whole);
        Assert.Equal("""404 {"code":"validation_failed","message":"user_id must be an UUID"}""", (await server.Service.ReadAsync("admin/users/1/passkeys")).Whole);
        Assert.Single((await server.Anonymous.ReadAsync("passkeys", ada.AccessToken)).Array);
    }
}
