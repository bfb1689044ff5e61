using System.Text.Json.Nodes;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OAuthUserInfoTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Client_learns_what_was_granted_and_no_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("""update auth.users set phone = '4915112345678', raw_user_meta_data = '{"name": "Ada L.", "avatar_url": "https://a.example/a.png", "username": "ada", "picture": 7}'""");
        var tool = await Tool.RegisterAsync(server);

        async Task<JsonAnswer> AskAsync(string scope)
            => await server.Keyless.ReadAsync("oauth/userinfo", (await tool.SignInAsync(ada.AccessToken, scope)).Text("access_token"));
        var profile = await AskAsync("openid profile");

        Assert.Equal($$"""200 {"sub":"{{ada.Id}}"}""", (await AskAsync("openid")).Whole);
        Assert.Equal($$"""200 {"sub":"{{ada.Id}}","email":"ada@example.com","email_verified":false}""", (await AskAsync("email")).Whole);
        Assert.Equal($$"""200 {"sub":"{{ada.Id}}","phone_number":"4915112345678","phone_number_verified":false}""", (await AskAsync("phone")).Whole);
        var expected = new JsonObject
        {
            ["sub"] = ada.Id,
            ["name"] = "Ada L.",
            ["picture"] = "https://a.example/a.png",
            ["preferred_username"] = "ada",
            ["updated_at"] = profile.Body!["updated_at"]!.GetValue<long>(),
            ["user_metadata"] = new JsonObject { ["name"] = "Ada L.", ["avatar_url"] = "https://a.example/a.png", ["username"] = "ada", ["picture"] = 7 },
        };
        Assert.True(JsonNode.DeepEquals(expected, profile.Body), profile.Whole);
    }

    [Fact]
    public async Task Address_is_verified_where_somebody_vouched_for_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Service.SendAsync("admin/users", new { email = "ada@example.com", password = Person.Password, email_confirm = true });
        var bob = await server.SignUpAsync("bob");
        var tool = await Tool.RegisterAsync(server);
        async Task<string> AskAsync(string bearer)
            => (await server.Keyless.ReadAsync("oauth/userinfo", (await tool.SignInAsync(bearer, "email")).Text("access_token"))).Body!["email_verified"]!.ToJsonString();

        Assert.Equal("true", await AskAsync((await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token")));
        Assert.Equal("false", await AskAsync(bob.AccessToken));
        // An address that was proven does not prove the next one.
        await server.Database.ExecuteAsync("update auth.identities set identity_data = identity_data || '{\"email_verified\": true}'");
        Assert.Equal("true", await AskAsync(bob.AccessToken));
        Assert.Equal(200, (await server.Anonymous.JsonAsync(HttpMethod.Put, "user", new { email = "head@example.com" }, bob.AccessToken)).Status);
        Assert.Equal("false", await AskAsync(bob.AccessToken));
    }

    [Fact]
    public async Task Profile_tells_no_address_that_its_owner_wrote_there()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        await server.Anonymous.JsonAsync(HttpMethod.Put, "user", new { data = new { email = "head@example.com", email_verified = true, colour = "red" } }, ada.AccessToken);

        var profile = await server.Keyless.ReadAsync("oauth/userinfo", (await tool.SignInAsync(ada.AccessToken, "profile")).Text("access_token"));

        Assert.Equal("""{"colour":"red","full_name":"ada"}""", profile.Body!["user_metadata"]!.ToJsonString());
    }

    [Fact]
    public async Task People_see_that_they_are_themselves_and_strangers_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        Assert.Equal($$"""200 {"sub":"{{ada.Id}}"}""", (await server.Anonymous.ReadAsync("oauth/userinfo", ada.AccessToken)).Whole);
        Assert.Equal($$"""200 {"sub":"{{ada.Id}}"}""", (await server.Anonymous.SendAsync("oauth/userinfo", bearer: ada.AccessToken)).Whole);
        Assert.Equal(401, (await server.Keyless.ReadAsync("oauth/userinfo")).Status);
        Assert.Equal(403, (await server.Anonymous.ReadAsync("oauth/userinfo")).Status);
        Assert.Equal(403, (await server.Service.ReadAsync("oauth/userinfo")).Status);
    }
}
