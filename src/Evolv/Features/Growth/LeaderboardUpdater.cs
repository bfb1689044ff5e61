using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
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
    const int MostChanges = 2000; // Of which one turn takes; fewer were all there are.

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    long _currentAt = time.GetTimestamp();

    /// <summary>Since when this server knows the boards to be up to date: changes that another server has in hand are none of its own.</summary>
    internal TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _currentAt));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (server.Value.Migrate)
        {
            var started = time.GetTimestamp();
            var pause = Pause;
            try
            {
                // Under load it rests as long as it works: awards come first, and what waits together costs less.
                var applied = await ApplyAsync(stoppingToken);
                if (applied < MostChanges)
                    Volatile.Write(ref _currentAt, started);
                if (applied > 0)
                {
                    EvolvMeter.JobRan("leaderboards", isOk: true);
                    pause = time.GetElapsedTime(started);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                EvolvMeter.JobRan("leaderboards", isOk: false);
                logger.LeaderboardsFailed(PgErrors.ForLog(exception));
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    Task<int> ApplyAsync(CancellationToken cancellationToken) => database.QuerySingleAsync(
        Caller.Service, $"select evolv.apply_leaderboard_changes({MostChanges})", row => row.GetInt32(0), cancellationToken);
}
