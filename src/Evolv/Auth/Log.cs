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

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "Mails wait: the database is not available: {Reason}")]
    internal static partial void MailsNotRead(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Warning, Message = "Mail {Id} ({Kind}) was not taken at attempt {Attempt} and will be tried again: {Reason}")]
    internal static partial void MailDelayed(this ILogger logger, Guid id, string kind, int attempt, string reason);

    [LoggerMessage(EventId = 1007, Level = LogLevel.Error, Message = "Mail {Id} ({Kind}) is given up after attempt {Attempt}: {Reason}")]
    internal static partial void MailGivenUp(this ILogger logger, Guid id, string kind, int attempt, string reason);

    [LoggerMessage(EventId = 1008, Level = LogLevel.Warning, Message = "Old tokens and mails are deleted later: {Reason}")]
    internal static partial void UpkeepPutOff(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1020, Level = LogLevel.Warning,
        Message = "What was revoked cannot be read; tokens of ended sessions may pass until it can")]
    internal static partial void RevocationsInterrupted(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1030, Level = LogLevel.Information, Message = "A passkey was refused: {Reason}")]
    internal static partial void PasskeyRefused(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1031, Level = LogLevel.Warning, Message = "Passkey {Id} was refused: its counter did not go up, so a copy of it may be in use")]
    internal static partial void PasskeyCountedBack(this ILogger logger, Guid id);

    [LoggerMessage(EventId = 1032, Level = LogLevel.Warning,
        Message = "A used authorization code of client {ClientId} came again; the session that it gave is ended")]
    internal static partial void AuthorizationCodeReused(this ILogger logger, Guid clientId);

    [LoggerMessage(EventId = 1040, Level = LogLevel.Warning, Message = "Provider {Provider} signs nobody in: {Reason}")]
    internal static partial void ExternalProviderFailed(this ILogger logger, string provider, string reason);
}
