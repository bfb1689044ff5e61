using System.Text;
using Evolv.Platform.Data;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;
using KestrelServerOptions = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions;

namespace Evolv.Platform.Http;

/// <summary>What holds for every request, whatever the family: limits, CORS, request ids, and the last answer of all.</summary>
static class HttpModule
{
    // postgrest-js reads content-range, auth-js the version and paging headers, functions-js x-relay-error.
    static readonly string[] ExposedHeaders =
    [
        "Content-Range", "Content-Location", "Location", "Preference-Applied", "X-Total-Count", "Link", "Retry-After",
        "X-Relay-Error", "X-Sb-Error-Code", "X-Supabase-Api-Version", "X-Request-Id", "Idempotency-Replayed",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy",
    ];

    internal static IServiceCollection AddHttp(this IServiceCollection services)
    {
        services.AddSettings<HttpOptions, HttpOptions.Validator>(HttpOptions.Section);
        services.AddCors();
        services.AddOptions<HostOptions>().Configure<IOptions<HttpOptions>>((host, http) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(http.Value.ShutdownSeconds));
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<HttpOptions>>((kestrel, http) =>
        {
            kestrel.AddServerHeader = false;
            // As requests are read: SQL may choose headers with any letters, and a trace goes back as it came.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Limits.MaxRequestBodySize = http.Value.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            // supabase-js puts long lists of ids into the URL.
            kestrel.Limits.MaxRequestLineSize = 128 * 1024;
        });
        return services;
    }

    /// <summary>Listens where the setting says; without it ASP.NET Core has a default of its own.</summary>
    internal static void UseUrls(this WebApplication app)
    {
        var urls = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value.Urls;
        foreach (var url in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            app.Urls.Add(url);
    }

    /// <summary>Before everything else: the id of the request, CORS (errors need it, too), and the answer to a crash.</summary>
    /// <param name="answersCorsItself">Path of a family that answers CORS as its upstream does.</param>
    internal static void UseHttp(this WebApplication app, string answersCorsItself)
    {
        var origins = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value.ReadOrigins();
        app.Use(AnswerCrashAsync);
        app.UseWhen(context => !context.Request.Path.StartsWithSegments(answersCorsItself), rest => rest.UseCors(policy =>
        {
            _ = origins.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins(origins);
            policy.AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(TimeSpan.FromDays(1));
        }));
    }

    /// <summary>After all families: who came here asked for nothing that exists.</summary>
    internal static void MapNotFound(this IEndpointRouteBuilder app)
        => app.MapFallback((HttpContext context) =>
            Problems.WriteAsync(context, 404, "Not found", $"Nothing is served at {context.Request.Path}."));

    static async Task AnswerCrashAsync(HttpContext context, RequestDelegate next)
    {
        var id = context.Request.Headers["X-Request-Id"] is [{ Length: > 0 and <= 64 } given] && given.All(IsPlain)
            ? given
            : Guid.CreateVersion7().ToString("N");
        context.Response.Headers["X-Request-Id"] = id;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, exception.StatusCode, "Bad request", exception.Message);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HttpModule))
                .RequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path);
            await Problems.WriteAsync(context, 500, "Internal error", $"The request failed; its id is {id}.");
        }
    }

    // Only what cannot break a log line.
    static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
}
