namespace Evolv.Platform;

/// <summary>What the platform logs; ids 9000 to 9999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 9001, Level = LogLevel.Information, Message = "Applied {File}")]
    internal static partial void MigrationApplied(this ILogger logger, string file);

    [LoggerMessage(EventId = 9010, Level = LogLevel.Information, Message = "PostgreSQL runs on port {Port} as process {ProcessId}")]
    internal static partial void PostgresStarted(this ILogger logger, int port, int processId);

    [LoggerMessage(EventId = 9011, Level = LogLevel.Warning,
        Message = "PostgreSQL ended with code {ExitCode}; starting it again in {Delay}. Its log: {LogFile}")]
    internal static partial void PostgresEnded(this ILogger logger, int exitCode, TimeSpan delay, string logFile);

    [LoggerMessage(EventId = 9012, Level = LogLevel.Warning, Message = "Stopping PostgreSQL {ProcessId}, left behind by an earlier run")]
    internal static partial void PostgresLeftBehind(this ILogger logger, int processId);

    [LoggerMessage(EventId = 9020, Level = LogLevel.Error, Message = "Request {Method} {Path} failed")]
    internal static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(EventId = 9021, Level = LogLevel.Warning, Message = "PostgreSQL is not available: {Reason}")]
    internal static partial void DatabaseUnavailable(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9022, Level = LogLevel.Information, Message = "The certificate of {Subject} is good until {NotAfter:u}")]
    internal static partial void CertificateLoaded(this ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(EventId = 9023, Level = LogLevel.Warning, Message = "The certificate has changed, but the one before stays in use: {Reason}")]
    internal static partial void CertificateNotReplaced(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9030, Level = LogLevel.Warning, Message = "Evolv has no use for {Variables}; see docs/configuration.md")]
    internal static partial void VariablesIgnored(this ILogger logger, string variables);

    [LoggerMessage(EventId = 9040, Level = LogLevel.Information, Message = "Changes stream from the slot {Slot}, published by {Publications}")]
    internal static partial void ChangesStream(this ILogger logger, string slot, string publications);

    [LoggerMessage(EventId = 9041, Level = LogLevel.Warning, Message = "The change stream was interrupted and goes on when PostgreSQL lets it")]
    internal static partial void ChangesInterrupted(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 9042, Level = LogLevel.Warning, Message = "Changes were missed, what depends on them is read anew: {Reason}")]
    internal static partial void ChangesMissed(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9043, Level = LogLevel.Warning, Message = "No changes come until PostgreSQL is set up for them: {Reason}")]
    internal static partial void ChangesNotSetUp(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9044, Level = LogLevel.Warning, Message = "{Consumer} reads changes too slowly and misses some")]
    internal static partial void ConsumerTooSlow(this ILogger logger, string consumer);

    [LoggerMessage(EventId = 9045, Level = LogLevel.Information, Message = "Dropped the replication slot {Slot}, left behind by another server")]
    internal static partial void SlotSwept(this ILogger logger, string slot);

    [LoggerMessage(EventId = 9046, Level = LogLevel.Warning, Message = "The replication slot {Slot} could not be dropped; another server will")]
    internal static partial void SlotNotDropped(this ILogger logger, string slot, Exception exception);

    [LoggerMessage(EventId = 9050, Level = LogLevel.Warning, Message = "The cache is not used until PostgreSQL takes its marks: {Reason}")]
    internal static partial void MarkNotWritten(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9060, Level = LogLevel.Warning,
        Message = "Other servers are not reached through {Through}: {Reason}. This one goes on without them and tries again by itself")]
    internal static partial void NodesUnreachable(this ILogger logger, string through, string reason);

    [LoggerMessage(EventId = 9061, Level = LogLevel.Information, Message = "Other servers can be reached again")]
    internal static partial void NodesReachable(this ILogger logger);

    [LoggerMessage(EventId = 9062, Level = LogLevel.Warning,
        Message = "More than {Capacity} bytes wait to be sent to other servers; the oldest messages are dropped")]
    internal static partial void NodeMessagesDropped(this ILogger logger, int capacity);

    [LoggerMessage(EventId = 9063, Level = LogLevel.Information, Message = "Server {Node} is there")]
    internal static partial void NodeJoined(this ILogger logger, Guid node);

    [LoggerMessage(EventId = 9064, Level = LogLevel.Information, Message = "Server {Node} is gone")]
    internal static partial void NodeLeft(this ILogger logger, Guid node);

    [LoggerMessage(EventId = 9065, Level = LogLevel.Warning,
        Message = "Ignored a notification on {Channel} that no server of this installation made; do all know the owner by the same password?")]
    internal static partial void NodeNotificationIgnored(this ILogger logger, string channel);

    [LoggerMessage(EventId = 9066, Level = LogLevel.Error, Message = "What another server said could not be handled")]
    internal static partial void NodeHandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 9067, Level = LogLevel.Warning,
        Message = "No password is in Database:ConnectionString or Database:PoolConnectionString, so other servers cannot be told from strangers and are not heard; add one, or set Redis:ConnectionString")]
    internal static partial void NodesHaveNoSecret(this ILogger logger);

    [LoggerMessage(EventId = 9070, Level = LogLevel.Warning,
        Message = "Redis at {EndPoints} does not answer: {Reason}. Evolv goes on without it and asks again by itself")]
    internal static partial void RedisUnreachable(this ILogger logger, string endPoints, string reason);

    [LoggerMessage(EventId = 9071, Level = LogLevel.Information, Message = "Redis answers")]
    internal static partial void RedisAnswers(this ILogger logger);

    [LoggerMessage(EventId = 9080, Level = LogLevel.Warning, Message = "The audit log could not be sealed and waits until PostgreSQL lets it")]
    internal static partial void AuditNotSealed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 9081, Level = LogLevel.Error,
        Message = "The audit log ended with {Known} and now ends with {Now}: entries were cut off or rewritten. See ./evolv audit verify")]
    internal static partial void AuditLogCut(this ILogger logger, string known, string now);

    [LoggerMessage(EventId = 9082, Level = LogLevel.Error, Message = "Where the audit log ends cannot be written to {File}: {Reason}")]
    internal static partial void AuditHeadNotWritten(this ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 9100, Level = LogLevel.Information,
        Message = "{Verb} {Path} {Status} in {Milliseconds} ms over {Protocol} from {Address}")]
    internal static partial void RequestServed(
        this ILogger logger, string verb, string path, int status, double milliseconds, string protocol, string? address);

    [LoggerMessage(EventId = 9101, Level = LogLevel.Warning, Message = "A statement took {Milliseconds} ms: {Sql}")]
    internal static partial void SlowQuery(this ILogger logger, int milliseconds, string sql);

    [LoggerMessage(EventId = 9102, Level = LogLevel.Information, Message = "Levels of the log were read again from {File}")]
    internal static partial void LogLevelsRead(this ILogger logger, string file);

    [LoggerMessage(EventId = 9103, Level = LogLevel.Warning, Message = "Levels of the log stay as they are: {Reason}")]
    internal static partial void LogLevelsNotRead(this ILogger logger, string reason);

    [LoggerMessage(EventId = 9104, Level = LogLevel.Warning, Message = "Figures for /metrics could not be read; trying again in {Pause}")]
    internal static partial void FiguresNotRead(this ILogger logger, TimeSpan pause, Exception exception);
}
