using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Rest.Request;
using Evolv.Rest.Response;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace Evolv.Rest;

/// <summary>Answers everything that goes wrong under /rest/v1 in PostgREST's form.</summary>
static class RestErrorHandler
{
    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What a success would have said may be there already.
    static readonly string[] OfSuccess =
        ["Content-Location", "Content-Range", "Location", "Allow", "Preference-Applied", "Content-Profile", "Warning"];

    internal static Task AnswerAsync(HttpContext context, Exception exception, RestConfig config, Caller? caller, ILogger logger)
    {
        var error = Translate(exception, config, caller, context.TraceIdentifier);
        // What a client can bring about, such as a statement that ran out of time, must wake nobody.
        if (error.Status == 500)
            logger.RestRequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path, error.Code);
        else if (error.Status > 500)
            logger.RestRequestUnserved(context.Request.Method, context.Request.Path, error.Status, error.Code);
        return WriteAsync(context, error, config);
    }

    static RestError Translate(Exception exception, RestConfig config, Caller? caller, string requestId) => exception switch
    {
        RestError error => error,
        PostgresException postgres => DatabaseErrors.From(postgres, caller is null || caller.Role == config.AnonRole),
        BadHttpRequestException { StatusCode: 413 } => RestError.TooLarge(config.Limits.MaxBodyBytes),
        BadHttpRequestException { StatusCode: 408 } => RestError.TooSlow(),
        BadHttpRequestException { StatusCode: 403 } refusal => RestError.Refused(refusal.Message),
        BadHttpRequestException bad => RestError.InvalidBody(bad.Message),
        NpgsqlException { InnerException: TimeoutException } => RestError.PoolTimeout(),
        _ when PgErrors.IsUnavailable(exception) => RestError.ConnectionFailed(),
        _ => RestError.Internal(requestId),
    };

    internal static async Task WriteAsync(HttpContext context, RestError error, RestConfig config)
    {
        var response = context.Response;
        foreach (var name in OfSuccess)
            response.Headers.Remove(name);
        response.StatusCode = error.Status;
        if (error.ReasonPhrase is { } reason)
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = OneLine(reason);
        response.ContentType = MediaType.Json.ContentType;
        response.Headers["Proxy-Status"] = $"PostgREST; error={OneLine(error.Code)}";
        foreach (var (name, value) in error.Headers)
            response.Headers[name] = value;

        if (error.Status == 503)
            response.Headers.TryAdd("Retry-After", "1");

        var body = Format(error, config.VerboseErrors);
        var mayHaveBody = ResponseHeaders.AllowsBody(error.Status);
        response.ContentLength = mayHaveBody ? body.Length : null;
        if (!HttpMethods.IsHead(context.Request.Method) && mayHaveBody)
            await response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    // A second line would be a header of somebody's choice.
    static string OneLine(string text)
        => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));

    static ReadOnlyMemory<byte> Format(RestError error, bool verbose)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("code", error.Code);
            if (verbose)
            {
                writer.WritePropertyName("details");
                if (error.Details is { } details)
                    details.WriteTo(writer);
                else
                    writer.WriteNullValue();
                writer.WriteString("hint", error.Hint);
            }

            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }
}
