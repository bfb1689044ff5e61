using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Evolv.Tests.Platform.Observability;

/// <summary>/metrics of a server that was used: what it says, to whom, and that dashboards and alerts ask for nothing else.</summary>
public sealed partial class MetricsTests(UsedServer server) : IClassFixture<UsedServer>
{
    const int MostSeries = 2000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scraper_reads_an_answer_that_parses_and_stays_small()
    {
        var read = await server.ReadAsync();

        Assert.InRange(read.Samples.Count, 200, MostSeries);
        Assert.All(read.Samples, sample => Assert.False(double.IsNaN(sample.Value), sample.Name));
    }

    [Fact]
    public async Task Every_metric_of_the_dashboards_and_alerts_is_there()
    {
        var names = (await server.ReadAsync()).Names;

        var queries = Queries.All().ToArray();

        Assert.Equal(6, Queries.Dashboards.Count);
        Assert.InRange(queries.Length, 80, 500);
        Assert.All(queries, query => Assert.NotEmpty(query.Query.StartsWith("up{", StringComparison.Ordinal) ? ["up"] : Queries.MetricsOf(query.Query)));
        Assert.Empty(from query in queries
                     from metric in Queries.MetricsOf(query.Query)
                     where !names.Contains(metric)
                     select $"{metric} of {query.File} is not in /metrics");
    }

    [Theory]
    [InlineData("""sum by (le, http_route) (rate(a_bucket{b="c or d"}[$__rate_interval])) / on (x) group_left () max(e_total) > 0.5 or vector(0)""", "a_bucket e_total")]
    [InlineData("label_values(a_count{b=~\"$c\"}, d)", "a_count")]
    [InlineData("histogram_quantile(0.99, sum by (le) (rate(a[5m])))", "a")]
    public void Names_of_metrics_are_found_in_a_query(string query, string names)
        => Assert.Equal(names.Split(' '), Queries.MetricsOf(query));

    [Fact]
    public void Every_alert_has_its_page_in_the_operations_guide()
    {
        var alerts = Alert().Matches(Queries.Alerts).Select(alert => alert.Groups[1].Value).ToArray();
        var anchors = Anchor().Matches(Queries.Alerts).Select(anchor => anchor.Groups[1].Value).ToArray();

        var headings = Heading().Matches(Queries.Operations).Select(heading => heading.Groups[1].Value.ToLowerInvariant()).ToArray();

        Assert.InRange(alerts.Length, 11, 50);
        Assert.Equal(alerts.Select(alert => alert.ToLowerInvariant()), anchors);
        Assert.Equal(anchors.Order(), headings.Order());
    }

    [Fact]
    public async Task What_people_did_is_what_the_database_says()
    {
        var read = await server.ReadAsync();
        // One post was written after the figures were read first.
        Assert.Equal(await CountAsync($"posts p where {WasCreated("post")}") - 1, read.Sum("evolv_posts_created_total"));
        Assert.Equal(await CountAsync($"comments p where {WasCreated("comment")}"), read.Sum("evolv_comments_created_total"));
        Assert.Equal(await CountAsync("learning_path_enrollments"), read.Sum("evolv_paths_enrollments_total"));
        Assert.Equal(await CountAsync("certification_requests"), read.Sum("evolv_certifications_requests"));
        Assert.Equal(0, read.Sum("evolv_xp_ledger_mismatch"));
        Assert.InRange(read.Sum("evolv_xp_awarded_total"), 1000, 10_000_000);
        Assert.InRange(read.Sum("evolv_likes_created_total"), 1, 1_000_000);
    }

    [Theory]
    [InlineData("evolv_auth_events_total", "event=sign_up,result=ok", 1)]
    [InlineData("evolv_cache_requests_total", "cache=feed", 1)]
    [InlineData("evolv_idempotency_requests_total", "result=new", 1)]
    [InlineData("evolv_ratelimit_rejected_total", "policy=anonymous", 1)]
    [InlineData("evolv_functions_errors_total", "code=function_not_found,function=unknown", 1)]
    [InlineData("evolv_database_errors_total", "class=23", 1)]
    [InlineData("evolv_database_errors_total", "class=none", 1)]
    [InlineData("evolv_ai_fallbacks_total", "reason=bad_answer", 1)]
    [InlineData("evolv_thirdparty_errors_total", "reason=bad_answer,service=grok", 1)]
    [InlineData("gen_ai_client_token_usage_sum", "gen_ai_token_type=output", 1)]
    [InlineData("evolv_ai_cost_total", "model=grok-4.6", 0.000001)]
    [InlineData("db_client_connection_npgsql_timeouts_total", "db_client_connection_pool_name=evolv", 1)]
    [InlineData("http_server_request_duration_seconds_count", "http_route=/functions/v1/get-feed", 1)]
    public async Task What_happened_was_counted(string name, string labels, double least)
    {
        var wanted = labels.Split(',').Select(label => label.Split('=')).ToArray();

        var found = (await server.ReadAsync()).Samples.Where(
            sample => sample.Name == name && wanted.All(label => sample.Labels.GetValueOrDefault(label[0]) == label[1]));

        Assert.InRange(found.Sum(sample => sample.Value), least, double.MaxValue);
    }

    [Fact]
    public async Task No_tag_names_a_person()
        => Assert.All((await server.ReadAsync()).Samples.Where(sample => sample.Name != "target_info").SelectMany(sample => sample.Labels.Values), value => Assert.DoesNotMatch("@|[0-9a-f]{8}-[0-9a-f]{4}-4", value));

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.9")]
    [InlineData("X-Forwarded-Proto: https")]
    [InlineData("Forwarded: for=203.0.113.9")]
    [InlineData("Via: 1.1 proxy")]
    [InlineData("X-Real-IP: 203.0.113.9")]
    [InlineData("Origin: https://evil.example.com")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Host: rebound.example.com")]
    [InlineData("Authorization: Bearer anything", 200)]
    public async Task Stranger_behind_a_proxy_or_in_a_browser_reads_no_metrics(string header, int expected = 403)
    {
        using var client = new HttpClient { BaseAddress = new Uri(server.Process.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        var (name, value) = (header[..header.IndexOf(':')], header[(header.IndexOf(':') + 2)..]);
        Assert.True(request.Headers.TryAddWithoutValidation(name, value));

        using var answer = await client.SendAsync(request, Token);

        Assert.Equal((HttpStatusCode)expected, answer.StatusCode);
        Assert.Equal(expected == 200, (await answer.Content.ReadAsStringAsync(Token)).Contains("evolv_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_proxy_that_speaks_HTTP_1_0_reads_no_metrics()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Process.Url).Port, Token);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"), Token);
        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith("HTTP/1.1 403", await reader.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    // What the demo brings deleted never was.
    static string WasCreated(string what) => $"exists (select from public.activity_events e where e.type = '{what}.created' and e.object_id = p.id)";

    Task<long> CountAsync(string table) => server.Process.ScalarAsync<long>($"select count(*) from public.{table}");

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"runbook_url: docs/operations\.md#(\w+)")]
    private static partial Regex Anchor();

    [GeneratedRegex(@"^### (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
