using Evolv.Platform;
using Evolv.Platform.Http;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Settings;
using Evolv.Rest.Response;
using Evolv.Rest.Token;
using Microsoft.Extensions.Options;

namespace Evolv.Rest;

/// <summary>/rest/v1: tables, views and functions, in PostgREST's dialect.</summary>
static class RestModule
{
    internal const string Root = "/rest/v1";

    internal static IServiceCollection AddRest(this IServiceCollection services)
        => services
            .AddSettings<RestOptions, RestOptions.Validator>(RestOptions.Section)
            .AddSingleton<IValidateOptions<RestOptions>, JwtSettings>()
            .AddSingleton(new ErrorFamily(Root, typeof(RestError)))
            .AddSingleton(provider => new HttpFamily(Root, (context, refusal) => RestErrorHandler.AnswerAsync(
                context, refusal, provider.GetRequiredService<RestSnapshots>().Current.Config, caller: null,
                provider.GetRequiredService<ILogger<RestPipeline>>()))
            { AnswersCors = true })
            .AddSingleton<RestSnapshots>()
            .AddSingleton<SchemaWatcher>()
            .AddHostedService(provider => provider.GetRequiredService<SchemaWatcher>())
            .AddSingleton(provider => new StartupStep((_, cancellationToken) =>
                provider.GetRequiredService<SchemaWatcher>().LoadFirstAsync(cancellationToken)))
            .AddSingleton<RestCallers>()
            .AddSingleton<Executor>()
            .AddSingleton<OpenApiExecutor>()
            .AddSingleton<RestPipeline>();

    /// <summary>Before anybody asks who asks: a preflight has no key.</summary>
    internal static void UseRest(this IApplicationBuilder app)
        => app.UseWhen(context => context.Request.Path.StartsWithSegments(Root), rest => rest.UseMiddleware<RestCors>());

    // Found at the request: before the start nothing may open the database, or no verb works beside a running Evolv.
    internal static void MapRest(this IEndpointRouteBuilder app)
    {
        var rest = app.Map(Root + "/{**path}", context => context.RequestServices.GetRequiredService<RestPipeline>().HandleAsync(context));
        // PostgREST has no limits, and whose back end calls is not known on a database of somebody else's.
        if (app.ServiceProvider.GetRequiredService<IOptions<ServerOptions>>().Value.Migrate)
            rest.WithMetadata(new RateLimited(RateLimitTier.Rest, RefuseAsync));
    }

    static Task RefuseAsync(HttpContext context, int seconds)
        => RestErrorHandler.WriteAsync(
            context, RestError.RateLimited(seconds), context.RequestServices.GetRequiredService<RestSnapshots>().Current.Config);
}
