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
        if (!server.Value.Migrate)
            return;
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                while (await ApplyAsync(stoppingToken) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.LeaderboardsFailed(PgErrors.ForLog(exception));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    Task<int> ApplyAsync(CancellationToken cancellationToken) => database.QuerySingleAsync(
        Caller.Service, $"select evolv.apply_leaderboard_changes()", row => row.GetInt32(0), cancellationToken);
}
