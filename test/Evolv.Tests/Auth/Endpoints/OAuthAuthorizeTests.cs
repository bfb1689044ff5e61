using Evolv.Tests.Auth.External;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OAuthAuthorizeTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Browser_goes_to_the_consent_page_of_the_app()
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("Auth:SiteUrl", "https://school.example/"), ("Auth:OAuthServer:AuthorizationUrlPath", "/ask"));
        var tool = await Tool.RegisterAsync(server);

        var hop = await tool.VisitAsync(Pkce.New().Challenge);

        Assert.Equal(302, hop.Status);
        Assert.Equal($"https://school.example/ask?authorization_id={hop.Query("authorization_id")}", hop.Location);
        Assert.Equal("email pending", await server.Database.ScalarAsync<string>("select scope || ' ' || status from auth.oauth_authorizations"));
    }

    [Fact]
    public async Task Site_may_have_a_name_of_any_alphabet()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SiteUrl", "https://münchen.example"));
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);

        var hop = await tool.VisitAsync(Pkce.New().Challenge);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/auth/v1/oauth/authorizations/{hop.Query("authorization_id")}");
        request.Headers.Authorization = new("Bearer", ada.AccessToken);
        request.Headers.Add("Origin", "https://xn--mnchen-3ya.example");
        using var looked = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.StartsWith("https://xn--mnchen-3ya.example/oauth/consent?authorization_id=", hop.Location, StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.OK, looked.StatusCode);
    }

    [Fact]
    public async Task Who_begins_too_often_waits()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:Limits:Authorizations", "2"), ("RateLimits:Enabled", "true"));
        var tool = await Tool.RegisterAsync(server);

        var statuses = new List<int>();
        for (var times = 0; times < 3; times++)
            statuses.Add((await tool.VisitAsync(Pkce.New().Challenge)).Status);

        Assert.Equal([302, 302, 429], statuses);
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_authorizations"));
    }

    [Theory]
    [InlineData("", """400 {"code":400,"error_code":"validation_failed","msg":"client_id is required"}""")]
    [InlineData("client_id={id}", """400 {"code":400,"error_code":"validation_failed","msg":"redirect_uri is required"}""")]
    [InlineData("client_id=1&redirect_uri={uri}", """400 {"code":400,"error_code":"oauth_client_not_found","msg":"invalid client_id format"}""")]
    [InlineData("client_id=00000000-0000-0000-0000-000000000000&redirect_uri={uri}", """400 {"code":400,"error_code":"oauth_client_not_found","msg":"invalid client_id"}""")]
    [InlineData("client_id={id}&redirect_uri=https%3A%2F%2Fevil.example%2F", """400 {"code":400,"error_code":"validation_failed","msg":"invalid redirect_uri"}""")]
    [InlineData("client_id={id}&redirect_uri={uri}%2F", """400 {"code":400,"error_code":"validation_failed","msg":"invalid redirect_uri"}""")]
    [InlineData("client_id={id}&redirect_uri={uri}%3Fa%3D1", """400 {"code":400,"error_code":"validation_failed","msg":"invalid redirect_uri"}""")]
    [InlineData("client_id={id}&redirect_uri=HTTPS%3A%2F%2Ftool.example.com%2Fcallback", """400 {"code":400,"error_code":"validation_failed","msg":"invalid redirect_uri"}""")]
    [InlineData("client_id={id}&redirect_uri={uri}&redirect_uri={uri}", """400 {"code":400,"error_code":"validation_failed","msg":"redirect_uri must be given once"}""")]
    [InlineData("client_id={id}&client_id={id}&redirect_uri={uri}", """400 {"code":400,"error_code":"validation_failed","msg":"client_id must be given once"}""")]
    public async Task Nothing_is_sent_to_an_address_that_is_not_known_to_be_the_clients(string query, string expected)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterAsync(server);

        var hop = await server.VisitAsync("/auth/v1/oauth/authorize?" + query
            .Replace("{id}", tool.ClientId, StringComparison.Ordinal).Replace("{uri}", Uri.EscapeDataString(Tool.Redirect), StringComparison.Ordinal));

        Assert.Equal(expected, $"{hop.Status} {hop.Location}");
    }

    [Theory]
    [InlineData("response_type=token&state=s", "only response_type=code is supported", "s")]
    [InlineData("state=s", "PKCE flow requires both code_challenge and code_challenge_method", "s")]
    [InlineData("code_challenge={c}&state=s", "PKCE flow requires both code_challenge and code_challenge_method", "s")]
    [InlineData("code_challenge={c}&code_challenge_method=plain", "code_challenge_method must be 'S256'", "")]
    [InlineData("code_challenge=short&code_challenge_method=S256", "code_challenge must be between 43 and 128 characters", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&scope=openid%20admin&state=s", "unsupported scope: admin", "s")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&scope=%20", "scope parameter cannot be empty", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&resource=mcp", "resource must be an absolute URI", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&resource=https%3A%2F%2Fa.example%2F%23x", "resource must not include a fragment component", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&resource=https%3A%2F%2Fa.example%2F%3Fx", "resource must not include a query component", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&state=a&state=b", "state must be given once", "")]
    [InlineData("code_challenge={c}&code_challenge={c}&code_challenge_method=S256&state=s", "code_challenge must be given once", "s")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&resource=https%3A%2F%2Fa.example%2F%C3%A9", "resource must be an absolute URI", "")]
    [InlineData("code_challenge={c}&code_challenge_method=S256&nonce=a%00b", "a parameter has a NUL", "")]
    public async Task Other_errors_go_back_to_the_client(string query, string description, string state)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterAsync(server, new { redirect_uris = new[] { "https://tool.example.com/callback?tenant=1&state=mine" } });

        var hop = await server.VisitAsync(
            $"/auth/v1/oauth/authorize?client_id={tool.ClientId}&redirect_uri={Uri.EscapeDataString("https://tool.example.com/callback?tenant=1&state=mine")}&" +
            query.Replace("{c}", Pkce.New().Challenge, StringComparison.Ordinal));

        Assert.Equal(302, hop.Status);
        Assert.StartsWith("https://tool.example.com/callback?tenant=1&", hop.Location, StringComparison.Ordinal);
        Assert.Equal(("invalid_request", description, state, ""), (hop.Query("error"), hop.Query("error_description"), hop.Query("state"), hop.Query("code")));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_authorizations"));
    }

    [Fact]
    public async Task State_that_is_too_long_is_not_carried()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterAsync(server);

        var hop = await tool.VisitAsync(Pkce.New().Challenge, $"&state={new string('s', 4097)}");
        var nonce = await tool.VisitAsync(Pkce.New().Challenge, $"&nonce={new string('n', 256)}");

        Assert.Equal("state must not exceed 4096 bytes", hop.Query("error_description"));
        Assert.Equal("", hop.Query("state"));
        Assert.Equal("nonce must not exceed 255 characters", nonce.Query("error_description"));
    }

    [Fact]
    public async Task What_a_header_could_be_made_of_stays_encoded()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        const string State = "a\r\nSet-Cookie: x=1&code=stolen#🌱";

        var refused = await tool.VisitAsync(Pkce.New().Challenge, $"&scope=x&state={Uri.EscapeDataString(State)}");
        var (id, _) = await tool.BeginAsync(more: $"&state={Uri.EscapeDataString(State)}");
        await tool.LookAsync(id, ada.AccessToken);
        var approved = new Hop(0, (await tool.AnswerAsync(id, ada.AccessToken)).Text("redirect_url"));

        Assert.Equal(State, refused.Query("state"));
        Assert.Equal(State, approved.Query("state"));
        Assert.DoesNotContain("stolen", approved.Query("code"), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Location + approved.Location);
    }

    [Fact]
    public async Task Requests_that_nobody_answered_are_forgotten()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        await tool.BeginAsync();
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);
        await tool.ExchangeAsync(code, verifier);
        await server.Database.ExecuteAsync("update auth.oauth_authorizations set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'");
        await server.Database.ExecuteAsync("update auth.oauth_clients set registration_type = 'dynamic', updated_at = now() - interval '31 days'");
        var stranger = await Tool.RegisterAsync(server);
        await server.Database.ExecuteAsync(
            $"update auth.oauth_clients set registration_type = 'dynamic', updated_at = now() - interval '31 days' where id = '{stranger.ClientId}'");

        await OAuthUpkeep.RunAsync(server);

        // The one that was redeemed is known for a day, and the client that somebody let in stays.
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_authorizations where redeemed_at is not null"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_authorizations"));
        Assert.Equal(tool.ClientId, (await server.Database.ScalarAsync<Guid>("select id from auth.oauth_clients")).ToString());
        await server.Database.ExecuteAsync("update auth.oauth_authorizations set expires_at = now() - interval '25 hours', created_at = now() - interval '26 hours'");
        await OAuthUpkeep.RunAsync(server);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_authorizations"));
    }
}
