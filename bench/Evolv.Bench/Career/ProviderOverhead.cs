using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Bench.Load;
using Evolv.Functions;

namespace Evolv.Bench.Career;

/// <summary>Asks a model through Evolv and, right before it, directly with the same request: the difference is ours.</summary>
sealed class ProviderOverhead : IDisposable
{
    readonly CareerWorld _world;
    readonly ModelStandIn _model;
    readonly string[] _tokens;
    readonly HttpClient _evolv = new();
    readonly HttpClient _direct = new();
    long _asked;

    internal ProviderOverhead(CareerWorld world, ModelStandIn model)
    {
        (_world, _model) = (world, model);
        _tokens = [.. Enumerable.Range(0, world.World.People).Select(n => world.Signer.Token(world.World.Person(n)))];
        _evolv.BaseAddress = new Uri($"http://127.0.0.1:{world.World.Port}/functions/v1/");
        _evolv.DefaultRequestHeaders.Add("apikey", world.World.PublishableKey);
        _direct.BaseAddress = new Uri($"{model.Url}/");
    }

    /// <summary>Questions of so many people at once, each after its last answer.</summary>
    /// <returns>Milliseconds by Evolv, directly, and by how much Evolv was slower each time.</returns>
    internal async Task<(Measurement Evolv, Measurement Direct, Measurement Difference)> RunAsync(int connections, int calls)
    {
        var started = Stopwatch.GetTimestamp();
        var pairs = (await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            var pairs = new List<(double Evolv, double Direct)>();
            for (var call = 0; call < calls; call++)
            {
                var direct = await AskDirectlyAsync();
                pairs.Add((await AskEvolvAsync(), direct));
            }

            return pairs;
        }))).SelectMany(pairs => pairs).ToArray();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (
            Measurement.Of([.. pairs.Select(pair => pair.Evolv)], seconds, 0), Measurement.Of([.. pairs.Select(pair => pair.Direct)], seconds, 0),
            Measurement.Of([.. pairs.Select(pair => pair.Evolv - pair.Direct)], seconds, 0));
    }

    async Task<double> AskDirectlyAsync()
    {
        using var content = new ByteArrayContent(_model.LastRequest.Length > 0 ? _model.LastRequest : await FirstRequestAsync());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = content };
        var sent = Stopwatch.GetTimestamp();
        using var answer = await _direct.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await answer.Content.CopyToAsync(Stream.Null);
        return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    }

    async Task<byte[]> FirstRequestAsync()
    {
        await AskEvolvAsync();
        return _model.LastRequest;
    }

    async Task<double> AskEvolvAsync()
    {
        var number = Interlocked.Increment(ref _asked);
        var person = (int)(number % _tokens.Length);
        using var request = new HttpRequestMessage(HttpMethod.Post, "ai-career-assessment")
        {
            Content = JsonContent.Create(CareerBench.Assessment(_world.Catalog, person, "standard", number.ToString("D10")), options: FunctionJson.Options),
            Headers = { Authorization = new("Bearer", _tokens[person]) },
        };
        await request.Content.LoadIntoBufferAsync();
        var sent = Stopwatch.GetTimestamp();
        using var answer = await _evolv.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var elapsed = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        using var json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("data", out var data) || data.GetProperty("ai_provider").GetString() != "grok" || data.GetProperty("cached").GetBoolean())
            throw new InvalidOperationException($"The stand-in's answer was expected, and not this: {json.RootElement}");
        return elapsed;
    }

    public void Dispose()
    {
        _evolv.Dispose();
        _direct.Dispose();
    }
}
