using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Tests.Support;

/// <summary>A stand-in for api.x.ai: it speaks chat completions as xAI does, and fails as xAI does.</summary>
sealed class GrokStandIn : IAsyncDisposable
{
    internal const string Key = "xai-canary-7Qd2mXvR9sLtB4wZ";

    readonly ConcurrentQueue<GrokRequest> _requests = [];
    readonly ConcurrentQueue<GrokBehaviour> _queue = [];
    readonly CancellationTokenSource _stop = new();
    readonly WebApplication _app;

    GrokStandIn()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null; // Who reads an endless stream slowly is no less welcome.
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Use(next => connection => AcceptAsync(connection, next)));
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>The base address, that ends in /v1.</summary>
    internal string Url => $"{_app.Urls.Single()}/v1";

    /// <summary>What came, in order, except what was reset before it could be read.</summary>
    internal IReadOnlyList<GrokRequest> Requests => [.. _requests];

    /// <summary>What is done when nothing is queued.</summary>
    internal GrokBehaviour Behaviour { get; set; }

    /// <summary>What GET /v1/models lists, and what can be asked.</summary>
    internal ImmutableArray<string> Models { get; set; } = ["grok-4.6", "grok-4.5"];

    /// <summary>Models that are still listed and answer 404, whatever the behaviour.</summary>
    internal ImmutableHashSet<string> GoneModels { get; set; } = [];

    /// <summary>The Retry-After of 429 and 503.</summary>
    internal int? RetryAfterSeconds { get; set; }

    /// <summary>How long the first byte takes.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>The text of the model for a request; by default an instance of the schema that the request names.</summary>
    internal Func<JsonElement, string>? Answer { get; set; }

    internal static async Task<GrokStandIn> StartAsync()
    {
        var grok = new GrokStandIn();
        await grok._app.StartAsync(TestContext.Current.CancellationToken);
        return grok;
    }

    /// <summary>The next completions do first this, then that; after them <see cref="Behaviour"/> stands again.</summary>
    internal void Enqueue(params GrokBehaviour[] behaviours)
    {
        foreach (var behaviour in behaviours)
            _queue.Enqueue(behaviour);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // A token that has ended: nobody waits for connections that hang.
        await _app.StopAsync(_stop.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    async Task AcceptAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Behaviour is GrokBehaviour.RefusesConnection && _queue.IsEmpty)
            Reset(connection.Features, connection.Abort);
        else
            await next(connection);
    }

    async Task HandleAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        try
        {
            var request = await GrokRequest.ReadAsync(context.Request, ended.Token);
            _requests.Enqueue(request);
            var behaviour = request.IsChat && _queue.TryDequeue(out var queued) ? queued : Behaviour;
            await Task.Delay(Delay, ended.Token);
            await AnswerAsync(context, request, behaviour, ended.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // Who waits shall see an end, and no answer that looks whole.
        }
    }

    async Task AnswerAsync(HttpContext context, GrokRequest request, GrokBehaviour behaviour, CancellationToken cancellationToken)
    {
        if (behaviour is GrokBehaviour.RefusesConnection)
            Reset(context.Features, context.Abort);
        else if (behaviour is GrokBehaviour.Hangs)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        else if ((Failure(behaviour, request) ?? Objection(behaviour, request)) is { } error)
            await FailAsync(context, error, cancellationToken);
        else if (behaviour is GrokBehaviour.Html200)
            await SendAsync(context, "text/html; charset=utf-8", [Encoding.UTF8.GetBytes(GrokWire.Html)], behaviour, cancellationToken);
        else if (!request.IsChat)
            await SendAsync(
                context, "application/json", [GrokWire.Models(Models)],
                behaviour is GrokBehaviour.OneBytePerSecond ? behaviour : GrokBehaviour.Answers, cancellationToken);
        else if (!TryMakeText(request, out var text))
            await FailAsync(context, GrokError.Invalid($"Invalid response schema. {text}"), cancellationToken);
        else if (request.Streams)
            await StreamAsync(context, request, GrokAnswer.Of(behaviour, text, request.WantsUsage), behaviour, cancellationToken);
        else
            await SendAsync(
                context, "application/json", [GrokWire.Completion(request, GrokAnswer.Of(behaviour, text, hasUsage: true))],
                behaviour, cancellationToken);
    }

    /// <summary>What goes wrong although the request is good.</summary>
    static GrokError? Failure(GrokBehaviour behaviour, GrokRequest request) => behaviour switch
    {
        GrokBehaviour.Unauthorized401 => GrokError.NoKey,
        GrokBehaviour.BadKey400 => GrokError.WrongKey(Key),
        GrokBehaviour.RateLimited429 => GrokError.RateLimited,
        GrokBehaviour.ServerError500 => GrokError.Internal,
        GrokBehaviour.Unavailable503 => GrokError.Unavailable,
        GrokBehaviour.ErrorMidStream when request is { IsChat: true, Streams: false } => GrokError.Unavailable,
        _ => null,
    };

    /// <summary>What is wrong with the request.</summary>
    GrokError? Objection(GrokBehaviour behaviour, GrokRequest request)
    {
        if (behaviour is GrokBehaviour.Html200) // Whatever sends this page knows nothing of xAI.
            return null;
        if (!request.Headers.TryGetValue("Authorization", out var authorization) || !authorization.StartsWith("Bearer ", StringComparison.Ordinal))
            return GrokError.NoKey;
        if (authorization["Bearer ".Length..] is var key && key != Key)
            return GrokError.WrongKey(key);
        if (!request.IsChat)
        {
            return request.Path != "/v1/models" ? GrokError.NoRoute
                : request.Method != HttpMethods.Get ? GrokError.WrongMethod
                : null;
        }

        if (request.Method != HttpMethods.Post)
            return GrokError.WrongMethod;
        if (!request.Headers.GetValueOrDefault("Content-Type", "").StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return GrokError.WrongType;
        if (request.Json.ValueKind is not JsonValueKind.Object)
            return GrokError.Unprocessable("expected an object");
        if (!request.Json.TryGetProperty("messages", out var messages) || messages.ValueKind is not JsonValueKind.Array)
            return GrokError.Unprocessable("missing field `messages`");
        if (request.Model is not { } model)
            return GrokError.Unprocessable("missing field `model`");
        if (behaviour is GrokBehaviour.ModelGone404 && GoneModels.IsEmpty)
            GoneModels = [model];
        return GoneModels.Contains(model) || !Models.Contains(model) ? GrokError.UnknownModel(model) : null;
    }

    /// <summary>The text of the model, or what is wrong with the schema.</summary>
    bool TryMakeText(GrokRequest request, out string text)
    {
        if (Answer is { } answer)
        {
            text = answer(request.Json);
            return true;
        }

        try
        {
            text = request.Schema is { } schema ? SchemaSample.Of(schema) : """{"text":"Lorem ipsum dolor sit amet"}""";
            return true;
        }
        catch (InvalidOperationException exception)
        {
            text = exception.Message;
            return false;
        }
    }

    async Task FailAsync(HttpContext context, GrokError error, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = error.Status;
        if (error.Status is 429 or 503 && RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await SendAsync(context, "application/json", [error.ToJson()], GrokBehaviour.Answers, cancellationToken);
    }

    static Task StreamAsync(
        HttpContext context, GrokRequest request, GrokAnswer answer, GrokBehaviour behaviour, CancellationToken cancellationToken)
    {
        // Ten megabytes in pieces of forty would be a quarter of a million chunks.
        byte[][] events = [.. GrokWire.Events(request, answer, behaviour is GrokBehaviour.TenMegabytes ? 64 * 1024 : 40)];
        if (behaviour is GrokBehaviour.ErrorMidStream)
            events = [.. events.Take(events.Length / 2), GrokWire.Event(GrokError.Unavailable.ToJson())];
        return SendAsync(context, "text/event-stream", events, behaviour, cancellationToken);
    }

    static Task SendAsync(
        HttpContext context, string contentType, byte[][] parts, GrokBehaviour behaviour, CancellationToken cancellationToken)
    {
        context.Response.ContentType = contentType;
        if (parts is [var whole] && behaviour is not (GrokBehaviour.EndlessStream or GrokBehaviour.GarbageSse))
            context.Response.ContentLength = whole.Length;
        return GrokPace.SendAsync(
            parts, behaviour,
            async (bytes, token) =>
            {
                await context.Response.Body.WriteAsync(bytes, token);
                await context.Response.Body.FlushAsync(token);
            },
            () => Reset(context.Features, context.Abort), cancellationToken);
    }

    /// <summary>Ends the connection with RST, not with FIN, as a peer does that crashed.</summary>
    static void Reset(IFeatureCollection features, Action abort)
    {
        var socket = features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
        abort();
    }
}
