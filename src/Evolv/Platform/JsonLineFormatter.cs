using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Evolv.Platform;

/// <summary>
/// One JSON object a line: what happened, its template and arguments apart, and in which request and trace. An exception is told without
/// what PostgreSQL says of people's rows.
/// </summary>
sealed class JsonLineFormatter() : ConsoleFormatter(FormatterName)
{
    internal const string FormatterName = "evolv";

    const string Template = "{OriginalFormat}";

    // Letters of all languages stay readable; control characters and quotes are escaped all the same.
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level"u8, logEntry.LogLevel.ToString());
            json.WriteString("category"u8, logEntry.Category);
            json.WriteNumber("event"u8, logEntry.EventId.Id);
            json.WriteString("message"u8, logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteArguments(json, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? []);
            WriteWhere(json);
            if (logEntry.Exception is { } exception)
                WriteException(json, exception);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
    }

    static void WriteArguments(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> arguments)
    {
        if (arguments is not [.., { Key: Template }])
            return;
        if (arguments.Count > 1)
            json.WriteString("template"u8, arguments[^1].Value as string);
        for (var i = 0; i < arguments.Count - 1; i++)
        {
            if (i == 0)
                json.WriteStartObject("arguments"u8);
            json.WritePropertyName(arguments[i].Key);
            Write(json, arguments[i].Value);
            if (i == arguments.Count - 2)
                json.WriteEndObject();
        }
    }

    static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    static void WriteWhere(Utf8JsonWriter json)
    {
        if (Activity.Current is { } activity)
        {
            json.WriteString("traceId"u8, activity.TraceId.ToString());
            json.WriteString("spanId"u8, activity.SpanId.ToString());
        }

        if (RequestFacts.Current is not { } request)
            return;
        WriteGiven(json, "requestId", request.RequestId);
        WriteGiven(json, "method", request.Method);
        WriteGiven(json, "route", request.Route);
        WriteGiven(json, "role", request.Role);
        WriteGiven(json, "userId", request.UserId?.ToString());
    }

    static void WriteException(Utf8JsonWriter json, Exception exception)
    {
        WriteGiven(json, "sqlstate", PgErrors.SqlStateOf(exception));
        json.WriteString("exception"u8, PgErrors.TextForLog(exception));
    }

    static void WriteGiven(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
