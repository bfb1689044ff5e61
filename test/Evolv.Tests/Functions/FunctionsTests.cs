using System.Globalization;
using System.Net;
using Evolv.Tests.Support;

namespace Evolv.Tests.Functions;

public sealed class FunctionsTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Errors_carry_the_cors_headers_and_the_id_of_the_request()
    {
        var server = await cluster.SharedServerAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/functions/v1/add-xp")
        {
            Headers = { { "Origin", "http://localhost:5173" }, { "X-Request-Id", "mine-1" } },
        };

        using var answer = await server.Keyless.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("http://localhost:5173", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("mine-1", answer.Headers.GetValues("X-Request-Id").Single());
    }

    [Fact]
    public async Task Unknown_function_is_404_and_wrong_method_405()
    {
        var server = await cluster.SharedServerAsync();

        using var unknown = await server.Service.GetAsync("/functions/v1/nothing", Token);
        using var wrong = await server.Service.GetAsync("/functions/v1/add-xp", Token);

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("""{"success":false,"error":"Function not found","code":"function_not_found"}""", await unknown.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        Assert.Equal("POST", wrong.Content.Headers.Allow.Single());
    }

    [Fact]
    public async Task Without_the_database_the_answer_is_503_and_says_when_to_come_back()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using (var owner = await server.Database.OpenOwnerAsync())
        {
            // The database refuses new connections, and the old ones are cut.
            await using var lockOut = new Npgsql.NpgsqlCommand(
                $"""
                alter database {owner.Database} with connection limit 0;
                select pg_terminate_backend(pid) from pg_stat_activity where datname = '{owner.Database}' and pid <> pg_backend_pid()
                """, owner);
            await lockOut.ExecuteNonQueryAsync(Token);
        }

        using var answer = await server.Service.PostAsync("/functions/v1/add-xp", new StringContent(
            $$"""{"user_id":"{{Guid.CreateVersion7()}}","amount":1,"source":"daily_login"}"""), Token);
        using var ready = await server.Keyless.GetAsync("/readyz", Token);
        using var live = await server.Keyless.GetAsync("/livez", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task Who_calls_too_often_is_told_when_to_come_back()
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("RateLimits:Enabled", "true"), ("RateLimits:AuthenticatedPerMinute", "5"), ("RateLimits:AnonymousPerMinute", "2"));
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ada.Http.GetAsync("/functions/v1/get-feed", Token)));

        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        var refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 1, 60);
        Assert.Contains("\"code\":\"rate_limited\"", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        // Others are not touched, and neither is a trusted back end.
        Assert.Equal(HttpStatusCode.OK, (await bob.Http.GetAsync("/functions/v1/get-feed", Token)).StatusCode);
        var visitors = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Anonymous.GetAsync("/functions/v1/get-feed", Token)));
        Assert.Equal(2, visitors.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
        var services = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Service.GetAsync("/functions/v1/get-feed", Token)));
        Assert.DoesNotContain(services, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
    }
}
