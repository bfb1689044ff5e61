using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Bench.Career;

/// <summary>
/// Answers chat completions as xAI streams them: after its delay, at once, with five of the occupations that the schema of the request names.
/// </summary>
sealed class ModelStandIn : IAsyncDisposable
{
    internal const string Model = "grok-4.6";

    const int PieceLength = 40; // characters of an event, about ten tokens

    readonly WebApplication _app;
    byte[] _lastRequest = [];

    ModelStandIn()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>The base address, that ends in /v1.</summary>
    internal string Url => $"{_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()}/v1";

    /// <summary>Until the first byte of an answer.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>What was asked last.</summary>
    internal byte[] LastRequest => Volatile.Read(ref _lastRequest);

    internal static async Task<ModelStandIn> StartAsync()
    {
        var model = new ModelStandIn();
        await model._app.StartAsync();
        return model;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/v1/chat/completions")
        {
            await context.Response.WriteAsJsonAsync(new { @object = "list", data = new[] { new { id = Model } } });
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Volatile.Write(ref _lastRequest, body.ToArray());
        using var request = JsonDocument.Parse(body.ToArray());
        await Task.Delay(Delay);

        context.Response.ContentType = "text/event-stream";
        foreach (var piece in Answer(request.RootElement).Chunk(PieceLength))
            await SendAsync(new[] { new { index = 0, delta = new { role = "assistant", content = new string(piece) }, finish_reason = (string?)null } }, null);
        await SendAsync(new[] { new { index = 0, delta = new { }, finish_reason = "stop" } }, null);
        await SendAsync(Array.Empty<object>(), new { prompt_tokens = body.Length / 4, completion_tokens = 500, total_tokens = body.Length / 4 + 500, cost_in_usd_ticks = 1_000_000 });
        await context.Response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray());

        async Task SendAsync(object choices, object? usage)
        {
            var json = JsonSerializer.Serialize(new { id = "chatcmpl-1", @object = "chat.completion.chunk", created = 1_790_000_000, model = Model, choices, usage });
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {json}\n\n"));
            await context.Response.Body.FlushAsync();
        }
    }

    static string Answer(JsonElement request)
    {
        var codes = request.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema").GetProperty("properties")
            .GetProperty("career_paths").GetProperty("items").GetProperty("properties").GetProperty("code").GetProperty("enum");
        return JsonSerializer.Serialize(new
        {
            career_paths = codes.EnumerateArray().Take(5).Select(code => new
            {
                code = code.GetString(),
                reason = "It builds on what you already do well, and leads to the kind of days that you describe in your goals. What is missing can be learned beside work.",
            }),
            strengths = new[] { "You learn on your own and finish what you begin.", "You can explain what you do to people who do something else." },
            areas_for_improvement = new[] { "Show more of your work to others.", "Practise under the conditions of the job." },
            next_steps = Enumerable.Range(0, 3).Select(_ => new
            {
                priority = "high",
                action = "Take a small project from an idea to something that others use, and write down what you would do differently.",
                timeframe = "2 months",
                skill = (string?)null,
                path_id = (string?)null,
            }),
            market_summary = "Employers look for people who combine this knowledge with experience in a field of their own.",
            emerging_tech = new[] { "Assistants that write first drafts" },
        });
    }
}
