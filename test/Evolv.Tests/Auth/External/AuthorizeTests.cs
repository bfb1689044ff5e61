using Evolv.Tests.Support;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.External;

public sealed class AuthorizeTests(EvolvCluster cluster)
{
    [Theory]
    [InlineData("", """400 {"code":"validation_failed","message":"Unsupported provider: Provider  could not be found"}""")]
    [InlineData("provider=nowhere", """400 {"code":"validation_failed","message":"Unsupported provider: Provider nowhere could not be found"}""")]
    [InlineData("provider=google", """400 {"code":"validation_failed","message":"Unsupported provider: provider is not enabled"}""")]
    [InlineData("provider=keycloak&code_challenge_method=s256", """400 {"code":"validation_failed","message":"PKCE flow requires code_challenge_method and code_challenge"}""")]
    [InlineData("provider=keycloak&code_challenge=short&code_challenge_method=s256", """400 {"code":"validation_failed","message":"code challenge has to be between 43 and 128 characters of A-Z, a-z, 0-9, -, ., _ and ~"}""")]
    public async Task Bad_question_is_answered_in_JSON(string query, string expected)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());

        var answer = await server.Keyless.AuthAsync(HttpMethod.Get, $"authorize?{query}");

        Assert.Equal(expected, answer.Whole);
        Assert.Empty(provider.Requests);
    }

    [Fact]
    public async Task Page_asks_for_what_is_its_business_and_changes_nothing_of_ours()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());

        var url = await server.BeginAsync(
            "Keycloak",
            "&scopes=calendar%20email&prompt=consent&login_hint=a%26b&state=mine&nonce=mine&client_id=mine&redirect_uri=https://evil.example&response_type=token" +
            "&response_mode=fragment&scope=all&request=x&request_uri=y&client_secret=z&response_type=id_token");

        var query = System.Web.HttpUtility.ParseQueryString(new Uri(url).Query);
        Assert.Equal(
            ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "nonce", "prompt", "login_hint"],
            query.AllKeys);
        Assert.Equal($"{provider.Url}/authorize", url.Split('?')[0]);
        Assert.Equal((ProviderStandIn.ClientId, $"{SiteUrl}/auth/v1/callback", "code"), (query["client_id"], query["redirect_uri"], query["response_type"]));
        Assert.Equal(("openid email profile calendar", "S256", "consent", "a&b"), (query["scope"], query["code_challenge_method"], query["prompt"], query["login_hint"]));
        Assert.Equal([56, 56, 43], [query["state"]!.Length, query["nonce"]!.Length, query["code_challenge"]!.Length]);
        var kept = await server.Database.ScalarAsync<string>("select f::text from auth.flow_state f");
        Assert.DoesNotContain(query["state"]!, kept, StringComparison.Ordinal);
        Assert.DoesNotContain(query["nonce"]!, kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_gets_the_address_instead_of_being_led_there()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());

        var answer = await server.Anonymous.AuthAsync(HttpMethod.Get, "authorize?provider=keycloak&skip_http_redirect=true");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith($"{provider.Url}/authorize?client_id=evolv-app&", answer.Text("url"), StringComparison.Ordinal);
        Assert.Single(answer.Body!);
    }

    [Theory]
    [InlineData("https://evil.example/", SiteUrl)]
    [InlineData("//evil.example/", SiteUrl)]
    [InlineData("javascript:alert(1)", SiteUrl)]
    [InlineData("http://localhost:3000/a#b", "http://localhost:3000/a")]
    public async Task Session_goes_to_no_strangers_page(string wanted, string page)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());

        var end = await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak", redirectTo: wanted)));

        Assert.Equal(page, end.Location.Split('#')[0]);
        Assert.NotEmpty(end.Fragment("access_token"));
    }

    static readonly Dictionary<string, Action<ProviderStandIn>> Discoveries = new()
    {
        ["down"] = provider => provider.Instead["/.well-known/openid-configuration"] = Fail(500),
        ["missing"] = provider => provider.Instead["/.well-known/openid-configuration"] = Fail(404),
        ["moved"] = provider => provider.Instead["/.well-known/openid-configuration"] = context =>
        {
            context.Response.Redirect($"{provider.Url}/elsewhere");
            return Task.CompletedTask;
        },
        ["no JSON"] = provider => provider.Instead["/.well-known/openid-configuration"] = context => context.Response.BodyWriter.WriteAsync("<html>"u8.ToArray()).AsTask(),
        ["an array"] = provider => provider.Instead["/.well-known/openid-configuration"] = context => context.Response.BodyWriter.WriteAsync("[1]"u8.ToArray()).AsTask(),
        ["huge"] = provider => provider.Instead["/.well-known/openid-configuration"] = context => context.Response.BodyWriter.WriteAsync(new byte[1 << 20]).AsTask(),
        ["slow"] = provider => provider.Instead["/.well-known/openid-configuration"] = context => Task.Delay(Timeout.Infinite, context.RequestAborted),
        ["another issuer"] = provider => provider.Issuer = "https://accounts.google.com",
        ["no keys"] = provider => provider.Instead["/jwks"] = context => ProviderStandIn.WriteAsync(context, new System.Text.Json.Nodes.JsonObject { ["keys"] = new System.Text.Json.Nodes.JsonArray() }),
        ["keys that are down"] = provider => provider.Instead["/jwks"] = Fail(503),
        ["keys elsewhere"] = provider => provider.Discovery = document => document["jwks_uri"] = "http://169.254.169.254/keys",
        ["a page that is script"] = provider => provider.Discovery = document => document["authorization_endpoint"] = "javascript:alert(1)",
        ["a page without TLS"] = provider => provider.Discovery = document => document["authorization_endpoint"] = "http://evil.example/authorize",
        ["no token endpoint"] = provider => provider.Discovery = document => document.Remove("token_endpoint"),
        ["a file"] = provider => provider.Discovery = document => document["token_endpoint"] = "file:///etc/passwd",
    };

    static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Fail(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    [Fact]
    public async Task Provider_that_is_down_or_lies_leads_back_to_the_page()
    {
        var liars = new Dictionary<string, ProviderStandIn>();
        foreach (var (what, lie) in Discoveries)
            lie(liars[what] = await ProviderStandIn.StartAsync());
        static string NameOf(string what) => what.Replace(' ', '-').ToLowerInvariant();
        await using var server = await EvolvServer.StartAsync(cluster, [.. liars.SelectMany(liar => liar.Value.Settings(NameOf(liar.Key)))]);

        foreach (var (what, provider) in liars)
        {
            var name = NameOf(what);
            var back = await server.VisitAsync($"/auth/v1/authorize?provider={name}&redirect_to={Uri.EscapeDataString(App)}");
            var script = await server.Anonymous.AuthAsync(HttpMethod.Get, $"authorize?provider={name}&skip_http_redirect=true");

            var error = $"error=temporarily_unavailable&error_code=unexpected_failure&error_description=Provider+{name}+does+not+answer+as+it+should%3B+try+again+later";
            Assert.Equal($"{what}: 302 {App}&{error}#{error}&sb=", $"{what}: {back.Status} {back.Location}");
            Assert.Equal(
                $$"""503 {"code":"unexpected_failure","message":"Provider {{name}} does not answer as it should; try again later"}""", script.Whole);
            Assert.DoesNotContain("GET /elsewhere", provider.Requests);
            await provider.DisposeAsync();
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.flow_state"));
    }

    [Fact]
    public async Task Provider_that_was_down_is_asked_again()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        provider.Instead["/jwks"] = Fail(500);
        var down = await server.VisitAsync("/auth/v1/authorize?provider=keycloak");
        provider.Instead.Clear();

        var up = await server.VisitAsync("/auth/v1/authorize?provider=keycloak");

        Assert.StartsWith(SiteUrl, down.Location, StringComparison.Ordinal);
        Assert.StartsWith($"{provider.Url}/authorize?", up.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sign_in_page_learns_of_providers_and_of_what_is_not_there()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), .. provider.Settings("school")]);

        var settings = await server.Keyless.AuthAsync(HttpMethod.Get, "settings");

        Assert.Equal(
            ["anonymous_users", "email", "keycloak", "school"],
            settings.Body!["external"]!.AsObject().Where(way => way.Value!.GetValue<bool>()).Select(way => way.Key).Order());
        Assert.Equal("""404 {"code":"saml_provider_disabled","message":"SAML 2.0 is disabled"}""", (await server.Anonymous.PostAsync("sso", "{nonsense")).Whole);
        Assert.Equal(
            """422 {"code":"web3_provider_disabled","message":"Web3 provider is disabled"}""",
            (await server.Anonymous.PostAsync("token?grant_type=web3", "{nonsense")).Whole);
    }
}
