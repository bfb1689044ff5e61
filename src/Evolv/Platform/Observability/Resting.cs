using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Observability;

/// <summary>
/// Reads figures from the database again and again, and rests two hundred times as long as it took: however large the tables
/// are, it takes no more than half a percent of one connection.
/// </summary>
static class Resting
{
    const int Share = 200;

    internal static async Task LoopAsync(
        TimeSpan least, Func<CancellationToken, Task> read, TimeProvider time, ILogger logger, CancellationToken stoppingToken)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            Exception? failure = null;
            try
            {
                await read(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                failure = PgErrors.ForLog(exception);
            }

            var pause = time.GetElapsedTime(started) * Share;
            pause = pause > least ? pause : least;
            if (failure is not null)
                logger.FiguresNotRead(pause, failure);
            await Task.Delay(pause, time, stoppingToken);
        }
    }
}
