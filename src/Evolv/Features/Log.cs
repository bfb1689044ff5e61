namespace Evolv.Features;

/// <summary>What the slices log; ids 5000 to 5999.</summary>
static partial class Log
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Debug, Message = "Leaderboard refreshed in {Elapsed}")]
    internal static partial void LeaderboardRefreshed(this ILogger logger, TimeSpan elapsed);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "Leaderboard refresh failed; trying again at the next tick")]
    internal static partial void LeaderboardRefreshFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Nobody could be told of new feed items; those who listen are asked to refresh")]
    internal static partial void FeedTopicFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "Awards are late: events could not be settled; trying again in a second")]
    internal static partial void AwardsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Warning, Message = "Notifications of new events are not heard; looking once a second until they are")]
    internal static partial void AwardsNotHeard(this ILogger logger, Exception exception);
}
