using System.Net;
using System.Net.Http.Headers;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>Who has an answer already is told so instead of getting it again.</summary>
public sealed class ConditionalAnswerTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/auth/v1/settings", "public, max-age=60")]
    [InlineData("/auth/v1/.well-known/jwks.json", "public, max-age=600")]
    [InlineData("/functions/v1/get-leaderboard", "private, no-cache")]
    public async Task Who_has_the_answer_gets_304_without_a_body(string path, string cacheControl)
    {
        var server = await cluster.SharedServerAsync();
        using var first = await server.Service.GetAsync(path, Token);
        var tag = first.Headers.ETag!;

        using var again = await GetAsync(server, path, $"W/\"another\", {tag}");
        using var anything = await GetAsync(server, path, "*");
        using var changed = await GetAsync(server, path, "W/\"another\"");
        using var broken = await GetAsync(server, path, "another\"");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.True(tag.IsWeak);
        foreach (var known in new[] { again, anything })
        {
            Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
            Assert.Empty(await known.Content.ReadAsByteArrayAsync(Token));
            Assert.Null(known.Content.Headers.ContentType);
        }

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (changed.StatusCode, broken.StatusCode));
        Assert.NotEmpty(await changed.Content.ReadAsByteArrayAsync(Token));
        foreach (var answer in new[] { first, again, changed })
        {
            Assert.Equal(tag, answer.Headers.ETag);
            Assert.Equal(CacheControlHeaderValue.Parse(cacheControl), answer.Headers.CacheControl);
            Assert.Contains("Accept-Encoding", answer.Headers.Vary);
            Assert.Equal(cacheControl.StartsWith("private", StringComparison.Ordinal), answer.Headers.Vary.Contains("Authorization"));
        }
    }

    [Fact]
    public async Task What_has_changed_has_another_tag()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var before = await ada.Http.GetAsync("/functions/v1/get-progress", Token);

        var award = await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 5, source = "quiz_completion" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/functions/v1/get-progress") { Headers = { IfNoneMatch = { before.Headers.ETag! } } };
        using var after = await ada.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
        Assert.Equal(200, award.Status);
    }

    [Fact]
    public async Task Answers_to_a_write_are_kept_by_nobody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var answer = await ada.Http.PostAsync("/functions/v1/check-in", new StringContent("{}"), Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(answer.Headers.ETag);
        Assert.Equal("no-store", Assert.Single(answer.Headers.GetValues("Cache-Control")));
    }

    // As it stands, also what is no list of tags.
    static async Task<HttpResponseMessage> GetAsync(EvolvServer server, string path, string ifNoneMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await server.Service.SendAsync(request, Token);
    }
}
