using System.Collections.Concurrent;
using System.Text;
using Evolv.Platform.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Evolv.Tests.Platform.Observability;

/// <summary>An OTLP collector that keeps what comes as it came: texts in protobuf are UTF-8.</summary>
sealed class Collector : IAsyncDisposable
{
    readonly ConcurrentQueue<(string Path, string Text)> _received = [];
    readonly WebApplication _app;

    Collector()
    {
        Url = $"http://127.0.0.1:{DataFolder.FreePort()}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Url);
        _app.MapPost("/{**path}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _received.Enqueue((context.Request.Path, Encoding.UTF8.GetString(body.ToArray())));
        });
    }

    internal string Url { get; }

    /// <summary>All of one signal: traces, metrics or logs.</summary>
    internal string Of(string signal) => string.Join('\n', _received.Where(sent => sent.Path == $"/v1/{signal}").Select(sent => sent.Text));

    internal static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>What a server needs to send everything here, at once.</summary>
    internal (string Key, string Value)[] Settings =>
    [
        ("EVOLV__OBSERVABILITY__OTLPENDPOINT", Url), ("EVOLV__OBSERVABILITY__TRACERATIO", "1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
