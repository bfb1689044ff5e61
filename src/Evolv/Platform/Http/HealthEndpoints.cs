using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Http;

/// <summary>A part that must be there before requests can be served.</summary>
/// <param name="Name">As it stands in the answer of /readyz.</param>
/// <param name="CheckAsync">Null when it is there, else what is missing.</param>
/// <param name="NeedsOurSchema">Left out on a database that is not migrated.</param>
sealed record ReadinessCheck(string Name, Func<CancellationToken, Task<string?>> CheckAsync, bool NeedsOurSchema = false);

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
        foreach (var check in checks.Where(check => server.Value.Migrate || !check.NeedsOurSchema))
            results[check.Name] = await check.CheckAsync(cancellationToken) ?? "ok";
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            results["server"] = "stopping";
        var ready = results.Values.All(value => value == "ok");
        return Results.Json(
            new { status = ready ? "ready" : "not ready", checks = results }, JsonSerializerOptions.Web, statusCode: ready ? 200 : 503);
    }
}
