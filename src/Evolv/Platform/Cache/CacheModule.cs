using Evolv.Platform.Data;
using Evolv.Platform.Settings;

namespace Evolv.Platform.Cache;

/// <summary>Answers that are kept for a while, and what is known of whether they still hold.</summary>
static class CacheModule
{
    internal static IServiceCollection AddCache(this IServiceCollection services)
        => services
            .AddSettings<CacheOptions, CacheOptions.Validator>(CacheOptions.Section)
            .AddSingleton<OwnWrites>()
            .AddSingleton<Freshness>()
            .AddHostedService(provider => provider.GetRequiredService<Freshness>())
            .AddSingleton<SharedAnswers>()
            .AddSingleton<AnswerCache>();

    /// <summary>Notes who writes, through whatever family, so that they read what they wrote. After it is known who asks.</summary>
    internal static IApplicationBuilder UseCache(this IApplicationBuilder app)
    {
        return app.Use(async (context, next) =>
        {
            if (IsRead(context.Request.Method) || context.Features.Get<CallerFeature>()?.Caller.UserId is not { } person)
            {
                await next(context);
                return;
            }

            // Found at the request: it leads to the database, and a server that is only built must not hold the data folder.
            var writes = context.RequestServices.GetRequiredService<OwnWrites>();
            using var _ = writes.Begin(person);
            context.Response.OnStarting(() =>
            {
                writes.Tell(person);
                return Task.CompletedTask;
            });
            await next(context);
        });
    }

    static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
