using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Realtime.Channels;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Realtime.Changes;

/// <summary>
/// Reads the change stream and tells of each change those who asked for it and may see it. What has piled up is handled
/// together: (1) who asked, by the index of subscriptions; (2) conditions that PostgreSQL decides; (3) which rows each caller
/// can select now; (4) delivery in the order of the commits.
/// </summary>
sealed class ChangeFeed(
    ChangeStream stream, Subscriptions subscriptions, ChangeAudience audience, Database database, DatabaseMessages messages,
    IOptions<ServerOptions> server, TimeProvider time, ILogger<ChangeFeed> logger)
    : BackgroundService
{
    const int WaitingChanges = 50_000;
    const int ChangesInBatch = 1000;

    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        using var reader = stream.Open("realtime", WaitingChanges);
        var batch = new List<Change>();
        while (await reader.Events.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < ChangesInBatch && reader.Events.TryRead(out var next))
            {
                if (next is ChangeEvent.Committed committed)
                {
                    batch.AddRange(committed.Changes);
                    continue;
                }

                await TellAsync(batch, stoppingToken);
                TellOfStream(next);
            }

            await TellAsync(batch, stoppingToken);
        }
    }

    async Task TellAsync(List<Change> batch, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (batch.Count > 0)
        {
            try
            {
                var listeners = await audience.FindAsync(batch, cancellationToken);
                var asked = new AskedJson(database);
                await asked.AskAsync(listeners, cancellationToken);
                ChangeDelivery.Deliver(listeners, asked);
                foreach (var change in batch)
                    messages.Deliver(change);
                batch.Clear();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                // Nobody has been told anything yet; while the database is away no changes come either.
                logger.AudienceUnknown(exception.Message, pause);
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A fault of ours must not end the telling of all others.
                logger.ChangesNotTold(exception, batch.Count);
                batch.Clear();
                TellOfStream(new ChangeEvent.Gap("the server failed to tell of some"));
                TellOfStream(new ChangeEvent.Streaming());
            }
        }
    }

    void TellOfStream(ChangeEvent @event)
    {
        foreach (var channel in subscriptions.Channels())
        {
            if (@event is ChangeEvent.Gap gap)
                channel.TellOfGap(gap.Reason);
            else
                channel.TellOfStreaming();
        }
    }
}
