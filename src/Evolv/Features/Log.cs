namespace Evolv.Features;

/// <summary>What the slices log; ids 5000 to 5999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Leaderboards could not be brought up to date; trying again in half a second")]
    internal static partial void LeaderboardsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "Upkeep of growth failed; trying again in an hour")]
    internal static partial void GrowthUpkeepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Nobody could be told of new feed items; those who listen are asked to refresh")]
    internal static partial void FeedTopicFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "Awards are late: events could not be settled; trying again in a second")]
    internal static partial void AwardsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Warning, Message = "Notifications of new events are not heard; looking once a second until they are")]
    internal static partial void AwardsNotHeard(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5006, Level = LogLevel.Warning, Message = "The AI provider did not answer ({Reason}: {Why}); Evolv's own guidance answered instead")]
    internal static partial void AiProviderFailed(this ILogger logger, string reason, string why);

    [LoggerMessage(EventId = 5007, Level = LogLevel.Information, Message = "The AI provider is there; {Model} answers")]
    internal static partial void AiReady(this ILogger logger, string model);

    [LoggerMessage(EventId = 5008, Level = LogLevel.Warning, Message = "The AI provider has no model {Model}; take it out of Ai:Models")]
    internal static partial void AiModelMissing(this ILogger logger, string model);

    [LoggerMessage(EventId = 5009, Level = LogLevel.Warning, Message = "The AI provider has none of Ai:Models; it has {Models}. Evolv's own guidance answers until one is there")]
    internal static partial void AiModelsMissing(this ILogger logger, string models);

    [LoggerMessage(EventId = 5010, Level = LogLevel.Warning, Message = "The AI provider is not ready: {Why}. Evolv's own guidance answers until it is; check Ai:ApiKey and Ai:BaseUrl")]
    internal static partial void AiNotReady(this ILogger logger, string why);
}
