using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.External;

public sealed class CallbackTests(EvolvCluster cluster)
{
    const string NoState = $"{SiteUrl}?error=invalid_request&error_code=bad_oauth_callback&error_description=OAuth+state+parameter+missing";
    const string BadState = $"{SiteUrl}?error=invalid_request&error_code=bad_oauth_state&error_description=OAuth+callback+with+invalid+state";
    const string NoProfile = "error=server_error&error_code=unexpected_failure&error_description=Error+getting+user+profile+from+external+provider";
    const string NoExchange = "error=server_error&error_code=unexpected_failure&error_description=Unable+to+exchange+external+code";

    static readonly RsaSecurityKey Stranger = ProviderStandIn.NewKey("one");

    static Func<HttpContext, Task> Answer(int status, string text) => async context =>
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text, context.RequestAborted);
    };

    static string Error(string error) => $"{App}&{error}#{error}&sb=";

    // What the ID token or the answers say, and what becomes of it.
    static readonly Dictionary<string, (Action<ProviderStandIn> Lie, string Expected)> Lies = new()
    {
        ["another key"] = (provider => provider.Sign = claims => ProviderStandIn.SignWith(claims, Stranger), NoProfile),
        ["no signature"] = (provider => provider.Sign = claims => Unsigned(claims), NoProfile),
        ["signed with the public secret"] = (provider => provider.Sign = claims => ProviderStandIn.SignWith(
            claims, new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(new string('x', 64))), "HS256"), NoProfile),
        ["an access token"] = (provider => provider.Sign = claims => ProviderStandIn.SignWith(claims, provider.Key, type: "at+jwt"), NoProfile),
        ["another kind of Keycloak's tokens"] = (provider => provider.Claims = claims => claims["typ"] = "Bearer", NoProfile),
        ["another nonce"] = (provider => provider.Claims = claims => claims["nonce"] = "another", NoProfile),
        ["no nonce"] = (provider => provider.Claims = claims => claims.Remove("nonce"), NoProfile),
        ["another client"] = (provider => provider.Claims = claims => claims["aud"] = "somebody-else", NoProfile),
        ["several clients, made for another"] = (provider => provider.Claims = claims =>
        {
            claims["aud"] = new JsonArray(ProviderStandIn.ClientId, "somebody-else");
            claims["azp"] = "somebody-else";
        }, NoProfile),
        ["another issuer"] = (provider => provider.Claims = claims => claims["iss"] = "https://accounts.google.com", NoProfile),
        ["no issuer"] = (provider => provider.Claims = claims => claims.Remove("iss"), NoProfile),
        ["expired"] = (provider => provider.Claims = claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 60, NoProfile),
        ["without an end"] = (provider => provider.Claims = claims => claims.Remove("exp"), NoProfile),
        ["from the future"] = (provider => provider.Claims = claims => claims["iat"] = claims["exp"]!.GetValue<long>() + 60, NoProfile),
        ["another access token's"] = (provider => provider.Claims = claims => claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA", NoProfile),
        ["no subject"] = (provider => provider.Claims = claims => claims.Remove("sub"), NoProfile),
        ["a number for a subject"] = (provider => provider.Claims = claims => claims["sub"] = 5, NoProfile),
        ["a subject with NUL"] = (provider => provider.Claims = claims => claims["sub"] = "a\0b", NoProfile),
        ["an endless subject"] = (provider => provider.Claims = claims => claims["sub"] = new string('a', 256), NoProfile),
        ["an endless token"] = (provider => provider.Claims = claims => claims["x"] = new string('a', 20_000), NoProfile),
        ["no ID token"] = (provider => provider.Sign = _ => "", NoProfile),
        ["a profile of another"] = (provider =>
        {
            provider.Claims = claims => claims.Remove("email");
            provider.Instead["/userinfo"] = Answer(200, """{"sub":"subject-of-eve","email":"ada@example.com","email_verified":true}""");
        }, NoProfile),
        ["a profile that is down"] = (provider =>
        {
            provider.Claims = claims => claims.Remove("email");
            provider.Instead["/userinfo"] = Answer(500, "");
        }, NoProfile),
        ["tokens down"] = (provider => provider.Instead["/token"] = Answer(500, "oops"), NoExchange),
        ["tokens without JSON"] = (provider => provider.Instead["/token"] = Answer(200, "<html>"), NoExchange),
        ["tokens of another shape"] = (provider => provider.Instead["/token"] = Answer(200, "[]"), NoExchange),
        ["an error with 200"] = (provider => provider.Instead["/token"] = Answer(200, """{"error":"bad_verification_code"}"""), NoExchange),
        ["no access token"] = (provider => provider.Instead["/token"] = Answer(200, """{"access_token":5}"""), NoExchange),
        ["tokens without end"] = (provider => provider.Instead["/token"] = Answer(200, new string(' ', 1 << 20)), NoExchange),
        ["tokens that never come"] = (provider => provider.Instead["/token"] = context => Task.Delay(Timeout.Infinite, context.RequestAborted), NoExchange),
        ["tokens elsewhere"] = (provider => provider.Instead["/token"] = context =>
        {
            context.Response.Redirect($"{provider.Url}/elsewhere");
            return Task.CompletedTask;
        }, NoExchange),
    };

    static string Unsigned(JsonObject claims)
    {
        static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
        return $"{Part("""{"alg":"none","typ":"JWT"}""")}.{Part(claims.ToJsonString())}.";
    }

    [Fact]
    public async Task Provider_that_lies_signs_nobody_in()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        foreach (var (name, (lie, expected)) in Lies)
        {
            var back = provider.Back(await server.BeginAsync("keycloak"));
            lie(provider);

            var end = await server.VisitAsync(back);

            Assert.Equal($"{name}: 302 {Error(expected)}", $"{name}: {end.Status} {end.Location}");
            Assert.Equal(0, await server.Database.ScalarAsync<long>("select (select count(*) from auth.users) + (select count(*) from auth.flow_state)"));
            Assert.DoesNotContain("GET /elsewhere", provider.Requests);
            (provider.Sign, provider.Claims) = (null, _ => { });
            provider.Instead.Clear();
            Assert.Equal(BadState, (await server.VisitAsync(back)).Location);
        }

        // The same without a lie.
        Assert.NotEmpty((await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")))).Fragment("access_token"));
    }

    [Fact]
    public async Task State_is_good_once_for_ten_minutes_and_only_ours()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var back = provider.Back(await server.BeginAsync("keycloak"));
        var late = provider.Back(await server.BeginAsync("keycloak"));
        await server.Database.ExecuteAsync(
            $"update auth.flow_state set created_at = created_at - interval '10 minutes 1 second' where provider_state = '{Evolv.Auth.Flows.Secret.Hash(Parameter(late, "state"))}'");

        Assert.NotEmpty((await server.VisitAsync(back)).Fragment("access_token"));
        Assert.Equal(new Hop(303, BadState), await server.VisitAsync(back));
        Assert.Equal(new Hop(303, BadState), await server.VisitAsync(late));
        Assert.Equal(new Hop(303, BadState), await server.VisitAsync("/auth/v1/callback?code=x&state=foreign"));
        Assert.Equal(new Hop(303, BadState), await server.VisitAsync("/auth/v1/callback?code=x&state=a%00b"));
        Assert.Equal(new Hop(303, NoState), await server.VisitAsync("/auth/v1/callback?code=x"));
        Assert.Equal(new Hop(303, NoState), await server.VisitAsync("/auth/v1/callback"));
        Assert.Equal(new Hop(303, NoState), await server.PostFormAsync("/auth/v1/callback?state=in-query-of-a-post"));
    }

    [Fact]
    public async Task Of_ten_answers_at_once_one_wins()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var back = provider.Back(await server.BeginAsync("keycloak"));

        var ends = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.VisitAsync(back)));

        Assert.Single(ends, end => end.Status == 302 && end.Fragment("access_token").Length > 0);
        Assert.Equal(9, ends.Count(end => end == new Hop(303, BadState)));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task What_is_missing_or_names_another_issuer_is_told_on_the_page()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var (one, two) = (await server.BeginAsync("keycloak"), await server.BeginAsync("keycloak"));

        var noCode = await server.VisitAsync($"/auth/v1/callback?state={Parameter(one, "state")}");
        var mixedUp = await server.VisitAsync($"{provider.Back(two)}&iss=https://evil.example");

        Assert.Equal(
            Error("error=invalid_request&error_code=bad_oauth_callback&error_description=OAuth+callback+with+missing+authorization+code+missing"),
            noCode.Location);
        Assert.Equal(Error(NoProfile), mixedUp.Location);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nnonsense")]
    [InlineData("multipart/form-data", "state=a")]
    [InlineData("application/json", """{"state":"a"}""")]
    [InlineData("application/x-www-form-urlencoded", "%%%&=&state")]
    [InlineData("text/plain", "state=a")]
    public async Task Post_that_is_no_form_has_no_state(string type, string body)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });

        using var answer = await browser.PostAsync(new Uri($"{server.Url}/auth/v1/callback"), content, TestContext.Current.CancellationToken);

        Assert.Equal((303, NoState), ((int)answer.StatusCode, answer.Headers.Location!.OriginalString));
    }

    [Fact]
    public async Task Closed_house_lets_in_who_is_known_and_no_banned_one()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        async Task<Hop> ComeAsync(EvolvServer at) => await at.VisitAsync(provider.Back(await at.BeginAsync("keycloak")));
        Assert.NotEmpty((await ComeAsync(server)).Fragment("access_token"));
        await server.StopAsync();
        await using var closed = await EvolvServer.StartAsync(server.Database, [.. provider.Settings(), ("Auth:DisableSignup", "true")]);

        var known = await ComeAsync(closed);
        provider.Person["sub"] = "somebody-new";
        provider.Person["email"] = "new@example.com";
        var stranger = await ComeAsync(closed);
        provider.Person = ProviderStandIn.Ada();
        await closed.Database.ExecuteAsync("update auth.users set banned_until = 'infinity'");
        var banned = await ComeAsync(closed);

        Assert.NotEmpty(known.Fragment("access_token"));
        Assert.Equal(
            Error("error=access_denied&error_code=signup_disabled&error_description=Signups+not+allowed+for+this+instance"), stranger.Location);
        Assert.Equal(Error("error=access_denied&error_code=user_banned&error_description=User+is+banned"), banned.Location);
    }

    [Fact]
    public async Task Key_that_is_new_is_fetched_once_in_a_while()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        async Task<Hop> ComeAsync() => await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));
        Assert.NotEmpty((await ComeAsync()).Fragment("access_token"));

        provider.Key = ProviderStandIn.NewKey("two");
        var rotated = await ComeAsync();
        provider.Sign = claims => ProviderStandIn.SignWith(claims, ProviderStandIn.NewKey("made up"));
        var madeUp = await ComeAsync();

        Assert.NotEmpty(rotated.Fragment("access_token"));
        Assert.Equal(Error(NoProfile), madeUp.Location);
        Assert.Equal(2, provider.Requests.Count(request => request == "GET /jwks"));
    }

    [Fact]
    public async Task Client_proves_itself_as_the_provider_wants_it()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var basic = await EvolvServer.StartAsync(cluster, provider.Settings());
        Assert.NotEmpty((await basic.VisitAsync(provider.Back(await basic.BeginAsync("keycloak")))).Fragment("access_token"));
        provider.Discovery = document => document["token_endpoint_auth_methods_supported"] = new JsonArray("private_key_jwt", "client_secret_post");
        await using var post = await EvolvServer.StartAsync(cluster, provider.Settings());

        Assert.NotEmpty((await post.VisitAsync(provider.Back(await post.BeginAsync("keycloak")))).Fragment("access_token"));

        Assert.Equal([true, false], provider.Authorizations.Select(sent => sent.StartsWith("Basic ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Name_that_is_endless_or_broken_is_cut_and_signs_in()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        provider.Person["name"] = $"A\0da\n{new string('x', 5000)}";
        provider.Person["picture"] = "javascript:alert(1)";
        provider.Person["email"] = "no address";

        var end = await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));

        var user = (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Body!;
        Assert.Equal("", user["email"]!.GetValue<string>());
        Assert.Equal($"Ada{new string('x', 297)}", user["user_metadata"]!["full_name"]!.GetValue<string>());
        Assert.False(user["user_metadata"]!.AsObject().ContainsKey("avatar_url"));
        Assert.False(user["user_metadata"]!["email_verified"]!.GetValue<bool>());
    }
}
