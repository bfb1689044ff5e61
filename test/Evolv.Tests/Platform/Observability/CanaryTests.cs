using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Observability;

/// <summary>Secrets go through a server that logs all it can and sends all of it to a collector, and come out nowhere.</summary>
public sealed class CanaryTests
{
    const string Password = "canary-password-8Kx2";
    const string WrongPassword = "canary-wrong-3Lq9";
    const string InBrokenJson = "canary-json-5Tz1";
    const string InRow = "canary-row-7Wd4";
    const string InArgument = "canary-argument-2Mb6";
    const string InDetail = "canary-detail-9Pc3";
    const string InRequestLine = "canary-line-4Vn8";
    const string AiKey = "canary-ai-key-6Rj5";
    const string RedisPassword = "canary-redis-1Hs7";
    const string MetricsToken = "canary-metrics-0Gy2";
    const string InBroadcast = "canary-broadcast-8Uf5";
    const string LegacySecret = "canary-legacy-2Xk7-of-at-least-32-characters";
    const string ClientSecret = "canary-client-9Ds4";
    const string InCode = "canary-code-7Bn2";
    const string InVerifier = "canary-verifier-5Mq1-of-at-least-forty-three-characters";
    const string InIdToken = "canary-id-token-3Tc6";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_secret_is_in_a_log_a_span_or_a_metric()
    {
        await using var collector = await Collector.StartAsync();
        await using var smtp = new SmtpStandIn();
        await using var evolv = new EvolvProcess(
        [
            .. collector.Settings, ("EVOLV__LOGGING__LOGLEVEL__DEFAULT", "Trace"), ("EVOLV__AI__APIKEY", AiKey), ("EVOLV__AI__BASEURL", "http://127.0.0.1:1/v1"),
            ("EVOLV__REDIS__CONNECTIONSTRING", $"127.0.0.1:1,password={RedisPassword}"), ("EVOLV__OBSERVABILITY__METRICSTOKEN", MetricsToken),
            ("EVOLV__OBSERVABILITY__SLOWQUERYMILLISECONDS", "100"), ("EVOLV__AUTH__PASSWORDITERATIONS", "100000"),
            .. smtp.Settings.Select(setting => ($"EVOLV__{setting.Item1.Replace(":", "__", StringComparison.Ordinal)}", setting.Item2)),
            ("EVOLV__AUTH__CONFIRMEMAIL", "false"), ("EVOLV__AUTH__LEGACYJWTSECRET", LegacySecret),
            ("EVOLV__AUTH__EXTERNAL__SCHOOL__CLIENTID", "evolv"), ("EVOLV__AUTH__EXTERNAL__SCHOOL__CLIENTSECRET", ClientSecret),
            ("EVOLV__AUTH__EXTERNAL__SCHOOL__ISSUER", "http://127.0.0.1:1"),
        ]);
        await evolv.StartAsync();
        await ExecuteAsync(evolv.Connections,
            $"""
            create function public.fail(given text) returns void language plpgsql as $$
                begin raise exception 'it failed' using errcode = 'XX000', detail = '{InDetail}'; end $$;
            create function public.sleep(given text) returns void language sql as $$ select pg_sleep(0.2) $$;
            create table public.things (name text primary key);
            grant select, insert on public.things to anon, authenticated, service_role;
            grant execute on function public.fail, public.sleep to anon, authenticated, service_role;
            """);
        using var service = await evolv.ServiceAsync();
        var serviceKey = service.DefaultRequestHeaders.GetValues("apikey").Single();
        var (access, refresh, refreshed) = await SignInAsync(service);
        var oneTime = await UseOneTimeSecretsAsync(service, access, smtp);

        using (var person = new HttpClient { BaseAddress = new Uri(evolv.Url) })
        {
            person.DefaultRequestHeaders.Add("apikey", serviceKey);
            person.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access);
            await SendAsync(person, HttpStatusCode.OK, "/rest/v1/posts?select=content&limit=1");
            await SendAsync(person, HttpStatusCode.Created, "/rest/v1/things", $$"""{"name":"{{InRow}}"}""");
            await SendAsync(person, HttpStatusCode.Conflict, "/rest/v1/things", $$"""{"name":"{{InRow}}"}""");
            await SendAsync(person, HttpStatusCode.InternalServerError, "/rest/v1/rpc/fail", $$"""{"given":"{{InArgument}}"}""");
            await SendAsync(person, HttpStatusCode.NoContent, "/rest/v1/rpc/sleep", $$"""{"given":"{{InArgument}}"}""");
            await SendAsync(person, HttpStatusCode.OK, "/functions/v1/get-feed?limit=1");
            await SendAsync(person, HttpStatusCode.BadRequest, "/functions/v1/check-in", "{\"x\":\"" + InBrokenJson);
            await SendAsync(person, HttpStatusCode.OK, "/functions/v1/ai-career-assessment", Features.Career.Providers.Grok.GrokWorld.Assessment());
        }

        await ListenAsync(evolv.Url, access);
        await SendRawAsync(evolv.Url, $"GET {InRequestLine}?apikey={serviceKey} HTTP/1.1\r\nHost: x\r\n\r\n");
        var metrics = await ReadMetricsAsync(evolv.Url);
        await evolv.TerminateAsync();

        var told = new Dictionary<string, string>
        {
            ["the log"] = evolv.Log,
            ["metrics"] = metrics,
            ["spans"] = collector.Of("traces"),
            ["sent metrics"] = collector.Of("metrics"),
            ["sent logs"] = collector.Of("logs"),
        };
        Assert.Contains("\"category\":\"Access\"", evolv.Log, StringComparison.Ordinal);
        Assert.Contains("A statement took", evolv.Log, StringComparison.Ordinal);
        Assert.Contains("\"sqlstate\":\"XX000\"", evolv.Log, StringComparison.Ordinal);
        Assert.Contains("\"route\":\"/functions/v1/get-feed\"", evolv.Log, StringComparison.Ordinal);
        Assert.Contains("evolv_auth_events_total", metrics, StringComparison.Ordinal);
        Assert.Contains("set_config('role', $1", told["spans"], StringComparison.Ordinal);
        Assert.Contains("pgrst_call", told["spans"], StringComparison.Ordinal);
        Assert.Contains("evolv.auth.events", told["sent metrics"], StringComparison.Ordinal);
        Assert.Contains("A statement took", told["sent logs"], StringComparison.Ordinal);
        string[] secrets =
        [
            Password, WrongPassword, InBrokenJson, InRow, InArgument, InDetail, InRequestLine, AiKey, RedisPassword, MetricsToken, InBroadcast, serviceKey,
            access.Split('.')[1], access.Split('.')[2], refresh, refreshed, evolv.Connections.Owner.Password!, evolv.Connections.Pool.Password!, "canary@example.com",
            "canary-of-the-mail-server", LegacySecret, ClientSecret, InCode, InVerifier, InIdToken, .. oneTime,
        ];
        Assert.Empty(from secret in secrets
                     from place in told
                     let at = place.Value.IndexOf(secret, StringComparison.Ordinal)
                     where at >= 0
                     select $"{secret} in {place.Key}: {place.Value[Math.Max(0, at - 300)..Math.Min(place.Value.Length, at + 100)]}");
    }

    static async Task<(string Access, string Refresh, string Refreshed)> SignInAsync(HttpClient service)
    {
        await SendAsync(service, HttpStatusCode.BadRequest, "/auth/v1/signup", "{\"email\":\"canary@example.com\",\"password\":\"" + InBrokenJson);
        await SendAsync(service, HttpStatusCode.OK, "/auth/v1/signup", new { email = "canary@example.com", password = Password });
        await SendAsync(service, HttpStatusCode.BadRequest, "/auth/v1/token?grant_type=password", new { email = "canary@example.com", password = WrongPassword });
        var session = await SendAsync(service, HttpStatusCode.OK, "/auth/v1/token?grant_type=password", new { email = "canary@example.com", password = Password });
        var refresh = session.GetProperty("refresh_token").GetString()!;
        var second = await SendAsync(service, HttpStatusCode.OK, "/auth/v1/token?grant_type=refresh_token", new { refresh_token = refresh });
        return (session.GetProperty("access_token").GetString()!, refresh, second.GetProperty("refresh_token").GetString()!);
    }

    // Links and codes of mails, of second factors and of flows that somebody else began.
    static async Task<string[]> UseOneTimeSecretsAsync(HttpClient service, string access, SmtpStandIn smtp)
    {
        var link = await SendAsync(service, HttpStatusCode.OK, "/auth/v1/admin/generate_link", new { type = "magiclink", email = "canary@example.com" });
        await SendAsync(service, HttpStatusCode.OK, "/auth/v1/otp", new { email = "canary@example.com" });
        await Rest.Eventually.IsTrueAsync(() => Task.FromResult(!smtp.Mails.IsEmpty));
        var mail = new Auth.CaughtMail("", "", "", smtp.Mails.First().TextBody!.ReplaceLineEndings("\n"), "");
        using (var page = await service.GetAsync(new Uri(mail.Link).PathAndQuery, Token))
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var signedIn = await SendAsync(service, HttpStatusCode.OK, "/auth/v1/verify", new { type = "magiclink", token_hash = mail.TokenHash });
        await SendAsync(service, HttpStatusCode.NotFound, "/auth/v1/token?grant_type=pkce", new { auth_code = InCode, code_verifier = InVerifier });
        await SendAsync(service, HttpStatusCode.BadRequest, "/auth/v1/token?grant_type=id_token", new { provider = "school", id_token = InIdToken });
        await SendAsync(service, HttpStatusCode.ServiceUnavailable, "/auth/v1/authorize?provider=school&skip_http_redirect=true");

        using var person = new HttpClient { BaseAddress = service.BaseAddress };
        person.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access);
        var factor = await SendAsync(person, HttpStatusCode.OK, "/auth/v1/factors", new { factor_type = "totp" });
        return
        [
            link.GetProperty("hashed_token").GetString()!, mail.TokenHash, signedIn.GetProperty("refresh_token").GetString()!,
            factor.GetProperty("totp").GetProperty("secret").GetString()!, "Or type this code",
        ];
    }

    // With a body it is a POST.
    static async Task<JsonElement> SendAsync(HttpClient client, HttpStatusCode expected, string url, object? body = null)
    {
        using var content = body is null ? null
            : body is string text ? new StringContent(text, Encoding.UTF8, "application/json")
            : (HttpContent)JsonContent.Create(body);
        using var answer = content is null ? await client.GetAsync(url, Token) : await client.PostAsync(url, content, Token);
        var read = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == expected, $"{url}: {answer.StatusCode} {read}");
        return read.StartsWith('{') ? JsonElement.Parse(read) : default;
    }

    static async Task ListenAsync(string url, string access)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"{url.Replace("http", "ws", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={access}&vsn=2.0.0"), Token);
        await SayAsync($$"""["1","1","realtime:room","phx_join",{"config":{},"access_token":"{{access}}"}]""");
        await SayAsync($$$"""["1","2","realtime:room","broadcast",{"type":"broadcast","event":"x","payload":{"secret":"{{{InBroadcast}}}"}}]""");
        await SayAsync($$"""["1","3","realtime:room","phx_join",{"config":{},"access_token":"{{access}}x"}]""");
        await SayAsync($"not json {InBrokenJson}");
        await SayAsync("""[null,"4","phoenix","heartbeat",{}]""");
        var buffer = new byte[64 * 1024];
        while (socket.State == WebSocketState.Open)
        {
            var part = await socket.ReceiveAsync(buffer, Token);
            if (Encoding.UTF8.GetString(buffer, 0, part.Count).Contains("\"4\",\"phoenix\"", StringComparison.Ordinal))
                return;
        }

        Task SayAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Token);
    }

    static async Task SendRawAsync(string url, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(url).Port, Token);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request), Token);
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    static async Task<string> ReadMetricsAsync(string url)
    {
        using var scraper = new HttpClient { BaseAddress = new Uri(url) };
        using var refused = await scraper.GetAsync("/metrics", Token);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        scraper.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", MetricsToken);
        return await scraper.GetStringAsync("/metrics", Token);
    }

    static async Task ExecuteAsync(ConnectionStrings connections, string sql)
    {
        await using var owner = await Migrator.OpenOwnerAsync(connections, Token);
        await using var command = new NpgsqlCommand(sql, owner);
        await command.ExecuteNonQueryAsync(Token);
    }
}
