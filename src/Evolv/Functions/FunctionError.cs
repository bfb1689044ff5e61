using Evolv.Platform.Data;

namespace Evolv.Functions;

/// <summary>An error of a function: <c>{"success":false,"error":"…","code":"…"}</c>. Codes are wire contract; add, never rename.</summary>
sealed class FunctionError : Exception
{
    FunctionError(int status, string code, string message) : base(message) => (Status, Code) = (status, code);

    internal int Status { get; }

    internal string Code { get; }

    /// <summary>When trying again makes sense, in seconds.</summary>
    internal int? RetryAfterSeconds { get; private init; }

    /// <summary>What to look for in the log.</summary>
    internal string? RequestId { get; private init; }

    /// <summary>No token, or only the key of the application where a person is needed.</summary>
    internal static FunctionError Unauthorized() => new(401, "unauthorized", "Sign in, or send a key that may do this.");

    internal static FunctionError BadToken(string why) => new(401, "invalid_token", why);

    internal static FunctionError NotFound() => new(404, "function_not_found", "Function not found");

    internal static FunctionError Missing(string what) => new(404, "not_found", $"There is no such {what}, or you may not see it.");

    internal static FunctionError MethodNotAllowed(string allowed) => new(405, "method_not_allowed", $"Use {allowed}.");

    /// <summary>A field of the request; the message begins with its name.</summary>
    internal static FunctionError Field(string name, string what) => new(400, "invalid_field", $"{name} {what}");

    internal static FunctionError BadJson(string why) => new(400, "invalid_json", why);

    internal static FunctionError TooLarge(long bytes) => new(413, "body_too_large", $"The body is larger than {bytes} bytes.");

    internal static FunctionError TooSlow() => new(408, "body_too_slow", "The body came too slowly.");

    /// <summary>What of the request, such as plain http, keeps it from being read.</summary>
    internal static FunctionError Refused(string why) => new(403, "refused", why);

    internal static FunctionError BadRequest(string why) => new(400, "bad_request", why);

    internal static FunctionError RateLimited(int seconds)
        => new(429, "rate_limited", $"Too many calls; try again in {seconds} s.") { RetryAfterSeconds = seconds };

    internal static FunctionError Unavailable()
        => new(503, "unavailable", "The database is not available; try again in a second.") { RetryAfterSeconds = 1 };

    internal static FunctionError Internal(string requestId) => new(500, "internal", "Internal error") { RequestId = requestId };

    internal static FunctionError From(PgError error)
        => new(error.Status, error.Code, error.Message) { RetryAfterSeconds = error.Status == 503 ? 1 : null };
}
