using System.Text;
using Evolv.Platform.Data;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;
using KestrelServerOptions = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions;

namespace Evolv.Platform.Http;

/// <summary>What holds for every request, whatever the family: who is believed, limits, https, CORS, compression, request ids, and the last answer of all.</summary>
static class HttpModule
{
    internal static IServiceCollection AddHttp(this IServiceCollection services)
    {
        services.AddSettings<HttpOptions, HttpOptions.Validator>(HttpOptions.Section);
        services.AddSingleton<IValidateOptions<HttpOptions>, HttpOptions.ListValidator>();
        services.AddSingleton<Origins>().AddSingleton<ServerCertificate>();
        services.AddCors();
        services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(365));
        services.AddCompression();
        services.AddOptions<HostOptions>().Configure<IOptions<HttpOptions>>((host, http) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(ReadOrDefault(http).ShutdownSeconds));
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<HttpOptions>, ServerCertificate>((kestrel, http, certificate) =>
        {
            kestrel.AddServerHeader = false;
            // As requests are read: SQL may choose headers with any letters, and a trace goes back as it came.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.ConfigureHttpsDefaults(certificate.ApplyTo);
            RequestLimits.Apply(kestrel.Limits, ReadOrDefault(http));
        });
        return services;
    }

    /// <summary>Listens where the setting says; without it ASP.NET Core has a default of its own.</summary>
    internal static void UseUrls(this WebApplication app)
    {
        foreach (var url in app.Services.GetRequiredService<IOptions<ServerOptions>>().Value.ReadUrls())
            app.Urls.Add(url);
    }

    /// <summary>Before everything else, in this order: errors need the headers, too.</summary>
    internal static void UseHttp(this WebApplication app)
    {
        var http = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value;
        HttpFamily[] families = [.. app.Services.GetServices<HttpFamily>()];
        app.UseTrustedProxies(http);
        app.Use((context, next) => AnswerCrashAsync(context, next, families));
        app.UseSecurityHeaders();
        app.UseHttpsOnly(app.Services.GetRequiredService<IOptions<ServerOptions>>().Value, families);
        if (http.Compression)
            app.UseCompression();
        app.UseCors(app.Services.GetRequiredService<Origins>(), families);
    }

    /// <summary>After all families: who came here asked for nothing that exists.</summary>
    internal static void MapNotFound(this IEndpointRouteBuilder app)
        => app.MapFallback((HttpContext context) =>
            Problems.WriteAsync(context, 404, "Not found", $"Nothing is served at {context.Request.Path}."));

    static async Task AnswerCrashAsync(HttpContext context, RequestDelegate next, HttpFamily[] families)
    {
        var id = context.Request.Headers["X-Request-Id"] is [{ Length: > 0 and <= 64 } given] && given.All(IsPlain)
            ? given
            : Guid.CreateVersion7().ToString("N");
        context.TraceIdentifier = id;
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
            await (families.Find(context.Request.Path)?.RefuseAsync(context, exception)
                ?? Problems.WriteAsync(context, exception.StatusCode, "Bad request", exception.Message));
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HttpModule))
                .RequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path);
            await Problems.WriteAsync(context, 500, "Internal error", $"The request failed; its id is {id}.");
        }
    }

    // Host and server are made before settings are validated, which tells what is wrong in the right words.
    static HttpOptions ReadOrDefault(IOptions<HttpOptions> http)
    {
        try
        {
            return http.Value;
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException)
        {
            return new HttpOptions();
        }
    }

    // Only what cannot break a log line.
    static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
}
