using Evolv.Features.Growth.Admin;
using Evolv.Functions;
using Evolv.Platform.Observability;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>XP, levels, badges, streaks and leaderboards.</summary>
static class GrowthModule
{
    internal static IServiceCollection AddGrowth(this IServiceCollection services)
        => ActivityFigures.Add(services)
            .AddSettings<GrowthOptions, GrowthOptions.Validator>(GrowthOptions.Section)
            .AddSingleton<IValidateOptions<GrowthOptions>, LeaderboardTimeZone>()
            .AddHostedService<AwardWorker>()
            .AddSingleton<LeaderboardUpdater>()
            .AddHostedService(provider => provider.GetRequiredService<LeaderboardUpdater>())
            .AddGauge(Gauges.LeaderboardAge, provider => () => provider.GetRequiredService<LeaderboardUpdater>().Age.TotalSeconds)
            .AddHostedService<GrowthUpkeep>();

    internal static void MapGrowth(this RouteGroupBuilder functions)
    {
        functions.MapFunction(HttpMethods.Post, "add-xp", AddXp.HandleAsync);
        functions.MapFunction(HttpMethods.Get, "get-leaderboard", GetLeaderboard.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "check-in", CheckIn.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "set-streak", SetStreak.HandleAsync);
        functions.MapFunction(HttpMethods.Get, "get-user-level", GetUserLevel.HandleAsync, isPublic: true);
        functions.MapFunction(HttpMethods.Get, "get-progress", GetProgress.HandleAsync);
        functions.MapFunction(HttpMethods.Get, "get-achievements", GetAchievements.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "explain-award", ExplainAward.HandleAsync);

        functions.MapFunction(HttpMethods.Post, "publish-xp-rule", PublishXpRule.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "publish-badge", PublishBadge.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "preview-badge", PreviewBadge.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "backfill-badge", BackfillBadge.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "award-badge", AwardBadge.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "revoke-badge", RevokeBadge.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "void-xp", VoidXp.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "hold-xp", HoldXp.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "review-flag", ReviewFlag.HandleAsync);
        functions.MapFunction(HttpMethods.Post, "publish-levels", PublishLevels.HandleAsync);
    }
}
