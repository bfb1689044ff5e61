using Evolv.Features.Career.Guidance;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Functions;
using Evolv.Platform.Doctor;
using Evolv.Platform.Http;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Career;

/// <summary>Guidance: which occupations fit a person, what is missing, and how to learn it.</summary>
static class CareerModule
{
    internal static IServiceCollection AddCareer(this IServiceCollection services)
        => services
            .AddSettings<AiOptions, AiOptions.Validator>(AiOptions.Section)
            .AddSingleton<IValidateOptions<AiOptions>, AiOptions.EndpointValidator>()
            .AddSingleton<OccupationCatalogs>()
            .AddSingleton<SingleFlight>()
            .AddSingleton<BuiltInProvider>()
            .AddSingleton<GrokClient>()
            .AddSingleton<GrokModels>()
            .AddSingleton<GrokProvider>()
            .AddSingleton<GuidanceFlow>()
            .AddSingleton(provider => new ReadinessCheck("ai", _ => Task.FromResult(
                provider.GetRequiredService<GrokProvider>().IsPausing ? "fails; Evolv's own guidance answers" : null), NeedsOurSchema: true, IsCritical: false))
            .AddHostedService<GrokStartupCheck>()
            .AddSingleton(provider => new DoctorCheck("ai", (_, token) => AiCheck.RunAsync(
                provider.GetRequiredService<IOptions<AiOptions>>().Value, provider.GetRequiredService<GrokClient>(), token)));

    internal static void MapCareer(this RouteGroupBuilder functions)
    {
        functions.MapFunction(HttpMethods.Post, "ai-career-assessment", AiCareerAssessment.HandleAsync, RateLimitTier.Ai);
        functions.MapFunction(HttpMethods.Post, "ai-skill-recommendations", AiSkillRecommendations.HandleAsync, RateLimitTier.Ai);
        functions.MapFunction(HttpMethods.Post, "ai-learning-path", AiLearningPath.HandleAsync, RateLimitTier.Ai);
        functions.MapFunction(HttpMethods.Post, "accept-ai-learning-path", AcceptAiLearningPath.HandleAsync);
    }
}
