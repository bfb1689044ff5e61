using Evolv.Functions;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>XP, levels, badges and the leaderboards.</summary>
static class GrowthModule
{
    internal static IServiceCollection AddGrowth(this IServiceCollection services)
        => services
            .AddSettings<GrowthOptions, GrowthOptions.Validator>(GrowthOptions.Section)
            .AddSingleton<IValidateOptions<GrowthOptions>, LeaderboardTimeZone>()
            .AddHostedService<GrowthUpkeep>()
            .AddHostedService<LeaderboardUpdater>();

    internal static void MapGrowth(this RouteGroupBuilder functions)
    {
        functions.MapFunction(HttpMethods.Post, "add-xp", AddXp.HandleAsync);
        functions.MapFunction(HttpMethods.Get, "get-leaderboard", GetLeaderboard.HandleAsync);
    }
}
