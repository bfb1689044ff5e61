namespace Evolv.Rest;

/// <summary>What /rest/v1 logs; ids 2000 to 2999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Information,
        Message = "Schema read in {Elapsed}: {Tables} tables and views, {Routines} functions")]
    internal static partial void SchemaLoaded(this ILogger logger, TimeSpan elapsed, int tables, int routines);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "The schema cannot be read; trying again in {Delay}")]
    internal static partial void SchemaNotLoaded(this ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Information, Message = "Listening on channel {Channel} for changes of the schema")]
    internal static partial void Listening(this ILogger logger, string channel);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning,
        Message = "The connection that listens on channel {Channel} is lost ({Reason}); trying again in {Delay}")]
    internal static partial void ListeningLost(this ILogger logger, string channel, string reason, TimeSpan delay);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Warning, Message = "The stored setting pgrst.{Name} is ignored: it {Reason}")]
    internal static partial void StoredSettingIgnored(this ILogger logger, string name, string reason);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Error, Message = "{Method} {Path} failed with {Code}")]
    internal static partial void RestRequestFailed(this ILogger logger, Exception exception, string method, string path, string code);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Warning, Message = "{Method} {Path} was answered with {Status} {Code}")]
    internal static partial void RestRequestUnserved(this ILogger logger, string method, string path, int status, string code);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Information,
        Message = "{Path}: the client stopped reading a large answer; it was cut off to free its connection to PostgreSQL")]
    internal static partial void RestClientTooSlow(this ILogger logger, string path);
}
