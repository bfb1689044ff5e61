using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>
/// Brings what has changed into the leaderboards, twice a second. With several servers one at a time is at it: the others
/// find the lock in PostgreSQL taken and leave it be.
/// </summary>
sealed class LeaderboardUpdater(Database database, IOptions<ServerOptions> server, TimeProvider time, ILogger<LeaderboardUpdater> logger)
    : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (server.Value.Migrate)
        {
            var started = time.GetTimestamp();
            var pause = Pause;
            try
            {
                // Under load it rests as long as it works: awards come first, and what waits together costs less.
                if (await ApplyAsync(stoppingToken) > 0)
                    pause = time.GetElapsedTime(started);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.LeaderboardsFailed(PgErrors.ForLog(exception));
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    Task<int> ApplyAsync(CancellationToken cancellationToken) => database.QuerySingleAsync(
        Caller.Service, $"select evolv.apply_leaderboard_changes()", row => row.GetInt32(0), cancellationToken);
}
