using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>
/// Refreshes the leaderboard at start and at each interval, and forgets idempotency keys of the day before yesterday. With
/// several servers the first to come takes the lock in PostgreSQL.
/// </summary>
sealed class GrowthUpkeep(
    Database database, IOptions<GrowthOptions> options, IOptions<ServerOptions> server, TimeProvider time, ILogger<GrowthUpkeep> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LeaderboardSeconds), time);
        do
        {
            var started = time.GetTimestamp();
            try
            {
                var refreshed = await database.QuerySingleAsync(
                    Caller.Service,
                    $"select evolv.refresh_leaderboard(), evolv.forget_idempotency_keys()",
                    row => row.GetBoolean(0),
                    stoppingToken);
                if (refreshed)
                {
                    var elapsed = time.GetElapsedTime(started);
                    logger.LeaderboardRefreshed(elapsed);
                }
            }
            catch (NpgsqlException exception)
            {
                logger.LeaderboardRefreshFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
