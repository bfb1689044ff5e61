using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Realtime.Channels;

/// <summary>Makes tomorrow's partitions of <c>realtime.messages</c> and drops those whose messages are too old.</summary>
sealed class MessageUpkeep(Database database, IOptions<ServerOptions> server, TimeProvider time, ILogger<MessageUpkeep> logger) : BackgroundService
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
                await database.QuerySingleAsync(Caller.Service, $"select realtime.upkeep()::text", row => row.GetText(0), stoppingToken);
                EvolvMeter.JobRan("message_upkeep", isOk: true);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                EvolvMeter.JobRan("message_upkeep", isOk: false);
                logger.UpkeepFailed(PgErrors.ForLog(exception));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
