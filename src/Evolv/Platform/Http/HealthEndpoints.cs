using System.Text.Json;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>/livez: the process turns. /readyz: database, migrations and keys are there, no shutdown has begun, and what else is missing.</summary>
static class HealthEndpoints
{
    // PostgreSQL's word for the login itself: a database of somebody else's has no role of ours.
    static readonly Caller Login = new("none", "{}");

    internal static IServiceCollection AddHealth(this IServiceCollection services)
        => services
            .AddSingleton<Readiness>()
            .AddSingleton(provider => DatabaseCheck(provider.GetRequiredService<Database>()))
            .AddSingleton(provider => new ReadinessCheck("migrations", _ => Task.FromResult(
                provider.GetRequiredService<Installation>().IsReady ? null : "not applied"), NeedsOurSchema: true))
            .AddSingleton(provider => new ReadinessCheck("changes", _ => Task.FromResult(
                provider.GetRequiredService<ChangeStream>().IsStreaming ? null : "none come"), NeedsOurSchema: true, IsCritical: false))
            .AddSingleton(provider => new ReadinessCheck("disk", _ => Task.FromResult(DiskMissing(provider)), IsCritical: false));

    internal static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/livez", () => Results.Text("ok")).DisableHttpMetrics();
        app.MapGet("/readyz", ReadyAsync).DisableHttpMetrics();
    }

    static ReadinessCheck DatabaseCheck(Database database) => new("database", async cancellationToken =>
    {
        await database.QuerySingleAsync(Login, $"select 1", row => row.GetInt32(0), cancellationToken);
        return null;
    });

    static string? DiskMissing(IServiceProvider services)
    {
        var least = services.GetRequiredService<IOptions<ObservabilityOptions>>().Value.MinFreeMegabytes;
        var free = Installation.DiskOf(services.GetRequiredService<IOptions<ServerOptions>>().Value)?.AvailableFreeSpace;
        return free is null || free >> 20 >= least ? null : $"less than {least} MB free";
    }

    static async Task<IResult> ReadyAsync(Readiness readiness, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var parts = await readiness.LookAsync().WaitAsync(cancellationToken);
        var checks = parts.ToDictionary(part => part.Name, part => part.Missing ?? "ok");
        var milliseconds = parts.ToDictionary(part => part.Name, part => part.Milliseconds);
        var isReady = !parts.Any(part => part is { Missing: not null, IsCritical: true });
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            (checks["server"], isReady) = ("stopping", false);
        var status = !isReady ? "not ready" : parts.Any(part => part.Missing is not null) ? "degraded" : "ready";
        return Results.Json(new { status, checks, milliseconds }, JsonSerializerOptions.Web, statusCode: isReady ? 200 : 503);
    }
}
