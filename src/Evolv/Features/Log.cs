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
}
