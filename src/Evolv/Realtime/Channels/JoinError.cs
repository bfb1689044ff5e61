using System.Globalization;

namespace Evolv.Realtime.Channels;

/// <summary>
/// Why a channel cannot be joined, or why one ends, in the reference's codes and words. It is an answer in the socket, so
/// <see cref="Status"/> is the one that HTTP would have.
/// </summary>
sealed class JoinError : Exception
{
    JoinError(int status, string code, string message) : base(message) => (Status, Code) = (status, code);

    internal int Status { get; }

    internal string Code { get; }

    /// <summary>As the answer to a join has it.</summary>
    internal string Reason => $"{Code}: {Message}";

    internal static JoinError TopicNameRequired() => new(400, "TopicNameRequired", "You must provide a topic name");

    internal static JoinError BadTopicName(int most)
        => new(400, "TopicNameRequired", string.Create(CultureInfo.InvariantCulture, $"A topic name has at most {most} characters, none of them NUL"));

    internal static JoinError TooLarge(int most)
        => new(413, "PayloadTooLarge", string.Create(CultureInfo.InvariantCulture, $"The payload of a join has at most {most} bytes"));

    internal static JoinError Expired(int seconds)
        => new(401, "InvalidJWTToken", string.Create(CultureInfo.InvariantCulture, $"Token has expired {seconds} seconds ago"));

    internal static JoinError InvalidToken(string refusal) => new(401, "InvalidJWTToken", refusal);

    internal static JoinError MissingClaims() => new(401, "InvalidJWTToken", "Fields `role` and `exp` are required in JWT");

    internal static JoinError MalformedToken() => new(401, "MalformedJWT", "The token provided is not a valid JWT");

    internal static JoinError BadSignature() => new(401, "JwtSignatureError", "Failed to validate JWT signature");

    internal static JoinError SessionEnded() => new(401, "InvalidJWTToken", "Session has ended");

    internal static JoinError Unauthorized(string topic)
        => new(403, "Unauthorized", $"You do not have permissions to read from this Channel topic: {topic}");

    internal static JoinError MayNotWrite(string topic)
        => new(403, "Unauthorized", $"You do not have permissions to write to this Channel topic: {topic}");

    internal static JoinError TooManyChannels() => new(429, "ChannelRateLimitReached", "Too many channels");

    internal static JoinError TooManySockets() => new(429, "ConnectionRateLimitReached", "Too many connected users");

    internal static JoinError TooManyJoins() => new(429, "ClientJoinRateLimitReached", "Too many joins per second");

    internal static JoinError NoReplayInPublic() => new(400, "UnableToReplayMessages", "Replay is not allowed for public channels");

    internal static JoinError BadReplay() => new(400, "UnableToReplayMessages", "Replay params are not valid");

    internal static JoinError BadSubscription(string message) => new(400, "RealtimeDisabledForConfiguration", message);

    internal static JoinError NoChanges(int milliseconds)
        => new(503, "PostgresChangesSubscribeTimeout", string.Create(
            CultureInfo.InvariantCulture, $"Timed out after {milliseconds}ms waiting for the postgres_changes subscription"));

    internal static JoinError NoDatabase() => new(503, "UnableToConnectToProject", "The database does not answer; try again");

    internal static JoinError Restarting() => new(503, "RealtimeRestarting", "Realtime is restarting, please standby");
}
