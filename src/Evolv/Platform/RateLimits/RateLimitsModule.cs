using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>How often who may call what.</summary>
static class RateLimitsModule
{
    internal static IServiceCollection AddRateLimits(this IServiceCollection services)
        => services
            .AddSettings<RateLimitOptions, RateLimitOptions.Validator>(RateLimitOptions.Section)
            .AddSingleton<RateLimitTable>()
            .AddSingleton<RateLimiter>();

    /// <summary>After routing, for the endpoint says what holds, and after the caller is known.</summary>
    internal static void UseRateLimits(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<RateLimitOptions>>().Value.Enabled)
            app.UseMiddleware<RateLimitMiddleware>();
    }
}
