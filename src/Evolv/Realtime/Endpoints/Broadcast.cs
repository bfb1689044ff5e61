using System.Text.Json;
using System.Text.Unicode;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Socket;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Realtime.Endpoints;

/// <summary>
/// POST /realtime/v1/api/broadcast, and …/broadcast/{topic}/events/{event}: broadcasts without a socket. Answered with 202;
/// private messages of a caller who may not write are dropped, as the reference does.
/// </summary>
sealed class Broadcast(
    Broadcasts broadcasts, MessageStore store, ChannelAuthorizer authorizer, FindCaller findCaller, IOptions<RealtimeOptions> options,
    ILogger<Broadcast> logger)
{
    const int MostMessages = 100;

    /// <summary>A list of messages: <c>{"messages":[{topic, event, payload, private}]}</c>.</summary>
    internal Task ManyAsync(HttpContext context) => AnswerAsync(context, async (caller, body) =>
    {
        using var document = Parse(body);
        var messages = ReadMessages(document.RootElement);
        var mayWrite = new Dictionary<TopicName, bool>(); // Each topic is asked about once.
        foreach (var message in messages)
        {
            if (!mayWrite.TryGetValue(message.Topic, out var may))
                mayWrite[message.Topic] = may = await MayWriteAsync(caller, message.Topic, context.RequestAborted);
            if (may)
                broadcasts.Send(message, sender: null);
        }
    });

    /// <summary>One message: the body is its payload.</summary>
    internal Task OneAsync(HttpContext context) => AnswerAsync(context, async (caller, body) =>
    {
        var (topic, @event) = ReadPath(context);
        var type = context.Request.ContentType?.Split(';')[0].Trim();
        if (type is not ("application/json" or "application/octet-stream"))
            throw BroadcastError.UnsupportedType();
        var isJson = type == "application/json";
        if (isJson)
            Parse(body).Dispose(); // It goes on as it came, so it must be JSON.
        var query = context.Request.Query;
        var isPrivate = string.Equals(query["private"].ToString(), "true", StringComparison.OrdinalIgnoreCase);
        var message = new BroadcastMessage(new TopicName(CheckName("topic", topic), isPrivate), CheckName("event", @event), isJson, body, default);
        if (message.ToPush().For(ProtocolVersion.V2) is null)
            throw BroadcastError.Invalid("topic", "is too long for a binary payload, or the event is");
        var isToBeKept = query["persist"].ToString() == "true" || query.ContainsKey("persist[ttl]");
        if (isToBeKept && !isPrivate)
            throw BroadcastError.Invalid("persist", "is for private topics");
        if (!await MayWriteAsync(caller, message.Topic, context.RequestAborted))
            return;
        if (isToBeKept)
            await store.AddAsync(message, sender: null, context.RequestAborted);
        else
            broadcasts.Send(message, sender: null);
    });

    async Task AnswerAsync(HttpContext context, Func<Caller, byte[], Task> send)
    {
        try
        {
            var caller = await FindCallerAsync(context.Request);
            await send(caller, await ReadBodyAsync(context.Request, context.RequestAborted));
            context.Response.StatusCode = 202;
        }
        catch (BroadcastError error)
        {
            await WriteAsync(context, error);
        }
        catch (JsonException exception)
        {
            await WriteAsync(context, BroadcastError.NoJson(exception.Message));
        }
        catch (PostgresException exception) when (exception.SqlState is ['2', '2', ..])
        {
            await WriteAsync(context, BroadcastError.Invalid("payload", exception.MessageText)); // such as NUL, which jsonb cannot have
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.MessageNotStored(PgErrors.ForLog(exception));
            context.Response.Headers.RetryAfter = "1";
            await WriteAsync(context, BroadcastError.Unavailable());
        }
    }

    /// <summary>In the form of this family; sockets are refused with the same <c>error</c>.</summary>
    internal static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { message, error = message }, JsonSerializerOptions.Web, context.RequestAborted);
    }

    internal static Task WriteAsync(HttpContext context, BroadcastError error)
    {
        if (error.Field is not { } field)
            return RefuseAsync(context, error.Status, error.Message);
        context.Response.StatusCode = error.Status;
        return context.Response.WriteAsJsonAsync(
            new { errors = new Dictionary<string, string[]> { [field] = [error.Message] }, message = error.Message },
            JsonSerializerOptions.Web, context.RequestAborted);
    }

    // A person's token wins over the key beside it.
    async ValueTask<Caller> FindCallerAsync(HttpRequest request)
    {
        var bearer = BearerToken.Read(request.Headers.Authorization.ToString());
        var credential = bearer is { Length: > 0 } ? bearer
            : request.Headers["apikey"].ToString() is { Length: > 0 } key ? key : request.Headers["x-api-key"].ToString();
        return (credential.Length > 0 ? (await findCaller(credential)).Caller : null) ?? throw BroadcastError.Unauthorized();
    }

    async Task<byte[]> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // What is too large is answered below, in the words of this family.
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int count; (count = await request.Body.ReadAsync(chunk, cancellationToken)) > 0;)
        {
            buffer.Write(chunk, 0, count);
            if (buffer.Length > options.Value.MaxMessageBytes)
                throw BroadcastError.Invalid("payload", "Payload size exceeds tenant limit");
        }

        return buffer.ToArray();
    }

    // What routing made of the path says no more which slashes and percent signs were escaped.
    static (string Topic, string Event) ReadPath(HttpContext context)
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].TrimEnd('/').Split('/');
        return (Uri.UnescapeDataString(path[^3]), Uri.UnescapeDataString(path[^1]));
    }

    static string CheckName(string field, string name)
        => name.Length == 0 ? throw BroadcastError.Invalid(field, "can't be blank")
            : name.Contains('\0', StringComparison.Ordinal) ? throw BroadcastError.Invalid(field, "must not have NUL")
            : name;

    // The parser does not look into texts, and clients would fail at what is no UTF-8 there.
    static JsonDocument Parse(byte[] body)
    {
        if (!Utf8.IsValid(body))
            throw BroadcastError.NoJson("it is not in UTF-8");
        WellFormed.MendSurrogates(body);
        return JsonDocument.Parse(body);
    }

    static List<BroadcastMessage> ReadMessages(JsonElement root)
    {
        if (root.Property("messages") is not { ValueKind: JsonValueKind.Array } messages)
            throw BroadcastError.Invalid("messages", "can't be blank");
        if (messages.GetArrayLength() > MostMessages)
            throw BroadcastError.TooMany();
        return [.. messages.EnumerateArray().Select(message =>
        {
            var topic = CheckName("topic", message.Property("topic").Text ?? "");
            var @event = CheckName("event", message.Property("event").Text ?? "");
            var payload = message.Property("payload") is { ValueKind: JsonValueKind.Object } givenPayload
                ? givenPayload : throw BroadcastError.Invalid("payload", "must be an object");
            return new BroadcastMessage(new TopicName(topic, message.Property("private").IsTrue), @event, IsJson: true, payload.Raw.ToArray(), default);
        })];
    }

    async ValueTask<bool> MayWriteAsync(Caller caller, TopicName topic, CancellationToken cancellationToken)
        => !topic.IsPrivate || (await authorizer.AskAsync(caller, topic.Name, cancellationToken)).WriteBroadcast;
}
