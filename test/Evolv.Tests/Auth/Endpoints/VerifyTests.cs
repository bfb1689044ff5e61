using System.Net;
using System.Net.Http.Headers;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class VerifyTests(EvolvCluster cluster)
{
    const string Email = "ada@example.com";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scanner_that_opens_the_link_spends_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("otp", new { email = Email });
        var mail = await server.LastMailToAsync(Email);
        var here = $"{server.Url}{new Uri(mail.Link).PathAndQuery}";

        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head, HttpMethod.Get])
        {
            using var request = new HttpRequestMessage(method, here);
            using var answer = await server.Keyless.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.NotNull((await server.FollowAsync(mail.Link)).Part("access_token"));
    }

    [Fact]
    public async Task Page_runs_nothing_and_leads_only_where_it_may()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:RedirectUrls", "https://app.example.com/**"));
        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/auth/v1/verify?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&type=magiclink&redirect_to=https://app.example.com/a%22%3E");
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue("es"));

        using var page = await server.Keyless.SendAsync(request, Token);
        var html = await page.Content.ReadAsStringAsync(Token);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("<html lang=\"es\">", html, StringComparison.Ordinal);
        Assert.Equal(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' https://app.example.com; base-uri 'none'; frame-ancestors 'none'",
            page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("no-referrer", page.Headers.GetValues("Referrer-Policy").Single());
        Assert.True(page.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Link_of_a_client_with_PKCE_leads_to_a_code_that_only_it_can_use()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        var (verifier, challenge) = Pkce.New();
        await server.Anonymous.PostAsync(
            "otp?redirect_to=http://localhost:3000/callback?next=1", new { email = Email, code_challenge = challenge, code_challenge_method = "s256" });
        var mail = await server.LastMailToAsync(Email);

        var landing = await server.FollowAsync(mail.Link);
        var code = landing.Part("code");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = code, code_verifier = verifier })));

        Assert.StartsWith("pkce_", mail.TokenHash, StringComparison.Ordinal);
        Assert.StartsWith("http://localhost:3000/callback?next=1&code=", landing.Place, StringComparison.Ordinal);
        Assert.DoesNotContain("access_token", landing.Place, StringComparison.Ordinal);
        var session = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal("magiclink", await server.Database.ScalarAsync<string>(
            $"select m.authentication_method from auth.mfa_amr_claims m join auth.sessions s on s.id = m.session_id where s.user_id = '{session.User["id"]}' order by m.created_at desc limit 1"));
        Assert.All(answers.Where(answer => answer != session), answer => Assert.Equal(
            """404 {"code":"flow_state_not_found","message":"invalid flow state, no valid flow state found"}""", answer.Whole));
        var error = await server.FollowAsync(mail.Link);
        Assert.Matches(@"\?next=1&error=access_denied&error_code=otp_expired&error_description=[^#]+#error=access_denied&error_code=otp_expired", error.Place);
    }

    [Fact]
    public async Task Wrong_verifier_spends_the_code()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        var (verifier, challenge) = Pkce.New();
        await server.Anonymous.PostAsync("otp", new { email = Email, code_challenge = challenge, code_challenge_method = "S256" });
        var code = (await server.FollowAsync((await server.LastMailToAsync(Email)).Link)).Part("code");

        var wrong = await server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = code, code_verifier = Pkce.New().Verifier });
        var right = await server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = code, code_verifier = verifier });

        Assert.Equal("""400 {"code":"bad_code_verifier","message":"code challenge does not match previously saved code verifier"}""", wrong.Whole);
        Assert.Equal("flow_state_not_found", right.Code);
    }

    [Fact]
    public async Task Code_is_good_for_five_minutes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        var (verifier, challenge) = Pkce.New();
        await server.Anonymous.PostAsync("otp", new { email = Email, code_challenge = challenge, code_challenge_method = "s256" });
        var code = (await server.FollowAsync((await server.LastMailToAsync(Email)).Link)).Part("code");
        await server.Database.ExecuteAsync("update auth.flow_state set auth_code_issued_at = now() - interval '301 s'");

        var late = await server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = code, code_verifier = verifier });

        Assert.Equal("""422 {"code":"flow_state_expired","message":"invalid flow state, flow state has expired"}""", late.Whole);
    }

    [Theory]
    [InlineData("?type=magiclink", "Verify requires a token or a token hash")]
    [InlineData("?token=abc", "Verify requires a verification type")]
    public async Task Link_without_its_parts_is_told_so(string query, string message)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Keyless.AuthAsync(HttpMethod.Get, $"verify{query}");

        Assert.Equal($$"""400 {"code":"validation_failed","message":"{{message}}"}""", answer.Whole);
    }

    [Fact]
    public async Task Forged_form_leads_home_with_an_error()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        foreach (var target in (string[])["https://evil.example.com", "//evil.example.com", "javascript:alert(1)", ""])
        {
            var landing = await server.SubmitAsync(new() { ["token"] = "x", ["type"] = "magiclink", ["redirect_to"] = target });
            Assert.Equal(
                "http://127.0.0.1:54321#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid+or+has+expired&sb=",
                landing.Place);
        }
    }
}
