namespace Evolv.Realtime.Endpoints;

/// <summary>What goes wrong with broadcasts over HTTP, in the reference's words.</summary>
sealed class BroadcastError : Exception
{
    BroadcastError(int status, string message, string? field = null) : base(message) => (Status, Field) = (status, field);

    internal int Status { get; }

    /// <summary>Which part of the body is wrong; null when it is not the body.</summary>
    internal string? Field { get; }

    internal string Code => Field ?? "";

    internal static BroadcastError Unauthorized() => new(401, "Unauthorized");

    internal static BroadcastError Invalid(string field, string why) => new(422, why, field);

    internal static BroadcastError NoJson(string why) => new(400, $"The body is no JSON: {why}");

    internal static BroadcastError TooMany() => new(429, "Too many messages to broadcast, please reduce the batch size");

    internal static BroadcastError RateLimited(int seconds) => new(429, $"Too many requests; try again in {seconds} s");

    internal static BroadcastError UnsupportedType()
        => new(415, "Unsupported Media Type. Content-Type must be application/json or application/octet-stream");

    internal static BroadcastError Unavailable() => new(503, "The database does not answer; try again");
}
