using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Rest;

/// <summary>
/// Keeps <see cref="RestSnapshots"/> fresh: hears <c>NOTIFY</c>, and reads again. What is heard while it reads is remembered
/// and read once more afterwards, however often it was said. Whenever listening begins everything is read, since nobody
/// knows what was said before.
/// </summary>
sealed class SchemaWatcher(
    RestSnapshots snapshots, NotificationListener listener, IOptions<RestOptions> options, TimeProvider time, ILogger<SchemaWatcher> logger)
    : BackgroundService
{
    readonly SemaphoreSlim _wake = new(0);
    int _stale; // Stale, exchanged by both loops.

    /// <summary>
    /// The first load, before requests arrive. Where the database does not answer, the server starts all the same and answers
    /// that it has no schema yet.
    /// </summary>
    internal async Task LoadFirstAsync(CancellationToken cancellationToken)
    {
        try
        {
            await snapshots.LoadAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.SchemaNotLoaded(exception, Backoff.First);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.DbChannelEnabled)
            return Task.WhenAll(ListenAsync(stoppingToken), ReloadAsync(stoppingToken));
        if (snapshots.Current.Schema is null)
            MarkStale(Stale.Config | Stale.Schema);
        return ReloadAsync(stoppingToken);
    }

    async Task ListenAsync(CancellationToken stoppingToken)
    {
        var channel = options.Value.DbChannel;
        var backoff = new Backoff();
        while (true)
        {
            try
            {
                await listener.ListenAsync(
                    channel,
                    () =>
                    {
                        backoff.Reset();
                        logger.Listening(channel);
                        MarkStale(Stale.Config | Stale.Schema);
                    },
                    Hear,
                    stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                var (reason, delay) = (exception.Message, backoff.Next());
                logger.ListeningLost(channel, reason, delay);
                await Task.Delay(delay, time, stoppingToken);
            }
        }
    }

    void Hear(string payload)
    {
        switch (payload)
        {
            case "" or "reload schema":
                MarkStale(Stale.Config | Stale.Schema);
                break;
            case "reload config":
                MarkStale(Stale.Config);
                break;
        }
    }

    void MarkStale(Stale what)
    {
        Interlocked.Or(ref _stale, (int)what);
        _wake.Release();
    }

    async Task ReloadAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff();
        while (true)
        {
            await _wake.WaitAsync(stoppingToken);
            // Taken before reading: what is said from here on is not seen for sure, so it counts again.
            var stale = (Stale)Interlocked.Exchange(ref _stale, 0);
            if (stale == Stale.Nothing)
                continue;
            try
            {
                await snapshots.LoadAsync(stale, stoppingToken);
                backoff.Reset();
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                var delay = backoff.Next();
                logger.SchemaNotLoaded(exception, delay);
                await Task.Delay(delay, time, stoppingToken);
                MarkStale(stale);
            }
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    /// <summary>How long to wait after failures: twice as long after each, up to ten seconds.</summary>
    sealed class Backoff
    {
        internal static readonly TimeSpan First = TimeSpan.FromSeconds(0.2);
        static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

        TimeSpan _next = First;

        internal TimeSpan Next()
        {
            var delay = _next;
            _next = delay * 2 < Longest ? delay * 2 : Longest;
            return delay;
        }

        internal void Reset() => _next = First;
    }
}
