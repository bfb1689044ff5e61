using System.Text.Json.Nodes;
using Evolv.Tests.Auth.External;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OAuthAuthorizationsTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Person_sees_who_asks_for_what_and_approves()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server, new { client_name = "Plans", redirect_uris = new[] { Tool.Redirect }, client_uri = "https://plans.example.com" });
        var (id, _) = await tool.BeginAsync("openid email openid");

        var asked = await tool.LookAsync(id, ada.AccessToken);
        var again = await tool.LookAsync(id, ada.AccessToken);
        var approved = await tool.AnswerAsync(id, ada.AccessToken);

        var expected = new JsonObject
        {
            ["authorization_id"] = id,
            ["redirect_uri"] = Tool.Redirect,
            ["client"] = new JsonObject { ["id"] = tool.ClientId, ["name"] = "Plans", ["uri"] = "https://plans.example.com" },
            ["user"] = new JsonObject { ["id"] = ada.Id, ["email"] = "ada@example.com" },
            ["scope"] = "openid email",
        };
        Assert.Equal($"200 {expected.ToJsonString()}", asked.Whole);
        Assert.Equal(asked.Whole, again.Whole);
        Assert.Equal(200, approved.Status);
        Assert.Equal(["redirect_url"], approved.Body!.AsObject().Select(member => member.Key));
        var code = new Hop(0, approved.Text("redirect_url"));
        Assert.Equal($"{Tool.Redirect}?code={code.Query("code")}&state=xyz", code.Location);
        Assert.DoesNotContain(
            code.Query("code"), await server.Database.ScalarAsync<string>("select string_agg(a::text, ' ') from auth.oauth_authorizations a"), StringComparison.Ordinal);
        Assert.Equal("openid email", await server.Database.ScalarAsync<string>("select scopes from auth.oauth_consents where revoked_at is null"));
        const string Done = """400 {"code":"validation_failed","message":"authorization request cannot be processed"}""";
        Assert.Equal(Done, (await tool.LookAsync(id, ada.AccessToken)).Whole);
        Assert.Equal(Done, (await tool.AnswerAsync(id, ada.AccessToken, "deny")).Whole);
    }

    [Fact]
    public async Task Person_denies_and_the_client_is_told()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();
        await tool.LookAsync(id, ada.AccessToken);

        var denied = await tool.AnswerAsync(id, ada.AccessToken, "deny");

        Assert.Equal(
            $$"""200 {"redirect_url":"{{Tool.Redirect}}?error=access_denied&error_description=User+denied+the+request&state=xyz"}""", denied.Whole);
        Assert.Equal(400, (await tool.AnswerAsync(id, ada.AccessToken)).Status);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_consents"));
    }

    [Fact]
    public async Task What_was_granted_is_not_asked_again_and_more_is()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var tool = await Tool.RegisterAsync(server);
        await tool.ApproveAsync(ada.AccessToken, "openid email");

        var (less, verifier) = await tool.BeginAsync("email");
        var remembered = await tool.LookAsync(less, ada.AccessToken);
        var (more, _) = await tool.BeginAsync("openid email profile");
        var asked = await tool.LookAsync(more, ada.AccessToken);
        var (others, _) = await tool.BeginAsync("email");
        var bobs = await tool.LookAsync(others, bob.AccessToken);

        Assert.Equal(["redirect_url"], remembered.Body!.AsObject().Select(member => member.Key));
        Assert.Equal(200, (await tool.ExchangeAsync(new Hop(0, remembered.Text("redirect_url")).Query("code"), verifier)).Status);
        Assert.Equal(more, asked.Text("authorization_id"));
        Assert.Equal(others, bobs.Text("authorization_id"));
        Assert.Equal("openid email", await server.Database.ScalarAsync<string>("select scopes from auth.oauth_consents"));
    }

    [Fact]
    public async Task Programs_on_the_persons_machine_are_asked_about_every_time()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        const string Loopback = "http://127.0.0.1:8123/callback";
        var tool = await Tool.RegisterAsync(server, new { redirect_uris = new[] { Loopback }, token_endpoint_auth_method = "none" });

        for (var times = 0; times < 2; times++)
        {
            var id = (await tool.VisitAsync(Pkce.New().Challenge, redirect: Loopback)).Query("authorization_id");
            var looked = await tool.LookAsync(id, ada.AccessToken);
            Assert.Equal(id, looked.Text("authorization_id"));
            Assert.Equal(200, (await tool.AnswerAsync(id, ada.AccessToken)).Status);
        }
    }

    [Fact]
    public async Task Nobody_sees_or_answers_what_somebody_else_has_opened()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();
        var (unseen, _) = await tool.BeginAsync();
        await tool.LookAsync(id, ada.AccessToken);

        Assert.Equal(Tool.Mismatch, (await tool.LookAsync(id, eve.AccessToken)).Whole);
        Assert.Equal(Tool.Mismatch, (await tool.AnswerAsync(id, eve.AccessToken)).Whole);
        Assert.Equal(Tool.Mismatch, (await tool.AnswerAsync(id, eve.AccessToken, "deny")).Whole);
        Assert.Equal(Tool.Mismatch, (await tool.AnswerAsync(unseen, ada.AccessToken)).Whole); // Nobody was shown it.
        Assert.Equal(200, (await tool.AnswerAsync(id, ada.AccessToken)).Status);
        Assert.Equal(Tool.Mismatch, (await tool.LookAsync(id, eve.AccessToken)).Whole);
    }

    [Fact]
    public async Task Of_two_who_open_it_at_once_one_has_it_and_of_twenty_answers_one_counts()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();

        var looks = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => tool.LookAsync(id, i % 2 == 0 ? ada.AccessToken : eve.AccessToken)));
        var owner = looks[0].Status == 200 ? ada : eve;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => tool.AnswerAsync(id, owner.AccessToken, i % 2 == 0 ? "approve" : "deny")));

        Assert.Equal(10, looks.Count(look => look.Status == 200));
        Assert.Equal(10, looks.Count(look => look.Whole == Tool.Mismatch));
        Assert.Single(looks.Where(look => look.Status == 200).Select(look => look.Body!["user"]!["id"]!.GetValue<string>()).Distinct());
        Assert.Equal((1, 19), (answers.Count(answer => answer.Status == 200), answers.Count(answer => answer.Status == 400)));
    }

    [Fact]
    public async Task Too_old_a_request_is_gone()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();
        await tool.LookAsync(id, ada.AccessToken);
        await server.Database.ExecuteAsync("update auth.oauth_authorizations set expires_at = now() - interval '1 second'");

        Assert.Equal(Tool.Mismatch, (await tool.LookAsync(id, ada.AccessToken)).Whole);
        Assert.Equal(Tool.Mismatch, (await tool.AnswerAsync(id, ada.AccessToken)).Whole);
    }

    [Fact]
    public async Task Pages_of_others_and_people_without_a_session_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SiteUrl", "https://school.example"), ("Auth:RedirectUrls", "https://app.example.com/**"));
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();

        Assert.Equal(401, (await server.Keyless.ReadAsync($"oauth/authorizations/{id}")).Status);
        Assert.Equal(403, (await server.Anonymous.ReadAsync($"oauth/authorizations/{id}")).Status);
        Assert.Equal(403, (await server.Service.ReadAsync($"oauth/authorizations/{id}")).Status);
        Assert.Equal(401, (await server.Keyless.SendAsync($"oauth/authorizations/{id}/consent", new { action = "approve" })).Status);
        foreach (var origin in (string[])["https://evil.example", "null", "https://school.example.evil.example", "http://school.example"])
        {
            Assert.Equal((origin, """{"code":"validation_failed","message":"unauthorized request origin"}"""), (origin, await FromAsync(origin, HttpMethod.Get, "")));
            Assert.Equal((origin, """{"code":"validation_failed","message":"unauthorized request origin"}"""), (origin, await FromAsync(origin, HttpMethod.Post, "/consent")));
        }

        foreach (var origin in (string[])["https://school.example", "https://app.example.com"])
            Assert.Contains(id, await FromAsync(origin, HttpMethod.Get, ""), StringComparison.Ordinal);

        async Task<string> FromAsync(string origin, HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, $"/auth/v1/oauth/authorizations/{id}{path}");
            request.Headers.TryAddWithoutValidation("Origin", origin);
            request.Headers.Add("X-Supabase-Api-Version", "2024-01-01");
            if (method == HttpMethod.Post)
                request.Content = new StringContent("""{"action":"approve"}""");
            using var answer = await ada.Http.SendAsync(request, Token);
            return await answer.Content.ReadAsStringAsync(Token);
        }
    }

    [Fact]
    public async Task Odd_requests_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();
        await tool.LookAsync(id, ada.AccessToken);

        foreach (var unknown in (string[])["1", Guid.Empty.ToString(), new string('x', 2000), "%F0%9F%8C%B1", "..%2f"])
            Assert.Equal((unknown, Tool.Mismatch), (unknown, (await tool.LookAsync(unknown, ada.AccessToken)).Whole));
        const string Action = """400 {"code":"validation_failed","message":"action must be 'approve' or 'deny'"}""";
        foreach (var (body, expected) in ((string, string)[])[("{}", Action), ("""{"action":"Approve"}""", Action), ("""{"action":null}""", Action)])
            Assert.Equal((body, expected), (body, (await server.Anonymous.SendAsync($"oauth/authorizations/{id}/consent", body, ada.AccessToken)).Whole));
        foreach (var body in (string[])["", "{", "[]", """{"action":1}""", """{"action":"deny","action":"approve"}"""])
            Assert.Equal((body, 400), (body, (await server.Anonymous.SendAsync($"oauth/authorizations/{id}/consent", body, ada.AccessToken)).Status));
        Assert.Equal(404, (await server.Anonymous.RemoveAsync($"oauth/authorizations/{id}", bearer: ada.AccessToken)).Status);
        Assert.Equal("pending", await server.Database.ScalarAsync<string>("select status from auth.oauth_authorizations"));
    }

    [Fact]
    public async Task Who_has_a_second_factor_shows_it_before_letting_a_client_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (_, raised) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");
        const string Missing = """403 {"code":"insufficient_aal","message":"AAL2 session is required to authorize OAuth clients when MFA is enabled."}""";

        var (id, _) = await tool.BeginAsync();
        var shown = await tool.LookAsync(id, password);
        var refused = await tool.AnswerAsync(id, password);
        var tokens = await tool.SignInAsync(raised.Text("access_token"));
        var (again, _) = await tool.BeginAsync();
        var remembered = await tool.LookAsync(again, password);

        Assert.Equal(id, shown.Text("authorization_id"));
        Assert.Equal(Missing, refused.Whole);
        Assert.Equal("aal2", Tool.Claims(tokens.Text("access_token"))["aal"]!.GetValue<string>());
        Assert.Equal(again, remembered.Text("authorization_id")); // Not at once, although it was granted.
        Assert.Equal(Missing, (await tool.AnswerAsync(again, password)).Whole);
        Assert.Equal(200, (await tool.AnswerAsync(again, password, "deny")).Status);
    }

    [Fact]
    public async Task Guest_may_let_a_client_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.TokenOfGuestAsync();
        var tool = await Tool.RegisterAsync(server);

        var tokens = await tool.SignInAsync(guest);

        var claims = Tool.Claims(tokens.Text("access_token"));
        Assert.True(claims["is_anonymous"]!.GetValue<bool>());
        Assert.Null(Tool.Claims(tokens.Text("id_token"))["email"]);
    }
}
