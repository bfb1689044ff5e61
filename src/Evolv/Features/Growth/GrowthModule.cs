using Evolv.Functions;
using Evolv.Platform.Settings;

namespace Evolv.Features.Growth;

/// <summary>XP, levels, badges and the leaderboard.</summary>
static class GrowthModule
{
    internal static IServiceCollection AddGrowth(this IServiceCollection services)
        => services
            .AddSettings<GrowthOptions, GrowthOptions.Validator>(GrowthOptions.Section)
            .AddHostedService<GrowthUpkeep>();

    internal static void MapGrowth(this RouteGroupBuilder functions)
        => functions.MapFunction(HttpMethods.Post, "add-xp", AddXp.HandleAsync);
}
