using System.Net.Sockets;
using System.Text;
using Evolv.Tests.Rest.Attack;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>What is too much or too slow is refused, in the family's words where there is a family, and never with a 500.</summary>
public sealed class RequestLimitsTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_sends_too_slowly_is_told_so_and_cut_off()
    {
        var server = await cluster.SharedServerAsync();
        var person = await server.TokenOfGuestAsync();
        (string Path, string Body)[] expected =
        [
            ("/auth/v1/signup", """408 {"code":408,"error_code":"request_timeout","msg":"Request body came too slowly"}"""),
            ("/rest/v1/posts", """408 {"code":"EVOLV04","details":null,"hint":null,"message":"The body came too slowly."}"""),
            ("/functions/v1/check-in", """408 {"success":false,"error":"The body came too slowly.","code":"body_too_slow"}"""),
            ("/realtime/v1/api/broadcast", """408 {"message":"The body came too slowly","error":"The body came too slowly"}"""),
        ];

        var answers = await Task.WhenAll(
        [
            .. expected.Select(async one =>
            {
                await using var client = new RawClient(server.Url);
                await client.WriteAsync(Bytes($"POST {one.Path} HTTP/1.1\r\nHost: x\r\napikey: {server.PublishableKey}\r\nAuthorization: Bearer {person}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"));
                var answer = await client.ReadAsync();
                return $"{answer!.Status} {answer.Body}";
            }),
            HeadersAsync(server),
        ]);

        Assert.Equal([.. expected.Select(one => one.Body), "408 "], answers);
    }

    [Theory]
    [InlineData("/auth/v1/signup", 64 * 1024, """413 {"code":413,"error_code":"request_entity_too_large","msg":"Request body is too large"}""")]
    [InlineData("/rest/v1/posts", 10 * 1024 * 1024, """413 {"code":"EVOLV01","details":null,"hint":null,"message":"The body is larger than 10485760 bytes."}""")]
    [InlineData("/functions/v1/check-in", 1024 * 1024, """413 {"success":false,"error":"The body is larger than 1048576 bytes.","code":"body_too_large"}""")]
    public async Task What_is_larger_than_the_family_takes_is_refused_before_it_is_sent(string path, int most, string expected)
    {
        var server = await cluster.SharedServerAsync();
        var person = await server.TokenOfGuestAsync();
        await using var client = new RawClient(server.Url);

        await client.WriteAsync(Bytes($"POST {path} HTTP/1.1\r\nHost: x\r\napikey: {server.PublishableKey}\r\nAuthorization: Bearer {person}\r\nContent-Type: application/json\r\nContent-Length: {most + 1}\r\n\r\n{{"));
        var answer = await client.ReadAsync();

        Assert.Equal(expected, $"{answer!.Status} {answer.Body}");
        Assert.NotNull(answer.Header("X-Request-Id"));
    }

    [Theory]
    [InlineData("/auth/v1/settings")]
    [InlineData("/rest/v1/posts")]
    [InlineData("/functions/v1/get-feed")]
    [InlineData("/realtime/v1/websocket")]
    [InlineData("/livez")]
    public async Task Head_of_a_request_has_its_bounds(string path)
    {
        var server = await cluster.SharedServerAsync();

        Assert.Equal(414, await StatusAsync(server, $"GET {path}?x={new string('x', 129 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.Equal(431, await StatusAsync(server, $"GET {path} HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 161 * 1024)}\r\n\r\n"));
        Assert.Equal(431, await StatusAsync(server, $"GET {path} HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 100).Select(n => $"X-{n}: x\r\n"))}\r\n"));
        Assert.Equal(400, await StatusAsync(server, $"GET {path} HTTP/1.1\r\nHost: x\r\nX Y: x\r\n\r\n"));
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_and_a_place_that_is_given_back_is_taken()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:MaxConnections", "10"));
        var clients = Enumerable.Range(0, 10).Select(_ => new RawClient(server.Url)).ToArray();
        foreach (var client in clients)
            Assert.Equal(200, await LiveAsync(client));

        await using var late = new RawClient(server.Url);
        Assert.Null(await LiveAsync(late));

        await clients[0].DisposeAsync();
        await Rest.Eventually.IsTrueAsync(async () => await LiveAsync(late) == 200);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Everybody_is_told_the_id_under_which_the_log_has_the_request()
    {
        var server = await cluster.SharedServerAsync();

        foreach (var path in new[] { "/auth/v1/nothing", "/rest/v1/nothing", "/functions/v1/nothing", "/realtime/v1/websocket", "/livez", "/nothing" })
        {
            using var given = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Request-Id", "mine-1" } } };
            using var forged = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Request-Id", "a b{}" } } };
            using var kept = await server.Anonymous.SendAsync(given, Token);
            using var replaced = await server.Anonymous.SendAsync(forged, Token);

            Assert.Equal("mine-1", Assert.Single(kept.Headers.GetValues("X-Request-Id")));
            Assert.Matches("^[0-9a-f]{32}$", Assert.Single(replaced.Headers.GetValues("X-Request-Id")));
        }
    }

    static async Task<string> HeadersAsync(EvolvServer server)
    {
        await using var client = new RawClient(server.Url);
        await client.WriteAsync(Bytes("GET /livez HTTP/1.1\r\nHost: x\r\n"));
        var answer = await client.ReadAsync();
        return $"{answer!.Status} {answer.Body}";
    }

    static async Task<int> StatusAsync(EvolvServer server, string request)
    {
        await using var client = new RawClient(server.Url);
        await client.WriteAsync(Bytes(request));
        return (await client.ReadAsync())!.Status;
    }

    static async Task<int?> LiveAsync(RawClient client)
    {
        try
        {
            await client.WriteAsync(Bytes("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
            return (await client.ReadAsync())?.Status;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return null;
        }
    }

    static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
