using System.Text.Json.Nodes;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class UserOAuthGrantsTests(EvolvCluster cluster)
{
    const string NoGrant = """404 {"code":"oauth_consent_not_found","message":"No active grant found for this client"}""";

    [Fact]
    public async Task Person_sees_whom_they_let_in_and_throws_one_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var tool = await Tool.RegisterAsync(server);
        var other = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        var others = await other.SignInAsync(ada.AccessToken, "email");
        var bobs = await tool.SignInAsync(bob.AccessToken);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);

        var grants = await server.Anonymous.ReadAsync("user/oauth/grants", ada.AccessToken);
        var revoked = await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={tool.ClientId}", bearer: ada.AccessToken);

        Assert.Equal(2, grants.Array.Count);
        Assert.True(JsonNode.DeepEquals(grants.Array[1], new JsonObject
        {
            ["client"] = new JsonObject { ["id"] = tool.ClientId, ["name"] = "Tool" },
            ["scopes"] = new JsonArray("openid", "email", "profile"),
            ["granted_at"] = grants.Array[1]!["granted_at"]!.GetValue<string>(),
        }), grants.Whole);
        Assert.Equal("204 ", revoked.Whole);
        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Code);
        Assert.Equal(400, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Status);
        Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync(code, verifier)).Whole);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(others.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(bobs.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(other.ClientId, Assert.Single((await server.Anonymous.ReadAsync("user/oauth/grants", ada.AccessToken)).Array)!["client"]!["id"]!.GetValue<string>());
        Assert.Equal(NoGrant, (await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={tool.ClientId}", bearer: ada.AccessToken)).Whole);
        Assert.Equal(
            $"{tool.ClientId} revoke_oauth_grant",
            await server.Database.ScalarAsync<string>(
                "select concat_ws(' ', payload #>> '{traits,oauth_client_id}', payload #>> '{traits,action}') from auth.audit_log_entries where payload ->> 'action' = 'token_revoked'"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select (select count(*) from audit.pending where action = 'account.grant_revoked') + (select count(*) from audit.entries where action = 'account.grant_revoked')"));
        // The next time they are asked again.
        var (id, _) = await tool.BeginAsync();
        Assert.Equal(id, (await tool.LookAsync(id, ada.AccessToken)).Text("authorization_id"));
    }

    [Fact]
    public async Task A_grant_that_is_revoked_while_codes_come_leaves_no_session()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var codes = new List<(string Code, string Verifier)>();
        for (var i = 0; i < 10; i++)
            codes.Add(await tool.ApproveAsync(ada.AccessToken));

        var exchanges = codes.Select(one => tool.ExchangeAsync(one.Code, one.Verifier)).ToList();
        var revoked = await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={tool.ClientId}", bearer: ada.AccessToken);
        var answers = await Task.WhenAll(exchanges);

        Assert.Equal(204, revoked.Status);
        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 400, answer.Whole));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions where oauth_client_id is not null"));
    }

    [Fact]
    public async Task Odd_requests_and_strangers_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var tool = await Tool.RegisterAsync(server);
        await tool.SignInAsync(ada.AccessToken);

        Assert.Equal("200 []", (await server.Anonymous.ReadAsync("user/oauth/grants", eve.AccessToken)).Whole);
        Assert.Equal(NoGrant, (await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={tool.ClientId}", bearer: eve.AccessToken)).Whole);
        Assert.Equal(NoGrant, (await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={Guid.Empty}", bearer: ada.AccessToken)).Whole);
        Assert.Equal(
            """400 {"code":"validation_failed","message":"client_id query parameter is required"}""",
            (await server.Anonymous.RemoveAsync("user/oauth/grants", bearer: ada.AccessToken)).Whole);
        foreach (var id in (string[])["1", $"{tool.ClientId}&client_id={tool.ClientId}", "%00"])
            Assert.Equal(
                (id, """400 {"code":"validation_failed","message":"invalid client_id format"}"""),
                (id, (await server.Anonymous.RemoveAsync($"user/oauth/grants?client_id={id}", bearer: ada.AccessToken)).Whole));
        Assert.Equal(401, (await server.Keyless.ReadAsync("user/oauth/grants")).Status);
        Assert.Equal(403, (await server.Anonymous.ReadAsync("user/oauth/grants")).Status);
        Assert.Equal(403, (await server.Service.ReadAsync("user/oauth/grants")).Status);
        Assert.Single((await server.Anonymous.ReadAsync("user/oauth/grants", ada.AccessToken)).Array);
    }
}
