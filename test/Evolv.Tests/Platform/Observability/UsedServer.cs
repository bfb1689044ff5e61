using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using Evolv.Tests.Features.Career.Providers.Grok;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Observability;

/// <summary>A server of its own process with the demo community, of which everything was used a bit, faults included.</summary>
public sealed class UsedServer : IAsyncLifetime
{
    readonly EvolvProcess _process;
    readonly GrokStandIn _grok;

    public UsedServer()
    {
        _grok = GrokStandIn.StartAsync().GetAwaiter().GetResult();
        _process = new EvolvProcess(
        [
            .. GrokWorld.SettingsFor(_grok).Select(setting => ($"EVOLV__{setting.Key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)}", setting.Value)),
            ("EVOLV__AUTH__PASSWORDITERATIONS", "100000"), ("EVOLV__RATELIMITS__ENABLED", "true"), ("EVOLV__DATABASE__MAXPOOLSIZE", "3"), ("EVOLV__DATABASE__POOLACQUISITIONTIMEOUT", "1"),
        ]);
    }

    internal EvolvProcess Process => _process;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _process.StartAsync("--demo");
        using var service = await _process.ServiceAsync();
        var key = service.DefaultRequestHeaders.GetValues("apikey").Single();
        using var person = new HttpClient { BaseAddress = new Uri(_process.Url) };
        person.DefaultRequestHeaders.Add("apikey", key);
        var (id, access) = await SignUpAsync(service);
        person.DefaultRequestHeaders.Authorization = new("Bearer", access);

        await PostAsync(person, "/rest/v1/posts", """{"content":"hello"}""");
        await PostAsync(person, "/rest/v1/ai_consents", $$"""{"user_id":"{{id}}"}""");
        await PostAsync(person, "/functions/v1/ai-career-assessment", GrokWorld.Assessment());
        _grok.Enqueue(Enumerable.Repeat(GrokBehaviour.WrongSchema, 3).ToArray());
        await PostAsync(person, "/functions/v1/ai-career-assessment", GrokWorld.Assessment("Another goal"));
        using (await person.GetAsync("/functions/v1/get-feed", Token))
        {
        }

        await PostAsync(service, "/functions/v1/add-xp", $$"""{"user_id":"{{id}}","amount":5,"source":"daily_login","idempotency_key":"a"}""");
        await PostAsync(service, "/functions/v1/no-such-function", "{}");
        await PostAsync(person, "/rest/v1/posts", """{"content":"no","visibility":"nonsense"}""");
        await ListenAsync(access);
        await ExhaustPoolAsync(person);
        await ExceedLimitAsync();
    }

    internal async Task<Exposition> ReadAsync()
    {
        using var scraper = new HttpClient { BaseAddress = new Uri(_process.Url) };
        return Exposition.Read(await scraper.GetStringAsync("/metrics", Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _grok.DisposeAsync();
    }

    // More at once than there are connections, for longer than anybody waits for one.
    async Task ExhaustPoolAsync(HttpClient person)
    {
        await _process.ScalarAsync<int>("create function public.doze() returns void language sql as 'select pg_sleep(1.6)'; grant execute on function public.doze to authenticated; select 1");
        while (await PostAsync(person, "/rest/v1/rpc/doze", "{}") == HttpStatusCode.NotFound)
            await Task.Delay(50, Token); // until the schema is read again
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PostAsync(person, "/rest/v1/rpc/doze", "{}")));
    }

    async Task ExceedLimitAsync()
    {
        using var anonymous = new HttpClient { BaseAddress = new Uri(_process.Url) };
        for (var i = 0; i < 100 && await PostAsync(anonymous, "/functions/v1/check-in", "{}") != HttpStatusCode.TooManyRequests; i++)
        {
        }
    }

    static async Task<(Guid Id, string Access)> SignUpAsync(HttpClient service)
    {
        using var answer = await service.PostAsJsonAsync("/auth/v1/signup", new { email = "used@example.com", password = Person.Password }, Token);
        using var session = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return (session.RootElement.GetProperty("user").GetProperty("id").GetGuid(), session.RootElement.GetProperty("access_token").GetString()!);
    }

    async Task ListenAsync(string access)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"{_process.Url.Replace("http", "ws", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={access}&vsn=2.0.0"), Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("""[null,"1","phoenix","heartbeat",{}]"""), WebSocketMessageType.Text, true, Token);
        await socket.ReceiveAsync(new byte[1024], Token);
        // The next message comes after what was counted of the first.
        await socket.SendAsync(Encoding.UTF8.GetBytes("""[null,"2","phoenix","heartbeat",{}]"""), WebSocketMessageType.Text, true, Token);
        await socket.ReceiveAsync(new byte[1024], Token);
    }

    static async Task<HttpStatusCode> PostAsync(HttpClient client, string url, object body)
    {
        using var content = body is string text ? new StringContent(text, Encoding.UTF8, "application/json") : (HttpContent)JsonContent.Create(body);
        using var answer = await client.PostAsync(url, content, Token);
        return answer.StatusCode;
    }
}
