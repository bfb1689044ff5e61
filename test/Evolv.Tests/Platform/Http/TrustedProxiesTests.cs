using System.Net.Http.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Http;

/// <summary>For whom a proxy says that it asks, as the account's own history shows it.</summary>
public sealed class TrustedProxiesTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")] // Nobody is trusted.
    [InlineData("192.0.2.0/24, ::1")] // Others are.
    public async Task Who_is_not_trusted_says_in_vain_for_whom_they_ask(string trusted)
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:TrustedProxies", trusted));

        Assert.Equal("127.0.0.1", await SignUpFromAsync(server, "203.0.113.7"));
    }

    [Fact]
    public async Task A_trusted_proxy_says_who_asks()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:TrustedProxies", "127.0.0.1, 10.0.0.0/8"));

        Assert.Equal("203.0.113.7", await SignUpFromAsync(server, "203.0.113.7"));
        Assert.Equal("203.0.113.7", await SignUpFromAsync(server, "203.0.113.7, 10.1.2.3")); // A chain of trusted ones.
        Assert.Equal("203.0.113.7", await SignUpFromAsync(server, "198.51.100.1, 203.0.113.7")); // What the client itself has written stands before.
        Assert.Equal("2001:db8::7", await SignUpFromAsync(server, "2001:db8::7"));
        Assert.Equal("127.0.0.1", await SignUpFromAsync(server, "nonsense"));
        Assert.Equal("127.0.0.1", await SignUpFromAsync(server, ""));
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

    // The address in the history of a new account; it is the one of its session, too.
    static async Task<string> SignUpFromAsync(EvolvServer server, string forwarded)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/signup")
        {
            Content = JsonContent.Create(new { email = $"{Guid.NewGuid():N}@example.com", password = Person.Password }),
        };
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        request.Headers.TryAddWithoutValidation("Forwarded", "for=198.51.100.9");
        request.Headers.TryAddWithoutValidation("X-Real-IP", "198.51.100.9");
        using var answer = await server.Anonymous.SendAsync(request, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        var address = await server.Database.ScalarAsync<string>("select ip_address from auth.audit_log_entries order by id desc limit 1");
        Assert.Equal(address, await server.Database.ScalarAsync<string>("select host(ip) from auth.sessions order by id desc limit 1"));
        return address;
    }
}
