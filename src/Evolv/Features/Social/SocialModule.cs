using Evolv.Functions;

namespace Evolv.Features.Social;

/// <summary>Follows, posts and the feed.</summary>
static class SocialModule
{
    internal static IServiceCollection AddSocial(this IServiceCollection services)
        => services.AddHostedService<FeedTopic>();

    internal static void MapSocial(this RouteGroupBuilder functions)
        => functions.MapFunction(HttpMethods.Get, "get-feed", GetFeed.HandleAsync);
}
