using System.Net;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>What browsers are told about pages of other origins, by every family alike.</summary>
public sealed class CorsTests(EvolvCluster cluster)
{
    const string Asked = "authorization,apikey,content-type,x-client-info,x-retry-count,idempotency-key";
    const string Exposed = "content-range location ratelimit ratelimit-policy x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset retry-after x-request-id etag";
    const string Development = "http://localhost:5173";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Paths => ["/auth/v1/settings", "/rest/v1/posts", "/functions/v1/get-feed", "/realtime/v1/api/broadcast", "/livez", "/nothing"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Front_end_in_development_may_call_from_its_own_port(string path)
    {
        var server = await cluster.SharedServerAsync();

        using var preflight = await AskAsync(server, HttpMethod.Options, path, Development);
        using var answer = await AskAsync(server, HttpMethod.Get, path, Development);

        Assert.Equal(path.StartsWith("/rest", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Development, Header(preflight, "Access-Control-Allow-Origin"));
        Assert.Contains("POST", Header(preflight, "Access-Control-Allow-Methods")!, StringComparison.Ordinal);
        Assert.Superset(Asked.Split(',').ToHashSet(), Names(preflight, "Access-Control-Allow-Headers"));
        Assert.Equal("86400", Header(preflight, "Access-Control-Max-Age"));
        Assert.Equal(Development, Header(answer, "Access-Control-Allow-Origin")); // Whatever its status.
        Assert.Null(Header(answer, "Access-Control-Allow-Credentials"));
        Assert.Contains("Origin", answer.Headers.Vary);
        Assert.Superset(Exposed.Split(' ').ToHashSet(), Names(answer, "Access-Control-Expose-Headers"));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Pages_of_others_are_told_nothing(string path)
    {
        var server = await cluster.SharedServerAsync();

        foreach (var origin in new[] { "https://evil.com", "https://localhost.evil.com", "null", null })
        {
            foreach (var method in new[] { HttpMethod.Options, HttpMethod.Get })
            {
                using var answer = await AskAsync(server, method, path, origin);

                Assert.Null(Header(answer, "Access-Control-Allow-Credentials"));
                Assert.Null(Header(answer, "Access-Control-Allow-Headers"));
                Assert.True(origin is null || Header(answer, "Access-Control-Allow-Origin") is null, origin);
                Assert.Contains("Origin", answer.Headers.Vary); // A cache must not hand it to a page that may read it.
            }
        }
    }

    [Fact]
    public async Task An_operator_can_name_the_origins()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:AllowedOrigins", "https://good.com"));

        foreach (var path in Paths)
        {
            Assert.Equal("https://good.com", await AllowedAsync(server, path.Data, "https://good.com"));
            foreach (var origin in new[] { "https://good.com.evil.com", "http://good.com", "null", Development, server.Url })
                Assert.Null(await AllowedAsync(server, path.Data, origin));
        }
    }

    [Fact]
    public async Task An_operator_can_allow_every_page_but_never_with_credentials()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:AllowedOrigins", "*"));

        foreach (var path in Paths)
        {
            using var answer = await AskAsync(server, HttpMethod.Get, path.Data, "https://evil.com");

            Assert.Equal("*", Header(answer, "Access-Control-Allow-Origin"));
            Assert.Null(Header(answer, "Access-Control-Allow-Credentials"));
        }
    }

    static async Task<string?> AllowedAsync(EvolvServer server, string path, string origin)
    {
        using var answer = await AskAsync(server, HttpMethod.Get, path, origin);
        return Header(answer, "Access-Control-Allow-Origin");
    }

    static async Task<HttpResponseMessage> AskAsync(EvolvServer server, HttpMethod method, string path, string? origin)
    {
        using var request = new HttpRequestMessage(method, path);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        if (method == HttpMethod.Options)
        {
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", Asked);
        }

        return await server.Keyless.SendAsync(request, Token);
    }

    static string? Header(HttpResponseMessage answer, string name)
        => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    static HashSet<string> Names(HttpResponseMessage answer, string header)
        => Header(answer, header)!.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries).ToHashSet();
}
