using System.Collections.Immutable;
using System.Text.Json;
using Evolv.Rest.Response;
using Npgsql;

namespace Evolv.Rest;

/// <summary>PostgreSQL's errors in PostgREST's dialect: the SQLSTATE decides the status, the words stay PostgreSQL's.</summary>
static class DatabaseErrors
{
    /// <param name="isAnonymous">Whether nobody is signed in: what they may not do, they might after signing in.</param>
    internal static RestError From(PostgresException exception, bool isAnonymous)
    {
        if (exception.SqlState == "PGRST")
        {
            try
            {
                return FromRaise(exception);
            }
            catch (InvalidOperationException) // Half of a surrogate pair is JSON and no text.
            {
                return RestError.RaisedMessage(exception.MessageText);
            }
        }

        var status = Status(exception, isAnonymous);
        var reason = exception.SqlState.StartsWith("PT", StringComparison.Ordinal) && status == PassThrough(exception.SqlState)
            ? exception.MessageText
            : null;
        ImmutableArray<KeyValuePair<string, string>> headers = status switch
        {
            401 => [new("WWW-Authenticate", "Bearer")],
            503 => [new("Retry-After", "1")],
            _ => [],
        };
        return RestError.Database(status, exception.SqlState, exception.MessageText, exception.Detail, exception.Hint, reason, headers);
    }

    static int Status(PostgresException exception, bool isAnonymous)
    {
        var message = exception.MessageText;
        return exception.SqlState switch
        {
            ['0', '8', ..] => 503,
            ['0', '9', ..] => 500,
            ['0', 'L', ..] or ['0', 'P', ..] => 403,
            PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.UniqueViolation => 409,
            PostgresErrorCodes.ReadOnlySqlTransaction => 405,
            // The extension safeupdate: the client's mistake. Anything else is the fault of a view or function.
            PostgresErrorCodes.CardinalityViolation => message.EndsWith("requires a WHERE clause", StringComparison.Ordinal) ? 400 : 500,
            PostgresErrorCodes.InvalidParameterValue
                => message.StartsWith("role", StringComparison.Ordinal) && message.EndsWith("does not exist", StringComparison.Ordinal) ? 401 : 400,
            ['2', '5', ..] => 500,
            ['2', '8', ..] => 403,
            ['2', 'D', ..] or ['3', '8', ..] or ['3', '9', ..] or ['3', 'B', ..] or ['4', '0', ..] => 500,
            PostgresErrorCodes.ConfigurationLimitExceeded => 500,
            ['5', '3', ..] => 503,
            // Somebody holds it for the moment; PostgREST says 500.
            PostgresErrorCodes.LockNotAvailable => 503,
            ['5', '4', ..] or ['5', '5', ..] => 500,
            PostgresErrorCodes.AdminShutdown => 503,
            // A statement that ran into the limit of its role.
            PostgresErrorCodes.QueryCanceled => 504,
            ['5', '7', ..] or ['5', '8', ..] or ['F', '0', ..] or ['H', 'V', ..] => 500,
            PostgresErrorCodes.RaiseException => 400,
            ['P', '0', ..] or ['X', 'X', ..] => 500,
            PostgresErrorCodes.UndefinedFunction => message.StartsWith("function xmlagg(", StringComparison.Ordinal) ? 406 : 404,
            PostgresErrorCodes.UndefinedTable => 404,
            "42P17" => 500, // Policies that ask each other without end.
            PostgresErrorCodes.InsufficientPrivilege => isAnonymous ? 401 : 403,
            ['P', 'T', ..] => PassThrough(exception.SqlState) ?? 500,
            _ => 400,
        };
    }

    // PT402 is 402.
    static int? PassThrough(string sqlState)
        => int.TryParse(sqlState.AsSpan(2), System.Globalization.NumberStyles.None, null, out var status) && status >= 200 ? status : null;

    /// <summary><c>raise sqlstate 'PGRST'</c> chooses all of the answer: MESSAGE and DETAIL are JSON.</summary>
    static RestError FromRaise(PostgresException exception)
    {
        if (Read(exception.MessageText) is not { } message || Text(message, "code") is not { } code || Text(message, "message") is not { } text ||
            !MayBeText(message, "details") || !MayBeText(message, "hint"))
            return RestError.RaisedMessage(exception.MessageText);
        if (exception.Detail is null)
            return RestError.RaisedWithoutDetail();
        if (Read(exception.Detail) is not { } detail ||
            !detail.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Number ||
            !status.TryGetInt32(out var number) || number is < 200 or > 999 ||
            !detail.TryGetProperty("headers", out var headers) || headers.ValueKind != JsonValueKind.Object ||
            headers.EnumerateObject().Any(header =>
                header.Value.ValueKind != JsonValueKind.String || !ResponseHeaders.IsValid(header.Name, header.Value.GetString()!)) ||
            !MayBeText(detail, "status_text"))
            return RestError.RaisedDetail(exception.Detail);
        return RestError.Database(
            number, code, text, Text(message, "details"), Text(message, "hint"), Text(detail, "status_text"),
            [.. headers.EnumerateObject().Select(header => KeyValuePair.Create(header.Name, header.Value.GetString()!))]);
    }

    static JsonElement? Read(string json)
    {
        try
        {
            var root = JsonSerializer.Deserialize<JsonElement>(json);
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static bool MayBeText(JsonElement json, string name)
        => !json.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.String or JsonValueKind.Null;

    static string? Text(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
