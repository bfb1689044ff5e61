using System.Buffers;
using System.IO.Pipelines;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Functions;

/// <summary>/functions/v1: what every function shares. The functions themselves are in <c>Features/</c>.</summary>
static class FunctionsModule
{
    const string Root = "/functions/v1";

    internal static IServiceCollection AddFunctions(this IServiceCollection services)
        => services
            .AddSingleton(new ErrorFamily(Root, typeof(FunctionError)))
            .AddSingleton(new HttpFamily(Root, FunctionErrorHandler.AnswerAsync));

    /// <summary>Errors of the family in its own dialect.</summary>
    internal static IApplicationBuilder UseFunctions(this IApplicationBuilder app)
        => app.UseWhen(
            context => context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal),
            family => family.UseMiddleware<FunctionErrorHandler>());

    internal static RouteGroupBuilder MapFunctions(this IEndpointRouteBuilder app)
    {
        var functions = app.MapGroup(Root);
        functions.WithMetadata(Limited(RateLimitTier.Functions));
        functions.Map("/{**name}", Task (HttpContext _) => throw FunctionError.NotFound());
        return functions;
    }

    /// <summary>Maps a function for signed-in people and for the service; others get 401, unless it is public.</summary>
    /// <param name="functions">The group of <see cref="MapFunctions"/>.</param>
    /// <param name="method">The only method it takes; others get 405.</param>
    /// <param name="name">Its name in the URL, which is also the name of its file.</param>
    /// <param name="handler">Writes the answer; throws <see cref="FunctionError"/>.</param>
    /// <param name="tier">What it is counted with.</param>
    /// <param name="isPublic">Whether it answers anonymous callers, too.</param>
    internal static void MapFunction(
        this RouteGroupBuilder functions, string method, string name,
        Func<HttpContext, Caller, Database, CancellationToken, Task> handler, RateLimitTier tier = RateLimitTier.Functions,
        bool isPublic = false)
    {
        // They work on our schema; without it there are none.
        if (!((IEndpointRouteBuilder)functions).ServiceProvider.GetRequiredService<IOptions<ServerOptions>>().Value.Migrate)
            return;

        functions.MapMethods(name, [method], Task (HttpContext context) =>
        {
            var asked = context.Features.Get<CallerFeature>();
            if (asked?.Refusal is { } refusal)
                throw FunctionError.BadToken(refusal);
            if (asked is null || (asked.Caller.Role == Caller.AnonRole && !isPublic))
                throw FunctionError.Unauthorized();
            var database = context.RequestServices.GetRequiredService<Database>();
            return handler(context, asked.Caller, database, context.RequestAborted);
        }).WithMetadata(Limited(tier));
        functions.Map(name, Task (HttpContext context) =>
        {
            context.Response.Headers.Allow = method;
            throw FunctionError.MethodNotAllowed(method);
        });
    }

    /// <summary>Writes <c>{"success":true,"data":…}</c> around JSON as it came from PostgreSQL; to GET with an ETag, or 304.</summary>
    internal static async Task WriteDataAsync(this HttpResponse response, byte[] json, CancellationToken cancellationToken)
    {
        if (!HttpMethods.IsGet(response.HttpContext.Request.Method))
            response.Headers.CacheControl = "no-store";
        else if (!ConditionalAnswer.BeginPrivate(response, json))
            return;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Before.Length + json.Length + After.Length;
        response.BodyWriter.WriteData(json);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    internal static void WriteData(this PipeWriter writer, byte[] json)
    {
        writer.Write(Before);
        writer.Write(json);
        writer.Write(After);
    }

    static RateLimited Limited(RateLimitTier tier)
        => new(tier, (context, seconds) => FunctionErrorHandler.WriteAsync(context, FunctionError.RateLimited(seconds)));

    static ReadOnlySpan<byte> Before => """{"success":true,"data":"""u8;

    static ReadOnlySpan<byte> After => "}"u8;
}
