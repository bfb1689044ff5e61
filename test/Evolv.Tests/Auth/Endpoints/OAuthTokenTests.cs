using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OAuthTokenTests(EvolvCluster cluster)
{
    const string BadRefresh = """400 {"error":"invalid_grant","error_description":"Invalid Refresh Token: Refresh Token Not Found"}""";
    const string BadClient = """401 {"error":"invalid_client","error_description":"Invalid client credentials"}""";

    [Fact]
    public async Task Code_gives_tokens_that_say_whose_they_are()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);

        var tokens = await tool.SignInAsync(ada.AccessToken, more: "&state=xyz&nonce=n-0S6");

        Assert.Equal(
            ["access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"], tokens.Body!.AsObject().Select(member => member.Key));
        Assert.Equal(("bearer", 3600, "openid email profile"), (tokens.Text("token_type"), tokens.Body["expires_in"]!.GetValue<int>(), tokens.Text("scope")));
        Assert.Equal("no-store", tokens.Headers.GetValues("Cache-Control").Single());
        var (own, claims) = (Tool.Claims(ada.AccessToken), Tool.Claims(tokens.Text("access_token")));
        Assert.Equal([.. own.Select(claim => claim.Key).Append("client_id").Append("scope").Order(StringComparer.Ordinal)], claims.Select(claim => claim.Key).Order(StringComparer.Ordinal));
        Assert.Equal((tool.ClientId, "openid email profile"), (claims["client_id"]!.GetValue<string>(), claims["scope"]!.GetValue<string>()));
        Assert.Equal(["oauth_provider/authorization_code", "password"], claims["amr"]!.AsArray().Select(method => method!["method"]!.GetValue<string>()));
        Assert.NotEqual(own["session_id"]!.GetValue<string>(), claims["session_id"]!.GetValue<string>());
        var id = Tool.Claims(tokens.Text("id_token"));
        Assert.True(JsonNode.DeepEquals(id, new JsonObject
        {
            ["sub"] = ada.Id,
            ["email"] = "ada@example.com",
            ["email_verified"] = false, // Nobody has read a mail there.
            ["name"] = "ada",
            ["updated_at"] = id["updated_at"]!.GetValue<long>(),
            ["iss"] = claims["iss"]!.GetValue<string>(),
            ["aud"] = tool.ClientId,
            ["client_id"] = tool.ClientId,
            ["iat"] = id["iat"]!.GetValue<long>(),
            ["exp"] = id["iat"]!.GetValue<long>() + 3600,
            ["auth_time"] = own["amr"]![0]!["timestamp"]!.GetValue<long>(),
            ["nonce"] = "n-0S6",
        }), id.ToJsonString());
        Assert.InRange(id["iat"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 0, 60);
        Assert.Equal(
            $"{ada.Id} oauth_provider_authorization_code {tool.ClientId}",
            await server.Database.ScalarAsync<string>(
                "select concat_ws(' ', payload ->> 'actor_id', payload #>> '{traits,provider_type}', payload #>> '{traits,client_id}') from auth.audit_log_entries where payload -> 'traits' ? 'client_id'"));
    }

    [Fact]
    public async Task Without_openid_there_is_no_id_token_and_claims_follow_scopes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);

        var plain = await tool.SignInAsync(ada.AccessToken, "email");
        var profile = await tool.SignInAsync(ada.AccessToken, "openid profile");

        Assert.Null(plain.Body!["id_token"]);
        Assert.Equal("email", plain.Text("scope"));
        Assert.Null(Tool.Claims(profile.Text("id_token"))["email"]);
        Assert.Null(Tool.Claims(profile.Text("id_token"))["nonce"]);
    }

    [Fact]
    public async Task Id_token_lets_nobody_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var idToken = (await tool.SignInAsync(ada.AccessToken)).Text("id_token");

        Assert.Equal("bad_jwt", (await server.Anonymous.GetUserAsync(idToken)).Code);
        Assert.Equal("bad_jwt", (await server.Anonymous.ReadAsync("oauth/userinfo", idToken)).Text("code"));
        using var rest = server.ClientWith(server.PublishableKey, idToken);
        Assert.Equal(401, (int)(await rest.GetAsync("/rest/v1/profiles", TestContext.Current.CancellationToken)).StatusCode);
        Assert.NotEqual(200, (await server.Anonymous.PostAsync("token?grant_type=id_token", new { provider = "google", id_token = idToken })).Status);
    }

    [Fact]
    public async Task Of_twenty_who_bring_a_code_one_wins_and_the_replays_end_what_it_got()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => tool.ExchangeAsync(code, verifier)));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(19, answers.Count(answer => answer.Whole == Tool.BadCode));
        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(winner.Text("access_token"))).Code);
        Assert.Equal(BadRefresh, (await tool.RefreshAsync(winner.Text("refresh_token"))).Whole);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'token_reuse_detected'"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            $"select count(*) from auth.revocations where subject = '{Tool.Claims(winner.Text("access_token"))["session_id"]}'"));
    }

    [Fact]
    public async Task Code_is_bound_to_client_address_verifier_and_resource_and_spent_by_a_wrong_try()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var other = await Tool.RegisterPublicAsync(server);
        const string Pkce = "PKCE verification failed: ";
        (string Why, Func<string, string, Task<JsonAnswer>> Try)[] cases =
        [
            ("Authorization code was not issued for this client", (code, verifier) => other.ExchangeAsync(code, verifier)),
            ("Invalid redirect_uri", (code, verifier) => tool.ExchangeAsync(code, verifier, $"{Tool.Redirect}/")),
            ($"{Pkce}code_verifier is required when PKCE challenge is present", (code, _) => tool.ExchangeAsync(code, null)),
            ($"{Pkce}code challenge does not match previously saved code verifier", (code, _) => tool.ExchangeAsync(code, Auth.Pkce.New().Verifier)),
            ($"{Pkce}code challenge does not match previously saved code verifier", (code, _) => tool.ExchangeAsync(code, "x")),
            ("Authorization code resource does not match the resource parameter", (code, verifier) => tool.ExchangeAsync(code, verifier, more: ("resource", "https://other.example/"))),
        ];
        foreach (var (why, tryAsync) in cases)
        {
            var (code, verifier) = await tool.ApproveAsync(ada.AccessToken, more: "&resource=https%3A%2F%2Fmcp.example%2F");

            Assert.Equal($$"""400 {"error":"invalid_grant","error_description":"{{why}}"}""", (await tryAsync(code, verifier)).Whole);
            Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync(code, verifier)).Whole);
        }

        var (good, its) = await tool.ApproveAsync(ada.AccessToken, more: "&resource=https%3A%2F%2Fmcp.example%2F");
        Assert.Equal(200, (await tool.ExchangeAsync(good, its, redirect: null, ("resource", "https://mcp.example/"))).Status);
        Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync("unknown", its)).Whole);
        var kept = await server.Database.ScalarAsync<string>("select authorization_code from auth.oauth_authorizations limit 1");
        Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync(kept, its)).Whole); // What stands in the table is no code.
    }

    [Theory]
    [InlineData("update auth.oauth_authorizations set expires_at = now() - interval '1 second'", "Authorization code has expired")]
    [InlineData("update auth.users set banned_until = now() + interval '1 hour'", "User is banned")]
    [InlineData("update auth.users set deleted_at = now()", "Invalid authorization code")]
    [InlineData("delete from auth.sessions", "Invalid authorization code")]
    [InlineData("update auth.sessions set not_after = now()", "Invalid authorization code")]
    [InlineData("delete from auth.users", "Invalid authorization code")]
    public async Task What_ended_before_the_code_came_ends_the_code(string sql, string why)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);
        await server.Database.ExecuteAsync(sql);

        Assert.Equal($$"""400 {"error":"invalid_grant","error_description":"{{why}}"}""", (await tool.ExchangeAsync(code, verifier)).Whole);
    }

    [Fact]
    public async Task Signing_out_everywhere_or_a_new_password_ends_codes_and_clients()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);

        await server.Anonymous.PutUserAsync(ada.AccessToken, new { password = "another horse battery" });

        Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync(code, verifier)).Whole);
        Assert.Equal(BadRefresh, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Whole);
        var later = await tool.SignInAsync(ada.AccessToken);
        await server.Anonymous.PostAsync("logout", bearer: ada.AccessToken);
        Assert.Equal(BadRefresh, (await tool.RefreshAsync(later.Text("refresh_token"))).Whole);
    }

    [Fact]
    public async Task Refresh_keeps_the_session_and_rotates_and_a_stolen_token_ends_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterPublicAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);

        var first = await tool.RefreshAsync(tokens.Text("refresh_token"));
        var second = await tool.RefreshAsync(first.Text("refresh_token"));

        Assert.Equal(200, second.Status);
        Assert.Equal(["access_token", "token_type", "expires_in", "refresh_token"], first.Body!.AsObject().Select(member => member.Key));
        Assert.NotEqual(tokens.Text("refresh_token"), first.Text("refresh_token"));
        var (before, after) = (Tool.Claims(tokens.Text("access_token")), Tool.Claims(second.Text("access_token")));
        foreach (var claim in (string[])["session_id", "client_id", "scope", "amr", "aal"])
            Assert.Equal(before[claim]!.ToJsonString(), after[claim]!.ToJsonString());
        await server.Database.ExecuteAsync("update auth.refresh_tokens set updated_at = updated_at - interval '1 minute'");
        Assert.Equal(
            """400 {"error":"invalid_grant","error_description":"Invalid Refresh Token: Already Used"}""",
            (await tool.RefreshAsync(tokens.Text("refresh_token"))).Whole);
        Assert.Equal(400, (await tool.RefreshAsync(second.Text("refresh_token"))).Status);
        Assert.NotEqual(200, (await server.Anonymous.GetUserAsync(second.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
    }

    [Fact]
    public async Task Refresh_tokens_are_good_at_their_own_door_with_their_own_client_alone()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var other = await Tool.RegisterPublicAsync(server);
        var token = (await tool.SignInAsync(ada.AccessToken)).Text("refresh_token");

        Assert.Equal(
            """400 {"code":"refresh_token_not_found","message":"Invalid Refresh Token: Refresh Token Not Found"}""",
            (await server.Anonymous.RefreshAsync(token)).Whole);
        Assert.Equal(BadRefresh, (await other.RefreshAsync(token)).Whole);
        Assert.Equal(BadRefresh, (await tool.RefreshAsync(ada.RefreshToken)).Whole);
        Assert.Equal(BadClient, (await (tool with { Secret = "wrong" }).RefreshAsync(token)).Whole);
        Assert.Equal(
            """401 {"error":"invalid_client","error_description":"invalid authentication method: client is registered for 'client_secret_basic' but 'none' was used"}""",
            (await (tool with { Secret = null }).RefreshAsync(token)).Whole);
        Assert.Equal(200, (await tool.RefreshAsync(token)).Status); // None of that spent it.
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
    }

    [Fact]
    public async Task Banned_people_and_clients_without_the_grant_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var brief = await Tool.RegisterAsync(server, new { redirect_uris = new[] { Tool.Redirect }, grant_types = new[] { "authorization_code" } });
        var tokens = await tool.SignInAsync(ada.AccessToken);

        var once = await brief.SignInAsync(ada.AccessToken);
        await server.Database.ExecuteAsync("update auth.users set banned_until = now() + interval '1 hour'");

        Assert.Null(once.Body!["refresh_token"]);
        Assert.Equal(
            """400 {"error":"unsupported_grant_type","error_description":"Client is not allowed to use grant type: refresh_token"}""",
            (await brief.RefreshAsync("x")).Whole);
        Assert.Equal(
            """400 {"error":"invalid_grant","error_description":"Invalid Refresh Token: User Banned"}""",
            (await tool.RefreshAsync(tokens.Text("refresh_token"))).Whole);
        Assert.Equal("user_banned", (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Code);
    }

    [Fact]
    public async Task Client_shows_who_it_is_in_the_way_it_is_registered_for()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var basic = await Tool.RegisterAsync(server);
        var post = await Tool.RegisterAsync(server, new { redirect_uris = new[] { Tool.Redirect }, token_endpoint_auth_method = "client_secret_post" });
        var app = await Tool.RegisterPublicAsync(server);
        const string Good = BadRefresh; // The client is known, its token is not.
        const string OneWay = """400 {"error":"invalid_request","error_description":"The client must authenticate in one way only"}""";

        (string? Basic, string Form, string Expected)[] cases =
        [
            ($"{basic.ClientId}:{basic.Secret}", "", Good),
            ($"{basic.ClientId.Replace("-", "%2D", StringComparison.Ordinal)}:{Uri.EscapeDataString(basic.Secret!)}", "", Good),
            ($"{basic.ClientId}:{basic.Secret}", $"&client_id={basic.ClientId}", Good),
            ($"{basic.ClientId}:{basic.Secret}", $"&client_id={post.ClientId}", OneWay),
            ($"{basic.ClientId}:{basic.Secret}", $"&client_secret={basic.Secret}", OneWay),
            ($"{basic.ClientId}:{post.Secret}", "", BadClient),
            ($"{basic.ClientId}:", "", BadClient),
            ($"{Guid.Empty}:{basic.Secret}", "", BadClient),
            ("x:y", "", BadClient),
            (":", "", BadClient),
            ("x", "", """401 {"error":"invalid_client","error_description":"invalid basic auth format"}"""),
            (null, $"&client_id={post.ClientId}&client_secret={post.Secret}", Good),
            (null, $"&client_id={post.ClientId}&client_secret={basic.Secret}", BadClient),
            (null, $"&client_id={basic.ClientId}&client_secret={basic.Secret}", """401 {"error":"invalid_client","error_description":"invalid authentication method: client is registered for 'client_secret_basic' but 'client_secret_post' was used"}"""),
            ($"{post.ClientId}:{post.Secret}", "", """401 {"error":"invalid_client","error_description":"invalid authentication method: client is registered for 'client_secret_post' but 'client_secret_basic' was used"}"""),
            (null, $"&client_id={app.ClientId}", Good),
            (null, $"&client_id={app.ClientId}&client_secret=x", """401 {"error":"invalid_client","error_description":"invalid authentication method: client is registered for 'none' but 'client_secret_post' was used"}"""),
            (null, "", """401 {"error":"invalid_client","error_description":"Client authentication required"}"""),
            (null, "&client_id=1", BadClient),
            (null, $"&client_id={app.ClientId}&client_id={app.ClientId}", """400 {"error":"invalid_request","error_description":"client_id must be given once"}"""),
        ];
        foreach (var (header, form, expected) in cases)
        {
            var answer = await Tool.PostAsync(
                server, Form($"grant_type=refresh_token&refresh_token=x{form}"),
                header is null ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(header))));
            Assert.Equal((header, form, expected), (header, form, answer.Whole));
            Assert.Equal(answer.Status == 401 && header is not null, answer.Headers.WwwAuthenticate.Count > 0);
        }

        Assert.Equal(
            """401 {"error":"invalid_client","error_description":"invalid basic auth encoding"}""",
            (await Tool.PostAsync(server, Form("grant_type=refresh_token&refresh_token=x"), new AuthenticationHeaderValue("Basic", "%%%"))).Whole);
    }

    [Fact]
    public async Task Json_is_taken_as_GoTrue_takes_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var app = await Tool.RegisterPublicAsync(server);
        var (code, verifier) = await app.ApproveAsync(ada.AccessToken);

        var answer = await server.Keyless.SendAsync(
            "oauth/token", new { grant_type = "authorization_code", code, code_verifier = verifier, client_id = app.ClientId, redirect_uri = Tool.Redirect });

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Odd_bodies_are_refused_in_OAuths_form()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var app = await Tool.RegisterPublicAsync(server);
        const string NoType = """400 {"error":"invalid_request","error_description":"grant_type is required"}""";
        const string BadForm = """400 {"error":"invalid_request","error_description":"Failed to parse form data"}""";
        const string BadJson = """400 {"error":"invalid_request","error_description":"Invalid JSON body"}""";

        (string? ContentType, string Body, string Expected)[] cases =
        [
            (null, "", NoType),
            ("text/plain", "grant_type=refresh_token", NoType),
            ("multipart/form-data", "grant_type=refresh_token", NoType),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nrefresh_token\r\n--x--", NoType),
            ("application/x-www-form-urlencoded", "", NoType),
            ("application/x-www-form-urlencoded", "grant_type=", NoType),
            ("application/x-www-form-urlencoded", "%%%=%%%&&&=", NoType),
            ("application/x-www-form-urlencoded; charset=nonsense", "grant_type=", NoType),
            ("application/x-www-form-urlencoded", string.Join('&', Enumerable.Range(0, 2000).Select(i => $"a{i}=")), BadForm),
            ("application/x-www-form-urlencoded", "grant_type=refresh_token&grant_type=refresh_token", """400 {"error":"invalid_request","error_description":"grant_type must be given once"}"""),
            ("application/x-www-form-urlencoded", "grant_type=password", """400 {"error":"unsupported_grant_type","error_description":"grant_type must be authorization_code or refresh_token"}"""),
            ("application/x-www-form-urlencoded", $"grant_type=refresh_token&client_id={app.ClientId}", """400 {"error":"invalid_request","error_description":"refresh_token is required for refresh_token grant"}"""),
            ("application/x-www-form-urlencoded", $"grant_type=authorization_code&client_id={app.ClientId}", """400 {"error":"invalid_request","error_description":"code is required for authorization_code grant"}"""),
            ("application/x-www-form-urlencoded", $"grant_type=authorization_code&code=a%00b&client_id={app.ClientId}", BadForm),
            ("application/x-www-form-urlencoded", $"grant_type=refresh_token&refresh_token=%00&client_id={app.ClientId}", BadForm),
            ("application/json", $$"""{"grant_type":"authorization_code","code":"a\u0000b","code_verifier":"\u0000","client_id":"{{app.ClientId}}"}""", Tool.BadCode),
            ("application/json", $$"""{"grant_type":"refresh_token","refresh_token":"\u0000","client_id":"{{app.ClientId}}"}""", BadRefresh),
            ("application/json", """{"grant_type":"refresh_token","refresh_token":"x","client_id":"\u0000"}""", BadClient),
            ("application/json", "", BadJson),
            ("application/json", "null", BadJson),
            ("application/json", "[]", BadJson),
            ("application/json; charset=utf-8", """{"grant_type":1}""", BadJson),
            ("application/json", """{"grant_type":"refresh_token","grant_type":"refresh_token"}""", BadJson),
        ];
        foreach (var (type, body, expected) in cases)
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (type is not null)
                content.Headers.TryAddWithoutValidation("Content-Type", type);
            Assert.Equal((type, body, expected), (type, body, (await Tool.PostAsync(server, content)).Whole));
        }

        Assert.Equal(413, (await Tool.PostAsync(server, Form($"grant_type={new string('x', 70_000)}"))).Status);
        Assert.Equal(404, (await server.Keyless.ReadAsync("oauth/token?grant_type=refresh_token")).Status);
    }

    [Fact]
    public async Task Clients_of_one_address_are_limited_and_told_so_with_429()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("RateLimits:Enabled", "true"), ("Auth:Limits:Tokens", "3"));
        var app = await Tool.RegisterPublicAsync(server);

        for (var i = 0; i < 3; i++)
            Assert.Equal(BadRefresh, (await app.RefreshAsync("x")).Whole);
        var refused = await app.RefreshAsync("x");

        Assert.Equal((429, true), (refused.Status, refused.Headers.RetryAfter is not null));
    }

    [Fact]
    public async Task Session_of_a_client_has_the_factors_of_the_one_that_approved_and_loses_them_with_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var before = await tool.SignInAsync(ada.AccessToken);
        var (authenticator, raised) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var after = await tool.SignInAsync(raised.Text("access_token"));

        await server.Anonymous.RemoveAsync($"factors/{authenticator.FactorId}", bearer: raised.Text("access_token"));
        var lowered = await tool.RefreshAsync(after.Text("refresh_token"));

        Assert.Equal("aal1", Tool.Claims(before.Text("access_token"))["aal"]!.GetValue<string>());
        Assert.Equal("aal2", Tool.Claims(after.Text("access_token"))["aal"]!.GetValue<string>());
        Assert.Equal("aal1", Tool.Claims(lowered.Text("access_token"))["aal"]!.GetValue<string>());
        Assert.DoesNotContain("totp", Tool.Claims(lowered.Text("access_token"))["amr"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_session_for_people_is_not_one_for_their_clients()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SingleSession", "true"));
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);

        var tokens = await tool.SignInAsync(ada.AccessToken);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        var again = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        Assert.Equal(200, (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Status);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(200, again.Status);
    }

    [Fact]
    public async Task Hook_sees_the_client_and_cannot_make_its_token_the_persons()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);
        await server.Database.ExecuteAsync("""
            create or replace function evolv.access_token_hook(event jsonb) returns jsonb language sql stable set search_path = ''
            return event #- '{claims,client_id}'
            """);

        var answer = await tool.ExchangeAsync(code, verifier);

        Assert.Equal(500, answer.Status);
        Assert.Contains("it must keep the claim client_id", answer.Whole, StringComparison.Ordinal);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions where oauth_client_id is not null"));
    }

    static StringContent Form(string text) => new(text, Encoding.UTF8, "application/x-www-form-urlencoded");
}
