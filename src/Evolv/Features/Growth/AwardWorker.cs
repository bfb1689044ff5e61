using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>
/// Turns events into awards: woken by a notification when events are committed, and once a second in case it was lost. Each turn
/// is one statement that claims people, settles them and commits, so any number of servers may work at the same time, and
/// one that is killed has done nothing that another does not do.
/// </summary>
sealed class AwardWorker(
    Database database, NotificationListener listener, IOptions<ServerOptions> server, TimeProvider time, ILogger<AwardWorker> logger)
    : BackgroundService
{
    const string Channel = "evolv_activity";
    const int MostPeople = 128; // Whose histories one turn has in hand.
    const int Turns = 2; // At once.

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    readonly SemaphoreSlim _woken = new(0);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => server.Value.Migrate
            ? Task.WhenAll([ListenAsync(stoppingToken), .. Enumerable.Range(0, Turns).Select(_ => WorkAsync(stoppingToken))])
            : Task.CompletedTask;

    async Task ListenAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await listener.ListenAsync(Channel, Wake, _ => Wake(), stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.AwardsNotHeard(PgErrors.ForLog(exception));
            }

            await Task.Delay(Patience, time, stoppingToken);
        }
    }

    void Wake()
    {
        if (_woken.CurrentCount < Turns)
            _woken.Release();
    }

    async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _woken.WaitAsync(Patience, stoppingToken);
            try
            {
                while (await SettleAsync(stoppingToken) > 0)
                    EvolvMeter.JobRan("awards", isOk: true);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                EvolvMeter.JobRan("awards", isOk: false);
                logger.AwardsFailed(PgErrors.ForLog(exception));
            }
        }
    }

    Task<int> SettleAsync(CancellationToken cancellationToken)
        => database.QuerySingleAsync(
            Caller.Service, $"select evolv.settle_pending({MostPeople})", row => row.GetInt32(0), cancellationToken);

    public override void Dispose()
    {
        _woken.Dispose();
        base.Dispose();
    }
}
