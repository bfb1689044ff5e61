using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Evolv.Platform;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Realtime.Socket;

/// <summary>Who gets a socket, and what the others are answered.</summary>
public sealed class HandshakeTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_and_tokens_of_this_installation_open_a_socket()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var keys = server.Services.GetRequiredService<SigningKeys>().Current;

        foreach (var key in new[] { server.PublishableKey, server.SecretKey, keys.AnonJwt, keys.ServiceRoleJwt, ada.AccessToken })
        {
            Assert.Equal((101, ""), await KnockAsync(server, $"?apikey={key}&vsn=2.0.0"));
            Assert.Equal((101, ""), await KnockAsync(server, "?vsn=1.0.0", ("x-api-key", key)));
        }

        Assert.Equal((101, ""), await KnockAsync(server, "", ("apikey", server.PublishableKey)));
        Assert.Equal((101, ""), await KnockAsync(server, $"?apikey={server.PublishableKey}&log_level=info&unknown=1"));
    }

    [Fact]
    public async Task Others_are_told_why_not()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        Assert.Equal((401, "API key is missing"), await KnockAsync(server, "?vsn=2.0.0"));
        Assert.Equal((401, "API key is missing"), await KnockAsync(server, "?apikey=&vsn=2.0.0"));
        Assert.Equal((401, "The token provided is not a valid JWT"), await KnockAsync(server, "?apikey=sb_publishable_wrong"));
        Assert.Equal((401, "The token provided is not a valid JWT"), await KnockAsync(server, $"?apikey={server.PublishableKey[..^1]}"));
        Assert.Equal((401, "Token has expired"), await KnockAsync(server, $"?apikey={ChangedTokens.ExpiringIn(server, ada.AccessToken, -1)}"));
        Assert.Equal((401, "Failed to validate JWT signature"), await KnockAsync(server, $"?apikey={ChangedTokens.Forge(ada.AccessToken)}"));
        Assert.Equal(
            (401, "Fields `role` and `exp` are required in JWT"),
            await KnockAsync(server, $"?apikey={ChangedTokens.Change(server, ada.AccessToken, claims => claims["role"] = "postgres")}"));
        Assert.Equal((400, "vsn is 1.0.0 or 2.0.0"), await KnockAsync(server, $"?apikey={server.PublishableKey}&vsn=3.0.0"));
        Assert.Equal((400, "vsn is 1.0.0 or 2.0.0"), await KnockAsync(server, $"?apikey={server.PublishableKey}&vsn=2.0.0&vsn=1.0.0"));
    }

    [Fact]
    public async Task Plain_request_is_told_to_speak_WebSocket()
    {
        var server = await cluster.SharedServerAsync();

        using var answer = await server.Anonymous.GetAsync($"/realtime/v1/websocket?apikey={server.PublishableKey}", Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("""{"error":"This address speaks WebSocket"}""", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Only_pages_of_allowed_origins_get_a_socket()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:AllowedOrigins", "https://app.example"));
        var url = $"?apikey={server.PublishableKey}";

        Assert.Equal((101, ""), await KnockAsync(server, url, ("Origin", "https://app.example")));
        Assert.Equal((101, ""), await KnockAsync(server, url));
        foreach (var origin in new[] { "https://evil.example", "http://app.example", "https://app.example.evil.example", "null" })
            Assert.Equal((403, "The origin is not allowed; see Http:AllowedOrigins"), await KnockAsync(server, url, ("Origin", origin)));
    }

    [Fact]
    public async Task Without_a_list_pages_of_this_machine_and_Evolvs_own_get_a_socket()
    {
        var laptop = await cluster.SharedServerAsync();
        await using var behindProxy = await EvolvServer.StartAsync(cluster, ("Http:TrustedProxies", "127.0.0.1"));

        Assert.Equal((101, ""), await KnockAsync(laptop, $"?apikey={laptop.PublishableKey}", ("Origin", "http://localhost:5173")));
        foreach (var origin in new[] { "https://evil.example", "http://localhost.evil.example", "null" })
            Assert.Equal(
                (403, "The origin is not allowed; see Http:AllowedOrigins"),
                await KnockAsync(laptop, $"?apikey={laptop.PublishableKey}", ("Origin", origin)));
        (string, string)[] forwarded = [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "app.example")];
        var url = $"?apikey={behindProxy.PublishableKey}";
        Assert.Equal((101, ""), await KnockAsync(behindProxy, url, [.. forwarded, ("Origin", "https://app.example")]));
        foreach (var origin in new[] { "http://app.example", "http://localhost:5173", behindProxy.Url })
            Assert.Equal(403, (await KnockAsync(behindProxy, url, [.. forwarded, ("Origin", origin)])).Status);
    }

    [Fact]
    public async Task Who_comes_when_there_is_no_place_is_told_to_come_back_and_gets_one_that_is_given_back()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MaxSocketsPerAddress", "3"));
        var url = $"?apikey={server.PublishableKey}&vsn=2.0.0";
        await using var first = await PhoenixClient.ConnectAsync(server);
        await using var second = await PhoenixClient.ConnectAsync(server);
        var third = await PhoenixClient.ConnectAsync(server);

        Assert.Equal((429, "Too many connected users"), await KnockAsync(server, url));
        using (var refused = await UpgradeAsync(server, url))
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("ok", (await first.CallAsync("phoenix", "heartbeat")).Status);

        await third.DisposeAsync();
        await Rest.Eventually.IsTrueAsync(async () => (await KnockAsync(server, url)).Status == 101);
    }

    [Fact]
    public async Task There_is_a_limit_for_all_addresses_together()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MaxSockets", "1"));
        await using var first = await PhoenixClient.ConnectAsync(server);

        Assert.Equal((429, "Too many connected users"), await KnockAsync(server, $"?apikey={server.PublishableKey}"));
    }

    [Fact]
    public async Task Over_a_database_that_is_not_ours_the_family_is_an_unknown_path()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.StopAsync(); // It has made the keys.
        await using var foreign = await EvolvServer.StartAsync(server.Database, ("Migrate", "false"));

        using var unknown = await foreign.Keyless.GetAsync("/nothing", Token);
        foreach (var path in new[] { "/realtime/v1/websocket?apikey=x", "/realtime/v1/nothing" })
        {
            using var answer = await foreign.Keyless.GetAsync(path, Token);
            Assert.Equal((unknown.StatusCode, unknown.Content.Headers.ContentType), (answer.StatusCode, answer.Content.Headers.ContentType));
        }

        using var broadcast = await foreign.Keyless.PostAsJsonAsync("/realtime/v1/api/broadcast", new { messages = Array.Empty<int>() }, Token);
        Assert.Equal(HttpStatusCode.NotFound, broadcast.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void Addresses_of_one_owner_count_as_one(string one, string another, bool areOne)
        => Assert.Equal(areOne, ClientAddress.Of(IPAddress.Parse(one)) == ClientAddress.Of(IPAddress.Parse(another)));

    [Fact]
    public async Task Sockets_over_HTTP2_come_with_another_method()
    {
        var server = await cluster.SharedServerAsync();

        var endpoint = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Single(endpoint => endpoint.RoutePattern.RawText == "/realtime/v1/websocket");

        Assert.Equal(["GET", "CONNECT"], endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods);
    }

    // Status 101 when the socket opens, else the answer's and its error.
    static async Task<(int Status, string Error)> KnockAsync(EvolvServer server, string query, params (string Name, string Value)[] headers)
    {
        using var socket = new ClientWebSocket();
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new Uri(server.Url.Replace("http://", "ws://", StringComparison.Ordinal) + "/realtime/v1/websocket" + query), Token);
            return (101, "");
        }
        catch (WebSocketException)
        {
            using var answer = await UpgradeAsync(server, query, headers);
            Assert.Equal(socket.HttpStatusCode, answer.StatusCode);
            return ((int)answer.StatusCode, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["error"]!);
        }
    }

    // The same without a client that hides the body of a refusal.
    static async Task<HttpResponseMessage> UpgradeAsync(EvolvServer server, string query, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/realtime/v1/websocket" + query);
        foreach (var (name, value) in headers.Concat(
            [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]))
            request.Headers.TryAddWithoutValidation(name, value);
        return await server.Keyless.SendAsync(request, HttpCompletionOption.ResponseContentRead, Token);
    }
}
