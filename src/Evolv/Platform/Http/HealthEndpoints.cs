using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Http;

/// <summary>A part that must be there before requests can be served.</summary>
/// <param name="Name">As it stands in the answer of /readyz.</param>
/// <param name="CheckAsync">Null when it is there, else what is missing.</param>
/// <param name="NeedsOurSchema">Left out on a database that is not migrated.</param>
/// <param name="IsCritical">Whether nothing works without it; without another part the server is degraded and ready.</param>
sealed record ReadinessCheck(
    string Name, Func<CancellationToken, Task<string?>> CheckAsync, bool NeedsOurSchema = false, bool IsCritical = true);

/// <summary>/livez: the process turns. /readyz: database, migrations and keys are there and no shutdown has begun.</summary>
static class HealthEndpoints
{
    // PostgreSQL's word for the login itself: a database of somebody else's has no role of ours.
    static readonly Caller Login = new("none", "{}");

    internal static IServiceCollection AddHealth(this IServiceCollection services)
        => services
            .AddSingleton(provider => DatabaseCheck(provider.GetRequiredService<Database>()))
            .AddSingleton(provider => new ReadinessCheck("migrations", _ => Task.FromResult(
                provider.GetRequiredService<Installation>().IsReady ? null : "not applied"), NeedsOurSchema: true));

    internal static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/livez", () => Results.Text("ok"));
        app.MapGet("/readyz", ReadyAsync);
    }

    static ReadinessCheck DatabaseCheck(Database database) => new("database", async cancellationToken =>
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await database.QuerySingleAsync(Login, $"select 1", row => row.GetInt32(0), timeout.Token);
            return null;
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return "no answer";
        }
    });

    static async Task<IResult> ReadyAsync(
        IEnumerable<ReadinessCheck> checks, IOptions<ServerOptions> server, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var results = new Dictionary<string, string>();
        var (isReady, isDegraded) = (true, false);
        foreach (var check in checks.Where(check => server.Value.Migrate || !check.NeedsOurSchema))
        {
            var missing = await check.CheckAsync(cancellationToken);
            results[check.Name] = missing ?? "ok";
            isReady &= missing is null || !check.IsCritical;
            isDegraded |= missing is not null;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
            (results["server"], isReady) = ("stopping", false);
        var status = !isReady ? "not ready" : isDegraded ? "degraded" : "ready";
        return Results.Json(new { status, checks = results }, JsonSerializerOptions.Web, statusCode: isReady ? 200 : 503);
    }
}
