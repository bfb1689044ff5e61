using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Evolv.Rest;

/// <summary>
/// An error of /rest/v1 in PostgREST's dialect: <c>{"code","details","hint","message"}</c>. Codes are wire contract: add new
/// ones, never renumber. PGRST0xx connection, 1xx request, 2xx schema cache, 3xx token.
/// </summary>
sealed class RestError : Exception
{
    RestError(int status, string code, string message, JsonNode? details = null, string? hint = null) : base(message)
        => (Status, Code, Details, Hint) = (status, code, details, hint);

    internal int Status { get; }

    internal string Code { get; }

    /// <summary>A text, or for PGRST201 a list of relationships.</summary>
    internal JsonNode? Details { get; }

    internal string? Hint { get; }

    /// <summary>The reason phrase, when SQL chose one.</summary>
    internal string? ReasonPhrase { get; private init; }

    /// <summary>Headers of the answer beside the usual ones.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Headers { get; private init; } = [];

    /// <summary>The same with one header more.</summary>
    internal RestError WithHeader(string name, string value)
        => new(Status, Code, Message, Details, Hint) { ReasonPhrase = ReasonPhrase, Headers = Headers.Add(new(name, value)) };

    // ---- PGRST0xx: the connection

    internal static RestError ConnectionFailed() => new(503, "PGRST000", "Database connection error.") { Headers = RetryAfter };

    internal static RestError NoSchemaCache()
        => new(503, "PGRST002", "Could not query the database for the schema cache. Retrying.") { Headers = RetryAfter };

    internal static RestError PoolTimeout() => new(504, "PGRST003", "Timed out acquiring connection from connection pool.");

    // ---- PGRST1xx: the request

    /// <param name="message">Which text could not be read and where: <c>"failed to parse filter (x)" (line 1, column 1)</c>.</param>
    internal static RestError Parse(string message, string details) => new(400, "PGRST100", message, details);

    internal static RestError InvalidRpcMethod(string method) => new(405, "PGRST101", $"Cannot use the {method} method on RPC");

    internal static RestError InvalidBody(string why) => new(400, "PGRST102", why);

    internal static RestError NegativeLimit() => InvalidRange("Limit should be greater than or equal to zero.");

    internal static RestError InvertedRange()
        => InvalidRange("The lower boundary must be lower than or equal to the upper boundary in the Range header.");

    internal static RestError OutOfBounds(long offset, long total)
        => InvalidRange($"An offset of {offset} was requested, but there are only {total} rows.");

    internal static RestError PutFilters()
        => new(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators");

    internal static RestError UnknownSchema(string schema, params IEnumerable<string> exposed)
        => new(406, "PGRST106", $"Invalid schema: {schema}", hint: $"Only the following schemas are exposed: {string.Join(", ", exposed)}");

    internal static RestError NotAcceptable(params IEnumerable<string> mediaTypes)
        => new(406, "PGRST107", $"None of these media types are available: {string.Join(", ", mediaTypes)}");

    internal static RestError NotEmbedded(string resource)
        => new(400, "PGRST108", $"'{resource}' is not an embedded resource in this request",
            hint: $"Verify that '{resource}' is included in the 'select' query parameter.");

    internal static RestError NotEmbeddedByTargetName(string resource, string alias)
        => new(400, "PGRST108", $"'{resource}' is not an embedded resource in this request",
            "Target names are not allowed in filters if they have an alias",
            $"Change '{resource}' to '{alias}' in filters, orders or limits.");

    internal static RestError ResponseHeadersSetting()
        => new(500, "PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value");

    internal static RestError ResponseStatusSetting() => new(500, "PGRST112", "response.status guc must be a valid status code");

    internal static RestError PutWithLimit()
        => new(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT");

    internal static RestError PutPayload() => new(400, "PGRST115", "Payload values do not match URL in primary key column(s)");

    internal static RestError NotOneRow(long rows)
        => new(406, "PGRST116", "Cannot coerce the result to a single JSON object", $"The result contains {rows} rows");

    internal static RestError UnsupportedMethod(string method) => new(405, "PGRST117", $"Unsupported HTTP method: {method}");

    internal static RestError RelatedOrderNotToOne(string origin, string target)
        => new(400, "PGRST118", $"A related order on '{target}' is not possible",
            $"'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship");

    internal static RestError RaisedMessage(string json)
        => new(500, "PGRST121", BadRaise, $"Invalid JSON value for MESSAGE: '{json}'",
            "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.");

    internal static RestError RaisedDetail(string json)
        => new(500, "PGRST121", BadRaise, $"Invalid JSON value for DETAIL: '{json}'", BadRaiseDetail);

    internal static RestError RaisedWithoutDetail()
        => new(500, "PGRST121", BadRaise, "DETAIL is missing in the RAISE statement", BadRaiseDetail);

    internal static RestError InvalidPreferences(params IEnumerable<string> preferences)
        => new(400, "PGRST122", "Invalid preferences given with handling=strict", $"Invalid preferences: {string.Join(", ", preferences)}");

    internal static RestError AggregatesDisabled() => new(400, "PGRST123", "Use of aggregate functions is not allowed");

    internal static RestError MaxAffected(long rows)
        => new(400, "PGRST124", "Query result exceeds max-affected preference constraint", $"The query affects {rows} rows");

    internal static RestError InvalidPath() => new(404, "PGRST125", "Invalid path specified in request URL");

    internal static RestError OpenApiDisabled() => new(404, "PGRST126", "Root endpoint metadata is disabled");

    internal static RestError NotImplemented(string what) => new(400, "PGRST127", "Feature not implemented", what);

    internal static RestError MaxAffectedOnSingle()
        => new(400, "PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict");

    // ---- PGRST2xx: the schema cache

    internal static RestError NoRelationship(string origin, string target, string? usingHint, string schema, string? hint)
        => new(400, "PGRST200", $"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
            $"Searched for a foreign key relationship between '{origin}' and '{target}" +
                $"{(usingHint is null ? "" : $"' using the hint '{usingHint}")}' in the schema '{schema}', but no matches were found.",
            hint);

    /// <param name="candidates">Objects of cardinality, embedding and relationship.</param>
    internal static RestError AmbiguousRelationship(string origin, string target, JsonArray candidates, string choices)
        => new(300, "PGRST201", $"Could not embed because more than one relationship was found for '{origin}' and '{target}'", candidates,
            $"Try changing '{target}' to one of the following: {choices}. Find the desired relationship in the 'details' key.");

    internal static RestError NoFunction(string call, string searched, string? hint)
        => new(404, "PGRST202", $"Could not find the function {call} in the schema cache",
            $"Searched for the function {searched}, but no matches were found in the schema cache.", hint);

    internal static RestError AmbiguousFunction(params IEnumerable<string> candidates)
        => new(300, "PGRST203", $"Could not choose the best candidate function between: {string.Join(", ", candidates)}",
            hint: "Try renaming the parameters or the function itself in the database so function overloading can be resolved");

    internal static RestError NoColumn(string table, string column)
        => new(400, "PGRST204", $"Could not find the '{column}' column of '{table}' in the schema cache");

    internal static RestError NoTable(string schema, string table, string? hint)
        => new(404, "PGRST205", $"Could not find the table '{schema}.{table}' in the schema cache", hint: hint);

    // ---- PGRST3xx: the token

    internal static RestError NoJwtSecret() => new(500, "PGRST300", "Server lacks JWT secret");

    internal static RestError Undecodable(string why, string? details = null)
        => new(401, "PGRST301", why, details) { Headers = InvalidToken(why) };

    internal static RestError AnonymousDisabled()
        => new(401, "PGRST302", "Anonymous access is disabled") { Headers = [new("WWW-Authenticate", "Bearer")] };

    internal static RestError InvalidClaims(string why, string? details = null)
        => new(401, "PGRST303", why, details) { Headers = InvalidToken(why) };

    // ---- EVOLVxx: limits that PostgREST does not have

    internal static RestError TooLarge(long bytes) => new(413, "EVOLV01", $"The body is larger than {bytes} bytes.");

    internal static RestError TooDeep(int levels)
        => new(400, "EVOLV02", $"The request nests deeper than {levels} levels.", hint: "Split it into several requests.");

    internal static RestError TooManyConditions(int conditions)
        => new(400, "EVOLV03", $"The request has more than {conditions} conditions.", hint: "Use in.(…) for lists of values, or split the request.");

    internal static RestError TooSlow() => new(408, "EVOLV04", "The body came too slowly.");

    internal static RestError RateLimited(int seconds)
        => new(429, "EVOLV05", $"Too many requests; try again in {seconds} s.", hint: "The headers RateLimit and RateLimit-Policy tell what is left.");

    /// <param name="why">What of the request, such as plain http, keeps it from being read.</param>
    internal static RestError Refused(string why) => new(403, "EVOLV06", why);

    internal static RestError Internal(string requestId) => new(500, "EVOLV00", "Internal error", $"The id of the request is {requestId}.");

    // ---- What SQL raises

    /// <summary>PostgreSQL's own words, under the status of its SQLSTATE.</summary>
    internal static RestError Database(
        int status, string code, string message, string? details, string? hint, string? reasonPhrase = null,
        params ImmutableArray<KeyValuePair<string, string>> headers)
        => new(status, code, message, details, hint) { ReasonPhrase = reasonPhrase, Headers = headers };

    const string BadRaise = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error";

    const string BadRaiseDetail = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.";

    static ImmutableArray<KeyValuePair<string, string>> RetryAfter => [new("Retry-After", "1")];

    static RestError InvalidRange(string details) => new(416, "PGRST103", "Requested range not satisfiable", details);

    static ImmutableArray<KeyValuePair<string, string>> InvalidToken(string why)
        => [new("WWW-Authenticate", $"Bearer error=\"invalid_token\", error_description=\"{why}\"")];
}
