using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Evolv.Platform.RateLimits;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.RateLimits;

/// <summary>Limits as clients meet them, in one process.</summary>
public sealed class RateLimitsTests(EvolvCluster cluster)
{
    const string Feed = "/functions/v1/get-feed";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_tier_of_the_seed_has_its_figure_and_200_calls_at_once_pass_to_the_request()
    {
        await using var server = await StartAsync();
        var ada = await server.SignUpAsync("ada");
        var grace = await PremiumAsync(server, "grace");

        var visitors = await CallAsync(server.Anonymous, 200);
        var people = await CallAsync(ada.Http, 200);
        var premium = await CallAsync(grace, 200);
        var guidance = await CallAsync(grace, 20, "/functions/v1/ai-skill-recommendations", HttpMethod.Post);

        Assert.Equal((10, 190), (Of(visitors, 401), Of(visitors, 429)));
        Assert.Equal((60, 140), (Of(people, 200), Of(people, 429)));
        Assert.Equal((120, 80), (Of(premium, 200), Of(premium, 429)));
        Assert.Equal((5, 15), (Of(guidance, 400), Of(guidance, 429)));
        Assert.Equal(["60"], people.Select(answer => Header(answer, "X-RateLimit-Limit")).Distinct());
        Assert.Equal(
            [.. Enumerable.Range(0, 60).Select(left => left.ToString(CultureInfo.InvariantCulture))],
            people.Where(answer => answer.StatusCode == HttpStatusCode.OK).Select(answer => Header(answer, "X-RateLimit-Remaining"))
                .OrderBy(left => int.Parse(left!, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Person_cannot_make_themselves_premium()
    {
        await using var server = await StartAsync();
        var ada = await server.SignUpAsync("ada");
        await ada.Http.PutAsJsonAsync("/auth/v1/user", new { data = new { tier = "premium", app_metadata = new { tier = "premium" } } }, Token);

        using var answer = await (await SignInAsync(server, "ada")).GetAsync(Feed, Token);

        Assert.Equal("60", Header(answer, "X-RateLimit-Limit"));
    }

    [Fact]
    public async Task Answers_tell_what_is_left_and_refusals_when_to_come_back()
    {
        await using var server = await StartAsync(("RateLimits:AuthenticatedPerMinute", "2"));
        var ada = await server.SignUpAsync("ada");

        using var first = await ada.Http.GetAsync(Feed, Token);
        using var second = await ada.Http.GetAsync(Feed, Token);
        using var third = await ada.Http.GetAsync(Feed, Token);

        foreach (var (answer, left) in new[] { (first, 1), (second, 0), (third, 0) })
        {
            var reset = int.Parse(Header(answer, "X-RateLimit-Reset")!, CultureInfo.InvariantCulture);
            Assert.InRange(reset, 1, 60);
            Assert.Equal("2", Header(answer, "X-RateLimit-Limit"));
            Assert.Equal($"{left}", Header(answer, "X-RateLimit-Remaining"));
            Assert.Equal($"\"authenticated\";r={left};t={reset}", Header(answer, "RateLimit"));
            Assert.Equal("\"authenticated\";q=2;w=60", Header(answer, "RateLimit-Policy"));
            Assert.Equal(answer == third ? Header(third, "X-RateLimit-Reset") : null, Header(answer, "Retry-After"));
        }

        Assert.Equal([200, 200, 429], new[] { first, second, third }.Select(answer => (int)answer.StatusCode));
    }

    [Fact]
    public async Task Who_comes_back_when_told_to_is_served()
    {
        await using var server = await StartAsync(("RateLimits:AuthenticatedPerMinute", "2"));
        server.Services.GetRequiredService<IOptions<RateLimitOptions>>().Value.Window = TimeSpan.FromSeconds(1.5);
        var ada = await server.SignUpAsync("ada");

        var answers = await CallAsync(ada.Http, 3);
        var refused = answers.Single(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        await Task.Delay(TimeSpan.FromSeconds(int.Parse(Header(refused, "Retry-After")!, CultureInfo.InvariantCulture)), Token);
        using var again = await ada.Http.GetAsync(Feed, Token);

        Assert.Equal((HttpStatusCode.OK, "1"), (again.StatusCode, Header(again, "X-RateLimit-Remaining")));
    }

    [Fact]
    public async Task Families_refuse_in_their_own_dialects_and_pages_may_read_why()
    {
        await using var server = await StartAsync(
            ("Http:AllowedOrigins", "https://app.example.com"), ("RateLimits:AnonymousPerMinute", "1"), ("RateLimits:AuthPerMinute", "1"),
            ("RateLimits:RestAnonymousPerMinute", "1"), ("RateLimits:RealtimePerMinute", "1"));
        const string Function = """{"success":false,"error":"Too many calls; try again in {t} s.","code":"rate_limited"}""";
        const string GoTrue = """{"code":429,"error_code":"over_request_rate_limit","msg":"Request rate limit reached"}""";
        (string Method, string Path, string Body)[] cases =
        [
            ("GET", "/functions/v1/get-feed", Function),
            ("GET", "/functions/v1/no-such-function", Function),
            ("POST", "/auth/v1/token?grant_type=password", GoTrue),
            ("GET", "/auth/v1/no-such-path", GoTrue),
            ("GET", "/rest/v1/badges",
                """{"code":"EVOLV05","details":null,"hint":"The headers RateLimit and RateLimit-Policy tell what is left.","message":"Too many requests; try again in {t} s."}"""),
            ("GET", "/realtime/v1/websocket", """{"error":"Too many requests; try again in {t} s"}"""),
            ("POST", "/realtime/v1/api/broadcast", """{"message":"Too many requests; try again in {t} s","error":"Too many requests; try again in {t} s"}"""),
        ];

        foreach (var (method, path, body) in cases)
        {
            using var first = await server.Anonymous.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Token);
            using var answer = await server.Anonymous.SendAsync(
                new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "Origin", "https://app.example.com" } } }, Token);

            Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
            Assert.Equal(
                body.Replace("{t}", Header(answer, "Retry-After"), StringComparison.Ordinal), await answer.Content.ReadAsStringAsync(Token));
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
            var exposed = string.Join(',', answer.Headers.GetValues("Access-Control-Expose-Headers")).Split(',', StringSplitOptions.TrimEntries);
            Assert.Superset(
                new HashSet<string>(["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy"]),
                new HashSet<string>(exposed));
        }
    }

    [Fact]
    public async Task Refused_tokens_bad_keys_and_forged_addresses_count_against_the_address()
    {
        await using var server = await StartAsync(("RateLimits:AnonymousPerMinute", "6"));
        var ada = await server.SignUpAsync("ada");
        HttpClient[] clients =
        [
            server.Anonymous, server.Keyless, server.ClientWith(server.PublishableKey, "not-a-token"), server.ClientWith("sb_secret_guessed", null),
            server.ClientWith(server.PublishableKey, ada.AccessToken[..^4] + "AAAA"), server.ClientWith(server.PublishableKey, ada.AccessToken + ".x"),
        ];
        foreach (var (client, i) in clients.Select((client, i) => (client, i)))
        {
            foreach (var name in new[] { "X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP" })
                client.DefaultRequestHeaders.Add(name, name == "Forwarded" ? $"for=203.0.113.{i}" : $"203.0.113.{i}");
        }

        var taken = new List<HttpResponseMessage>();
        foreach (var client in clients)
            taken.Add(await client.GetAsync(Feed, Token));
        var refused = new List<HttpResponseMessage>();
        foreach (var client in clients)
            refused.Add(await client.GetAsync(Feed, Token));

        Assert.All(taken, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));
        Assert.Equal(["5", "4", "3", "2", "1", "0"], taken.Select(answer => Header(answer, "X-RateLimit-Remaining")));
        Assert.All(refused, answer => Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode));
        // Whoever is signed in has a limit of their own, whatever the neighbours do.
        Assert.Equal(HttpStatusCode.OK, (await ada.Http.GetAsync(Feed, Token)).StatusCode);
    }

    [Fact]
    public async Task Clients_of_a_trusted_proxy_are_told_apart_as_far_as_it_is_believed()
    {
        await using var server = await StartAsync(("Http:TrustedProxies", "127.0.0.1"), ("RateLimits:AnonymousPerMinute", "2"));

        var left = new List<string?>();
        foreach (var clients in new[] { "203.0.113.1", "203.0.113.2", "203.0.113.77, 203.0.113.1", "2001:db8:1:2::1", "2001:db8:1:2::2", "::ffff:203.0.113.2" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Feed) { Headers = { { "X-Forwarded-For", clients } } };
            using var answer = await server.Keyless.SendAsync(request, Token);
            left.Add(Header(answer, "X-RateLimit-Remaining"));
        }

        // The third has written a first address itself; the last three are a /64 and IPv4 in its other form.
        Assert.Equal(["1", "1", "0", "1", "0", "0"], left);
    }

    [Fact]
    public async Task Preflights_probes_and_trusted_back_ends_are_not_limited()
    {
        await using var server = await StartAsync(
            ("Http:AllowedOrigins", "https://app.example.com"), ("RateLimits:AnonymousPerMinute", "1"), ("RateLimits:AuthPerMinute", "1"),
            ("RateLimits:RestAnonymousPerMinute", "1"), ("RateLimits:RestPerMinute", "1"));

        var answers = new List<HttpResponseMessage>();
        foreach (var path in new[] { Feed, "/auth/v1/token", "/rest/v1/badges" })
        {
            for (var i = 0; i < 3; i++)
            {
                answers.Add(await server.Keyless.SendAsync(
                    new HttpRequestMessage(HttpMethod.Options, path)
                    {
                        Headers = { { "Origin", "https://app.example.com" }, { "Access-Control-Request-Method", "POST" } },
                    }, Token));
                answers.Add(await server.Keyless.GetAsync("/livez", Token));
                answers.Add(await server.Keyless.GetAsync("/readyz", Token));
                if (path != "/auth/v1/token")
                    answers.Add(await server.Service.GetAsync(path, Token));
            }
        }

        Assert.DoesNotContain(HttpStatusCode.TooManyRequests, answers.Select(answer => answer.StatusCode));
        Assert.All(answers, answer => Assert.Null(Header(answer, "X-RateLimit-Limit")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Anonymous.GetAsync(Feed, Token)).StatusCode);
    }

    // auth-js ends the session at any 4xx of a refresh: a neighbour behind the same address could sign everybody out.
    [Fact]
    public async Task Refresh_that_comes_too_often_is_put_off_and_the_session_goes_on()
    {
        await using var server = await StartAsync(("RateLimits:AuthPerMinute", "2"));
        var ada = await server.SignUpAsync("ada");
        await CallAsync(server.Anonymous, 2, "/auth/v1/settings");

        using var answer = await server.Anonymous.PostAsJsonAsync(
            "/auth/v1/token?grant_type=refresh_token", new { refresh_token = ada.RefreshToken }, Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.InRange(int.Parse(Header(answer, "Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(
            """{"code":503,"error_code":"over_request_rate_limit","msg":"Request rate limit reached"}""", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Socket_is_counted_when_it_opens()
    {
        await using var server = await StartAsync(("RateLimits:RealtimePerMinute", "2"));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;

        await socket.ConnectAsync(new Uri($"{server.Url.Replace("http", "ws", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={server.PublishableKey}"), Token);

        Assert.Equal("1", socket.HttpResponseHeaders!["X-RateLimit-Remaining"].Single());
    }

    [Fact]
    public async Task Families_are_counted_apart()
    {
        await using var server = await StartAsync(("RateLimits:AnonymousPerMinute", "1"));

        var functions = await CallAsync(server.Anonymous, 2);
        using var rest = await server.Anonymous.GetAsync("/rest/v1/badges?limit=1", Token);
        using var auth = await server.Anonymous.GetAsync("/auth/v1/settings", Token);

        Assert.Equal(1, Of(functions, 429));
        Assert.Equal((HttpStatusCode.OK, "\"rest-anonymous\";q=300;w=60"), (rest.StatusCode, Header(rest, "RateLimit-Policy")));
        Assert.Equal((HttpStatusCode.OK, "\"auth\";q=300;w=60"), (auth.StatusCode, Header(auth, "RateLimit-Policy")));
    }

    [Fact]
    public async Task Nobody_is_limited_when_limits_are_off()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("RateLimits:Enabled", "false"), ("RateLimits:AnonymousPerMinute", "1"));

        var answers = await CallAsync(server.Anonymous, 20);

        Assert.Equal(20, Of(answers, 401));
        Assert.All(answers, answer => Assert.Null(Header(answer, "X-RateLimit-Limit")));
    }

    Task<EvolvServer> StartAsync(params (string, string)[] settings)
        => EvolvServer.StartAsync(cluster, [("RateLimits:Enabled", "true"), .. settings]);

    internal static async Task<HttpResponseMessage[]> CallAsync(HttpClient client, int times, string path = Feed, HttpMethod? method = null)
        => await Task.WhenAll(Enumerable.Range(0, times).Select(_ => client.SendAsync(new HttpRequestMessage(method ?? HttpMethod.Get, path), Token)));

    internal static int Of(IEnumerable<HttpResponseMessage> answers, int status) => answers.Count(answer => (int)answer.StatusCode == status);

    static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    static async Task<HttpClient> PremiumAsync(EvolvServer server, string name)
    {
        var person = await server.SignUpAsync(name);
        await server.Database.ExecuteAsync(
            $$"""update auth.users set raw_app_meta_data = raw_app_meta_data || '{"tier":"premium"}' where id = '{{person.Id}}'""");
        return await SignInAsync(server, name);
    }

    static async Task<HttpClient> SignInAsync(EvolvServer server, string name)
    {
        using var answer = await server.Anonymous.PostAsJsonAsync(
            "/auth/v1/token?grant_type=password", new { email = $"{name}@example.com", password = Person.Password }, Token);
        using var session = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return server.ClientWith(server.PublishableKey, session.RootElement.GetProperty("access_token").GetString());
    }
}
