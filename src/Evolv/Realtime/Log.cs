namespace Evolv.Realtime;

/// <summary>What the realtime family logs; ids 3000 to 3999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "Nobody can be told of changes ({Reason}); trying again in {Pause}")]
    internal static partial void AudienceUnknown(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "A channel could not be opened")]
    internal static partial void JoinFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "A broadcast was not stored")]
    internal static partial void MessageNotStored(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Warning, Message = "It is not known which sessions have ended")]
    internal static partial void SessionsUnknown(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Warning, Message = "A policy of realtime.messages failed for topic {Topic}: {Error}")]
    internal static partial void ChannelPolicyFailed(this ILogger logger, string topic, string error);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning, Message = "realtime.messages was not tidied")]
    internal static partial void UpkeepFailed(this ILogger logger, Exception exception);
}
