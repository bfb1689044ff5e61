using System.Net;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>What browsers are told to keep their hands off.</summary>
public sealed class SecurityHeadersTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/rest/v1/posts", 200)]
    [InlineData("/rest/v1/nothing", 404)]
    [InlineData("/auth/v1/user", 403)]
    [InlineData("/functions/v1/get-feed", 401)]
    [InlineData("/realtime/v1/websocket", 400)]
    [InlineData("/livez", 200)]
    [InlineData("/nothing", 404)]
    public async Task No_answer_of_the_api_is_a_page(string path, int status)
    {
        var server = await cluster.SharedServerAsync();

        using var answer = await server.Anonymous.GetAsync(path, Token);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("nosniff", One(answer, "X-Content-Type-Options"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", One(answer, "Content-Security-Policy"));
        Assert.Equal("no-referrer", One(answer, "Referrer-Policy"));
        Assert.Equal("no-store", One(answer, "Cache-Control"));
        Assert.Null(One(answer, "Server"));
        Assert.Null(One(answer, "X-Powered-By"));
        Assert.Null(One(answer, "Strict-Transport-Security")); // It is for https alone.
    }

    [Fact]
    public async Task What_is_there_for_everybody_may_be_kept()
    {
        var server = await cluster.SharedServerAsync();

        using var answer = await server.Keyless.GetAsync("/rest/v1/posts", Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(One(answer, "Cache-Control"));
    }

    [Fact]
    public async Task A_page_that_the_database_makes_is_kept_to_itself_and_may_say_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create domain public."text/html" as text;
            create function public.page() returns public."text/html" language sql as $$ select '<h1>Hello</h1>'::public."text/html" $$;
            create function public.own_page() returns public."text/html" language sql as $$
                select set_config('response.headers', '[{"Content-Security-Policy":"default-src ''self'' https://cdn.example"}]', true);
                select '<h1>Hello</h1>'::public."text/html"
            $$;
            grant execute on function public.page(), public.own_page() to service_role;
            """);
        await Rest.Eventually.IsTrueAsync(async () =>
        {
            using var known = await PageAsync(server, "own_page");
            return known.StatusCode == HttpStatusCode.OK;
        });

        using var page = await PageAsync(server, "page");
        using var own = await PageAsync(server, "own_page");

        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Equal("default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", One(page, "Content-Security-Policy"));
        Assert.Equal("strict-origin-when-cross-origin", One(page, "Referrer-Policy"));
        Assert.Equal("same-origin", One(page, "Cross-Origin-Opener-Policy"));
        Assert.Equal("camera=(), geolocation=(), microphone=(), payment=(), usb=()", One(page, "Permissions-Policy"));
        Assert.Equal("default-src 'self' https://cdn.example", One(own, "Content-Security-Policy"));
    }

    static async Task<HttpResponseMessage> PageAsync(EvolvServer server, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/rest/v1/rpc/{name}") { Headers = { { "Accept", "text/html" } } };
        return await server.Service.SendAsync(request, Token);
    }

    static string? One(HttpResponseMessage answer, string name)
        => answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? Assert.Single(values) : null;
}
