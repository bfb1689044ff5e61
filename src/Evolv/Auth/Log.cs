namespace Evolv.Auth;

/// <summary>What accounts log; ids 1000 to 1999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning,
        Message = "A used refresh token of session {SessionId} came again; its tokens are revoked")]
    internal static partial void RefreshTokenReused(this ILogger logger, Guid sessionId);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "Too many passwords wait to be hashed; refusing until some are done")]
    internal static partial void PasswordsOverloaded(this ILogger logger);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Error, Message = "Request {Method} {Path} failed")]
    internal static partial void AuthRequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "PostgreSQL is not available to {Path}: {Reason}")]
    internal static partial void AuthDatabaseUnavailable(this ILogger logger, string path, string reason);
}
