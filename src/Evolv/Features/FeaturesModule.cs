using Evolv.Features.Career;
using Evolv.Features.Growth;
using Evolv.Features.Learning;
using Evolv.Features.Profiles;
using Evolv.Features.Social;

namespace Evolv.Features;

/// <summary>All slices that have C#; those without live in <c>db/migrations</c> alone.</summary>
static class FeaturesModule
{
    internal static IServiceCollection AddFeatures(this IServiceCollection services)
        => services
            .AddGrowth()
            .AddSocial()
            .AddCareer();

    internal static void MapFeatures(this RouteGroupBuilder functions)
    {
        functions.MapProfiles();
        functions.MapGrowth();
        functions.MapSocial();
        functions.MapLearning();
        functions.MapCareer();
    }
}
