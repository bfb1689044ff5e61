using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class MailCatcherTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static async Task<HttpResponseMessage> GetAsync(EvolvServer server, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/mail");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await server.Keyless.SendAsync(request, Token);
    }

    [Fact]
    public async Task Shows_mails_to_people_and_programs()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Anonymous.PostAsync("otp", new { email = "ada@example.com" });

        using var page = await GetAsync(server, ("Accept", "text/html"));
        var html = await page.Content.ReadAsStringAsync(Token);
        var list = await server.Keyless.GetFromJsonAsync<JsonArray>("/mail", Token);

        Assert.Contains("<strong>Your sign-in to Evolv</strong>", html, StringComparison.Ordinal);
        Assert.Contains("/auth/v1/verify?token=", html, StringComparison.Ordinal);
        Assert.True(page.Headers.CacheControl!.NoStore);
        var mail = Assert.Single(list!)!;
        Assert.Equal(("magic_link", "ada@example.com"), (mail["kind"]!.GetValue<string>(), mail["to"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Is_not_there_for_others()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var smtp = new SmtpStandIn();
        await using var real = await EvolvServer.StartAsync(cluster, smtp.Settings);
        (EvolvServer Server, (string, string)[] Headers)[] cases =
        [
            (real, []),
            (server, [("Host", "evil.example.com")]),
            (server, [("Sec-Fetch-Site", "cross-site")]),
            (server, [("X-Forwarded-For", "203.0.113.7")]),
            (server, [("Forwarded", "for=203.0.113.7")]),
        ];

        foreach (var (which, headers) in cases)
        {
            using var answer = await GetAsync(which, headers);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }
}
