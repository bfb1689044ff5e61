using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>
/// Tells PostgreSQL at start in whose zone the boards' days begin; every hour completes backfills of badges and forgets boards
/// that nobody asks for and idempotency keys of the day before yesterday.
/// </summary>
sealed class GrowthUpkeep(
    Database database, IOptions<GrowthOptions> options, IOptions<ServerOptions> server, TimeProvider time, ILogger<GrowthUpkeep> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                await database.QuerySingleAsync(
                    Caller.Service, $"select evolv.set_leaderboard_zone({options.Value.LeaderboardTimeZone})", _ => true, stoppingToken);
                await database.QuerySingleAsync(
                    Caller.Service, $"select evolv.complete_backfills(), evolv.forget_leaderboards(), evolv.forget_idempotency_keys()", _ => true, stoppingToken);
                EvolvMeter.JobRan("growth_upkeep", isOk: true);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                EvolvMeter.JobRan("growth_upkeep", isOk: false);
                logger.GrowthUpkeepFailed(PgErrors.ForLog(exception));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
