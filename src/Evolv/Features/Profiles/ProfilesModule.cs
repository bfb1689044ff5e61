using Evolv.Functions;

namespace Evolv.Features.Profiles;

/// <summary>People and the catalogue of skills; profiles themselves go through the tables.</summary>
static class ProfilesModule
{
    internal static void MapProfiles(this RouteGroupBuilder functions)
        => functions.MapFunction(HttpMethods.Get, "get-skills", GetSkills.HandleAsync, isPublic: true);
}
