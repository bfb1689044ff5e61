using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Evolv.Auth;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Tests.Auth.Tokens;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Auth;

public sealed class CallerMiddlewareTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_forged_token_lets_anybody_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var forged = await ForgedTokens.ForAsync(server, ada);
        Assert.Equal(200, (await server.Keyless.GetUserAsync(forged.Control)).Status);
        Assert.NotEqual(HttpStatusCode.Unauthorized, await CallFunctionAsync(server, forged.Control));

        var attacks = forged.All().ToList();
        var accepted = new List<string>();
        foreach (var (name, token) in attacks)
        {
            var user = await server.Keyless.GetUserAsync(token);
            if (user.Status != 403 || user.Code != "bad_jwt")
                accepted.Add($"{name}: /user {user.Whole}");
            if (await CallFunctionAsync(server, token) is var status && status != HttpStatusCode.Unauthorized)
                accepted.Add($"{name}: function {status}");
        }

        Assert.True(attacks.Count >= 100, $"only {attacks.Count} cases");
        Assert.Equal("", string.Join('\n', accepted));
    }

    // No token may be as long; what is longer than all headers together may be does not get so far.
    [Theory]
    [InlineData(100_000, HttpStatusCode.Forbidden)]
    [InlineData(200_000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task A_huge_token_is_refused_before_anybody_reads_it(int length, HttpStatusCode status)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/auth/v1/user");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + new string('a', length));

        using var response = await server.Keyless.SendAsync(request, Token);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Person_of_another_installation_is_a_stranger_here()
    {
        await using var here = await EvolvServer.StartAsync(cluster);
        await using var there = await EvolvServer.StartAsync(cluster);
        var ada = await there.SignUpAsync("ada");

        var answer = await here.Anonymous.GetUserAsync(ada.AccessToken);
        var key = await here.ClientWith(there.SecretKey, null).GetUserAsync(null);

        Assert.Equal(
            """403 {"code":"bad_jwt","message":"invalid JWT: unable to parse or verify signature, No suitable key was found to decode the JWT"}""",
            answer.Whole);
        Assert.Equal(
            """403 {"code":"bad_jwt","message":"invalid JWT: unable to parse or verify signature, Invalid API key"}""", key.Whole);
    }

    [Fact]
    public async Task Headers_name_the_caller_in_the_order_of_the_gateway()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var keys = server.Services.GetRequiredService<SigningKeys>().Current;
        var (publishable, secret, user) = (keys.PublishableKey, keys.SecretKey, ada.AccessToken);
        var unknown = publishable[..^1] + (publishable[^1] == 'A' ? 'B' : 'A');
        const string Invalid = "Invalid API key";
        (string? Authorization, string? ApiKey, string Role, string? Refusal, bool HasToken)[] table =
        [
            (null, null, "anon", null, false),
            (null, publishable, "anon", null, true),
            (null, secret, "service_role", null, true),
            ($"Bearer {publishable}", publishable, "anon", null, true),
            ($"Bearer {secret}", secret, "service_role", null, true),
            ($"Bearer {secret}", null, "service_role", null, true),
            ($"Bearer {publishable}", secret, "service_role", null, true),
            ($"Bearer {secret}", publishable, "anon", null, true),
            ($"Bearer {user}", publishable, "authenticated", null, true),
            ($"bearer {user}", publishable, "authenticated", null, true),
            ($"Bearer {user}", secret, "authenticated", null, true),
            ($"Bearer {user}", null, "authenticated", null, true),
            ($"Bearer {user}", "garbage", "authenticated", null, true),
            ($"Bearer {keys.AnonJwt}", keys.AnonJwt, "anon", null, true),
            ($"Bearer {keys.ServiceRoleJwt}", keys.ServiceRoleJwt, "service_role", null, true),
            ($"Bearer {keys.ServiceRoleJwt}", publishable, "service_role", null, true),
            (null, keys.ServiceRoleJwt, "anon", null, true),
            (null, user, "anon", null, true),
            (null, "garbage", "anon", null, true),
            (null, unknown, "anon", Invalid, true),
            (null, "sb_secret_", "anon", Invalid, true),
            ($"Bearer {unknown}", null, "anon", Invalid, true),
            ($"Bearer {secret}", unknown, "anon", Invalid, true),
            (null, secret.ToUpperInvariant(), "anon", null, true),
            (null, secret + " ", "anon", Invalid, true),
            ("Bearer", publishable, "anon", "Empty JWT is sent in Authorization header", true),
            ("Bearer ", publishable, "anon", "Empty JWT is sent in Authorization header", true),
            ("Bearer garbage", publishable, "anon", "Expected 3 parts in JWT; got 1", true),
            ("Bearer undefined", null, "anon", "Expected 3 parts in JWT; got 1", true),
            ($"Basic {secret}", secret, "anon", null, false),
            (secret, null, "anon", null, false),
            ($"Bearer{user}", null, "anon", null, false),
        ];

        foreach (var (authorization, apiKey, role, refusal, hasToken) in table)
        {
            var feature = await ResolveAsync(server, "/rest/v1/profiles", authorization, apiKey);
            Assert.Equal(
                (authorization, apiKey, role, refusal, hasToken),
                (authorization, apiKey, feature.Caller.Role, feature.Refusal, feature.HasToken));
        }
    }

    [Fact]
    public async Task Caller_carries_the_claims_for_row_level_security()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var feature = await ResolveAsync(server, "/rest/v1/", $"Bearer {ada.AccessToken}", server.PublishableKey);

        var claims = JsonNode.Parse(feature.Caller.ClaimsJson)!;
        Assert.Equal(ada.Id, feature.Caller.UserId);
        Assert.Equal(feature.SessionId.ToString(), claims["session_id"]!.GetValue<string>());
        Assert.Equal(
            (ada.Id, "ada@example.com"),
            await server.Database.Database.QuerySingleAsync(
                feature.Caller, $"select auth.uid(), auth.email()", row => (row.GetGuid(0), row.GetString(1)), Token));
    }

    [Fact]
    public async Task Key_in_the_query_counts_for_sockets_only()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var socket = await ResolveAsync(server, "/realtime/v1/websocket", null, null, $"?apikey={server.SecretKey}");
        var table = await ResolveAsync(server, "/rest/v1/profiles", null, null, $"?apikey={server.SecretKey}");

        Assert.Equal(("service_role", "anon"), (socket.Caller.Role, table.Caller.Role));
    }

    [Fact]
    public async Task Token_that_expired_a_moment_ago_passes_only_where_PostgREST_would_let_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var forged = await ForgedTokens.ForAsync(server, ada);
        var token = forged.WithClaim("exp", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 1);

        var table = await ResolveAsync(server, "/rest/v1/profiles", $"Bearer {token}", null);
        var auth = await server.Keyless.GetUserAsync(token);

        Assert.Equal("authenticated", table.Caller.Role);
        Assert.Equal(
            """403 {"code":"bad_jwt","message":"invalid JWT: unable to parse or verify signature, JWT expired"}""", auth.Whole);
    }

    static async Task<HttpStatusCode> CallFunctionAsync(EvolvServer server, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/functions/v1/add-xp") { Content = JsonContent.Create(new { }) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await server.Keyless.SendAsync(request, Token);
        return response.StatusCode;
    }

    static async Task<CallerFeature> ResolveAsync(
        EvolvServer server, string path, string? authorization, string? apiKey, string query = "")
    {
        var context = new DefaultHttpContext { Request = { Path = path, QueryString = new QueryString(query) } };
        context.Request.Headers.Authorization = authorization;
        context.Request.Headers["apikey"] = apiKey;
        var middleware = new CallerMiddleware(
            _ => Task.CompletedTask, server.Services.GetRequiredService<SigningKeys>(), server.Services.GetRequiredService<TokenVerifier>(),
            server.Services.GetRequiredService<Revocations>());
        await middleware.InvokeAsync(context);
        return context.Features.Get<CallerFeature>()!;
    }
}
