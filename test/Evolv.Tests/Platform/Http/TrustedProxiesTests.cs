using System.Net.Http.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>For whom a proxy says that it asks, as the account's own history shows it.</summary>
public sealed class TrustedProxiesTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "203.0.113.7", "127.0.0.1")] // Nobody is trusted.
    [InlineData("192.0.2.0/24", "203.0.113.7", "127.0.0.1")] // Another one is.
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8, 10.0.0.0/8", "203.0.113.7, 10.1.2.3", "203.0.113.7")] // A chain of trusted ones.
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7")] // What the client itself has written stands before.
    [InlineData("127.0.0.1", "2001:db8::7", "2001:db8::7")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    [InlineData("127.0.0.1", "", "127.0.0.1")]
    public async Task Only_a_trusted_proxy_says_who_asks(string trusted, string forwarded, string expected)
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:TrustedProxies", trusted));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/signup")
        {
            Content = JsonContent.Create(new { email = "ada@example.com", password = Person.Password }),
        };
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        request.Headers.TryAddWithoutValidation("Forwarded", "for=198.51.100.9");
        request.Headers.TryAddWithoutValidation("X-Real-IP", "198.51.100.9");

        using var answer = await server.Anonymous.SendAsync(request, Token);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(expected, await server.Database.ScalarAsync<string>("select string_agg(distinct ip_address, ' ') from auth.audit_log_entries"));
        Assert.Equal(expected, await server.Database.ScalarAsync<string>("select host(ip) from auth.sessions"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("127.0.0.1", true)]
    public async Task Behind_a_trusted_proxy_that_ends_https_the_connection_is_safe(string trusted, bool isBelieved)
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:TrustedProxies", trusted));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "api.example");

        using var answer = await server.Keyless.SendAsync(request, Token);

        Assert.Equal(
            isBelieved ? "max-age=31536000" : null,
            answer.Headers.TryGetValues("Strict-Transport-Security", out var values) ? Assert.Single(values) : null);
    }
}
