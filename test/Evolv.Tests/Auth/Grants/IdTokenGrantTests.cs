using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Auth.External;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Grants;

public sealed class IdTokenGrantTests(EvolvCluster cluster)
{
    static Task<Answer> SignInAsync(EvolvServer server, object body, string? bearer = null)
        => server.Anonymous.PostAsync("token?grant_type=id_token", body, bearer);

    static string Hash(string nonce) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(nonce)));

    [Fact]
    public async Task App_signs_in_who_is_signed_in_at_the_provider()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var idToken = provider.IdToken(Hash("secret"), "access");

        var answer = await SignInAsync(server, new { provider = "keycloak", id_token = idToken, access_token = "access", nonce = "secret" });
        var byIssuer = await SignInAsync(
            server, new { issuer = provider.Url, client_id = ProviderStandIn.ClientId, id_token = idToken, nonce = "secret" });

        Assert.Equal(200, answer.Status);
        Assert.Equal("ada@example.com", answer.User["email"]!.GetValue<string>());
        Assert.Equal("""{"provider":"keycloak","providers":["keycloak"]}""", answer.User["app_metadata"]!.ToJsonString());
        Assert.Equal(answer.User["id"]!.GetValue<Guid>(), byIssuer.User["id"]!.GetValue<Guid>());
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(answer.Text("access_token"))).Status);
        Assert.Equal("GET /.well-known/openid-configuration GET /jwks", string.Join(' ', provider.Requests));
    }

    [Theory]
    [InlineData("""{}""", "id_token required")]
    [InlineData("""{"id_token":"x"}""", "provider or client_id and issuer required")]
    [InlineData("""{"id_token":"x","issuer":"https://x.example"}""", "provider or client_id and issuer required")]
    [InlineData("""{"provider":"keycloak","id_token":"mock-id-token"}""", "Bad ID token")]
    [InlineData("""{"provider":"keycloak","id_token":"a.b.c"}""", "Bad ID token")]
    [InlineData("""{"provider":"keycloak","id_token":"eyJhbGciOiJSUzI1NiJ9.bnVsbA.x"}""", "Bad ID token")]
    public async Task Bad_question_never_reaches_the_provider(string body, string description)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());

        var answer = await SignInAsync(server, body);

        Assert.Equal($$"""400 {"error":"invalid request","error_description":"{{description}}"}""", answer.Whole);
        Assert.Empty(provider.Requests);
    }

    [Theory]
    [InlineData("""{"provider":"google","id_token":"x"}""", """400 {"code":"provider_disabled","message":"Provider (issuer \u0022https://accounts.google.com\u0022) is not enabled"}""")]
    [InlineData("""{"provider":"nowhere","id_token":"x"}""", """400 {"code":"validation_failed","message":"Custom OIDC provider \u0022nowhere\u0022 not allowed"}""")]
    [InlineData("""{"provider":"github","id_token":"x"}""", """400 {"code":"validation_failed","message":"Custom OIDC provider \u0022github\u0022 not allowed"}""")]
    [InlineData("""{"issuer":"https://evil.example","client_id":"x","id_token":"x"}""", """400 {"code":"validation_failed","message":"Custom OIDC provider \u0022https://evil.example\u0022 not allowed"}""")]
    [InlineData("""{"provider":5,"id_token":"x"}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.provider"}""")]
    public async Task Provider_that_is_not_here_is_named(string body, string expected)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), .. provider.Settings("github")]);

        Assert.Equal(expected, (await SignInAsync(server, body)).Whole);
    }

    [Fact]
    public async Task Nonce_is_in_both_or_in_neither_and_fits()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        async Task<string> TryAsync(string? inToken, string? given)
            => (await SignInAsync(server, new { provider = "keycloak", id_token = provider.IdToken(inToken), nonce = given })).Whole;
        const string Lonely = """400 {"error":"invalid request","error_description":"Passed nonce and nonce in id_token should either both exist or not."}""";

        Assert.Equal(Lonely, await TryAsync(Hash("secret"), null));
        Assert.Equal(Lonely, await TryAsync(null, "secret"));
        Assert.Equal("""400 {"error":"invalid nonce","error_description":"Nonces mismatch"}""", await TryAsync(Hash("secret"), "another"));
        Assert.Equal("""400 {"error":"invalid nonce","error_description":"Nonces mismatch"}""", await TryAsync("secret", "secret"));
        Assert.StartsWith("200 ", await TryAsync(null, null), StringComparison.Ordinal);
        await server.StopAsync();
        await using var lenient = await EvolvServer.StartAsync(server.Database, [.. provider.Settings(), ("Auth:External:keycloak:SkipNonceCheck", "true")]);
        Assert.Equal(200, (await SignInAsync(lenient, new { provider = "keycloak", id_token = provider.IdToken("unknown") })).Status);
    }

    [Fact]
    public async Task Token_is_for_a_client_of_ours()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(
            cluster, [.. provider.Settings(), ("Auth:External:keycloak:AllowedClientIds", "android, ios")]);

        Assert.Equal(200, (await SignInAsync(server, new { provider = "keycloak", id_token = provider.IdToken(audience: "ios") })).Status);
        Assert.Equal(
            """400 {"error":"invalid request","error_description":"Unacceptable audience in id_token: [evil]"}""",
            (await SignInAsync(server, new { provider = "keycloak", id_token = provider.IdToken(audience: "evil") })).Whole);
        Assert.Equal(
            """400 {"error":"invalid request","error_description":"Unacceptable audience in id_token: [ios]"}""",
            (await SignInAsync(server, new { issuer = provider.Url, client_id = "android", id_token = provider.IdToken(audience: "ios") })).Whole);
    }

    [Fact]
    public async Task Forged_expired_and_foreign_tokens_are_bad()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var stranger = ProviderStandIn.NewKey("one");
        async Task BadAsync(string token, string accessToken = "")
            => Assert.Equal(
                """400 {"error":"invalid request","error_description":"Bad ID token"}""",
                (await SignInAsync(server, new { provider = "keycloak", id_token = token, access_token = accessToken })).Whole);

        provider.Sign = claims => ProviderStandIn.SignWith(claims, stranger);
        await BadAsync(provider.IdToken());
        provider.Sign = null;
        provider.Claims = claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 31;
        await BadAsync(provider.IdToken());
        provider.Claims = claims => claims["iss"] = "https://accounts.google.com";
        await BadAsync(provider.IdToken());
        provider.Claims = claims => claims["events"] = new JsonObject();
        await BadAsync(provider.IdToken());
        provider.Claims = _ => { };
        await BadAsync(provider.IdToken(accessToken: "one"), "another");
        provider.Claims = claims => claims.Remove("sub");
        Assert.Equal(
            """400 {"error":"invalid request","error_description":"Missing sub claim in id_token"}""",
            (await SignInAsync(server, new { provider = "keycloak", id_token = provider.IdToken() })).Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task Provider_that_is_down_is_no_bad_token()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        provider.Instead["/jwks"] = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };

        Assert.Equal(
            """503 {"code":"unexpected_failure","message":"Provider keycloak does not answer as it should; try again later"}""",
            (await SignInAsync(server, new { provider = "keycloak", id_token = provider.IdToken() })).Whole);
    }

    [Fact]
    public async Task Guest_links_by_a_token_and_keeps_the_account()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var guest = await server.Anonymous.PostAsync("signup", new { });
        var request = new { provider = "keycloak", id_token = provider.IdToken(), link_identity = true };

        var nobody = await SignInAsync(server, request);
        var linked = await SignInAsync(server, request, guest.Text("access_token"));
        var again = await SignInAsync(server, request, guest.Text("access_token"));
        var another = await SignInAsync(server, request, await server.TokenOfGuestAsync());

        Assert.Equal("""403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""", nobody.Whole);
        Assert.Equal(guest.User["id"]!.GetValue<Guid>(), linked.User["id"]!.GetValue<Guid>());
        Assert.Equal(("ada@example.com", false), (linked.User["email"]!.GetValue<string>(), linked.User["is_anonymous"]!.GetValue<bool>()));
        Assert.Equal("""422 {"code":"identity_already_exists","message":"Identity is already linked"}""", again.Whole);
        Assert.Equal("""422 {"code":"identity_already_exists","message":"Identity is already linked to another user"}""", another.Whole);
    }

    [Fact]
    public async Task Banned_and_unknown_people_get_the_words_of_json()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:DisableSignup", "true")]);
        var request = new { provider = "keycloak", id_token = provider.IdToken() };

        Assert.Equal("""422 {"code":"signup_disabled","message":"Signups not allowed for this instance"}""", (await SignInAsync(server, request)).Whole);
        await server.Database.ExecuteAsync(
            "insert into auth.users (email, email_confirmed_at, banned_until) values ('ada@example.com', now(), now() + interval '1 hour')");
        Assert.Equal("""403 {"code":"user_banned","message":"User is banned"}""", (await SignInAsync(server, request)).Whole);
    }
}
