using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>Who gets an answer compressed, and that it is the same answer.</summary>
public sealed class CompressionTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_long_answer_comes_as_the_client_likes_it_and_is_the_same()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await WriteAsync(server, posts: 30);

        foreach (var (path, type) in new[]
        {
            ("/rest/v1/posts?select=content,created_at", "application/json"), ("/rest/v1/posts?select=content", "text/csv"),
            ("/rest/v1/", "application/openapi+json"), ("/functions/v1/get-feed?filter=all&limit=20", "application/json"),
        })
        {
            using var plain = await GetAsync(ada.Http, path, null, type);
            var bytes = await plain.Content.ReadAsByteArrayAsync(Token);
            Assert.Empty(plain.Content.Headers.ContentEncoding);
            Assert.Contains("Accept-Encoding", plain.Headers.Vary);
            foreach (var (accepted, expected) in new[] { ("br", "br"), ("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=0, gzip", "gzip") })
            {
                using var packed = await GetAsync(ada.Http, path, accepted, type);

                var raw = await packed.Content.ReadAsByteArrayAsync(Token);
                Assert.Equal((HttpStatusCode.OK, type), (packed.StatusCode, packed.Content.Headers.ContentType!.MediaType));
                Assert.Equal([expected], packed.Content.Headers.ContentEncoding);
                Assert.Contains("Accept-Encoding", packed.Headers.Vary);
                Assert.Equal(bytes, await UnpackAsync(raw, expected));
                Assert.InRange(raw.Length, 1, bytes.Length / 2);
                Assert.Equal(plain.Headers.ETag, packed.Headers.ETag);
                Assert.Equal(plain.Content.Headers.ContentRange, packed.Content.Headers.ContentRange);
            }
        }
    }

    [Fact]
    public async Task An_answer_that_PostgreSQL_still_writes_is_compressed_on_the_way()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await WriteAsync(server, posts: 1);
        await server.Database.ExecuteAsync(
            "create function public.long_text() returns text language sql as $$ select string_agg(n::text, ',') from generate_series(1, 300000) n $$; grant execute on function public.long_text() to anon; notify pgrst");
        await Rest.Eventually.IsTrueAsync(async () =>
        {
            using var known = await GetAsync(server.Anonymous, "/rest/v1/rpc/long_text", null, "application/json", HttpMethod.Head);
            return known.IsSuccessStatusCode;
        });
        using var plain = await GetAsync(server.Anonymous, "/rest/v1/rpc/long_text", null, "application/json");

        using var packed = await GetAsync(server.Anonymous, "/rest/v1/rpc/long_text", "br", "application/json");

        var bytes = await plain.Content.ReadAsByteArrayAsync(Token);
        Assert.InRange(bytes.Length, 1_500_000, 3_000_000);
        Assert.Equal(["br"], packed.Content.Headers.ContentEncoding);
        Assert.Equal(bytes, await UnpackAsync(await packed.Content.ReadAsByteArrayAsync(Token), "br"));
    }

    [Fact]
    public async Task Short_answers_and_answers_without_a_body_stay_as_they_are()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await WriteAsync(server, posts: 30);

        using var one = await GetAsync(ada.Http, "/rest/v1/posts?select=id&limit=1", "br", "application/json");
        using var refused = await GetAsync(ada.Http, "/rest/v1/nothing", "br", "application/json");
        using var head = await GetAsync(ada.Http, "/rest/v1/posts?select=content", "br", "application/json", HttpMethod.Head);
        using var first = await GetAsync(ada.Http, "/functions/v1/get-feed", "br", "application/json");
        using var known = await GetAsync(ada.Http, "/functions/v1/get-feed", "br", "application/json", tag: first.Headers.ETag);

        foreach (var answer in new[] { one, refused, head, known })
            Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.OK), (one.StatusCode, refused.StatusCode, head.StatusCode));
        Assert.Equal("0-29/*", head.Content.Headers.GetValues("Content-Range").Single());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Tokens_are_never_compressed_beside_what_somebody_else_may_have_written()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/signup")
        {
            Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("br") } },
            Content = JsonContent.Create(new { email = "ada@example.com", password = Person.Password, data = new { full_name = new string('a', 3000) } }),
        };

        using var answer = await server.Anonymous.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Contains("access_token", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_of_a_function_arrive_while_it_works()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/functions/v1/ai-career-assessment")
        {
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") }, AcceptEncoding = { new StringWithQualityHeaderValue("br") } },
            Content = JsonContent.Create(new { user_profile = new { interests = new[] { "metal" } } }),
        };

        using var answer = await ada.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Contains("event: result", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_can_switch_it_off()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:Compression", "false"));
        var ada = await WriteAsync(server, posts: 30);

        using var answer = await GetAsync(ada.Http, "/rest/v1/posts?select=content", "br, gzip", "application/json");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    static async Task<Person> WriteAsync(EvolvServer server, int posts)
    {
        var ada = await server.SignUpAsync("ada");
        using var answer = await ada.Http.PostAsJsonAsync(
            "/rest/v1/posts", Enumerable.Range(0, posts).Select(number => new { content = $"Post {number}: what I learned about learning today" }), Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return ada;
    }

    static async Task<HttpResponseMessage> GetAsync(
        HttpClient client, string path, string? encodings, string type, HttpMethod? method = null, EntityTagHeaderValue? tag = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        if (encodings is not null)
            request.Headers.Add("Accept-Encoding", encodings);
        if (tag is not null)
            request.Headers.IfNoneMatch.Add(tag);
        return await client.SendAsync(request, Token);
    }

    static async Task<byte[]> UnpackAsync(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream(bytes);
        await using Stream unpacking = encoding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        await unpacking.CopyToAsync(unpacked, Token);
        return unpacked.ToArray();
    }
}
