using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Audit;

/// <summary>
/// Links what was appended to the audit log into its chain, twice a second, and every ten seconds writes down where the chain
/// ends. Any number of servers may: PostgreSQL lets one at a time link.
/// </summary>
sealed class AuditSealer(
    Database database, AuditHeads heads, IOptions<ServerOptions> server, TimeProvider time, ILogger<AuditSealer> logger)
    : BackgroundService
{
    const int MostAtOnce = 500;

    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan BetweenHeads = TimeSpan.FromSeconds(10);

    AuditAnchor? _written;
    AuditAnchor? _seen;
    long? _writtenAt; // By the clock that nobody sets back.
    bool _isInterrupted;
    int _headFailures;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        _written = ReadLastHead();
        using var timer = new PeriodicTimer(Patience, time);
        do
        {
            await TrySealAsync(stoppingToken);
            if (_writtenAt is not { } last || time.GetElapsedTime(last) >= BetweenHeads)
                WriteHead();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>What the last requests did is sealed, too, if PostgreSQL is still there.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!server.Value.Migrate || _isInterrupted)
            return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await TrySealAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The next start seals it.
        }

        WriteHead();
    }

    async Task TrySealAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await SealAsync(cancellationToken) == MostAtOnce)
            {
            }

            _isInterrupted = false;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!_isInterrupted)
                logger.AuditNotSealed(PgErrors.ForLog(exception));
            _isInterrupted = true;
        }
    }

    async Task<int> SealAsync(CancellationToken cancellationToken)
    {
        var (sealedNow, anchor) = await database.QuerySingleAsync(
            Caller.Service, $"select sealed, chain, entry_count, encode(head, 'hex') from audit.seal({MostAtOnce})",
            row => (row.GetInt32(0), new AuditAnchor(time.GetUtcNow(), row.GetGuid(1), new AuditHead(row.GetInt64(2), row.GetString(3)))),
            cancellationToken);
        Compare(anchor);
        _seen = anchor;
        return sealedNow;
    }

    // An audit log only grows. What this server has seen of it must still be there.
    void Compare(AuditAnchor now)
    {
        var known = _seen ?? _written;
        if (known is null || (known.Chain == now.Chain && (known.Head.Count < now.Head.Count || known.Head == now.Head)))
            return;
        logger.AuditLogCut(known.Head.ToString(), now.Head.ToString());
    }

    void WriteHead()
    {
        if (heads.Path is null || _seen is null || (_written?.Head == _seen.Head && _written.Chain == _seen.Chain))
            return;
        try
        {
            heads.Append(_seen);
            _written = _seen;
            _writtenAt = time.GetTimestamp();
            _headFailures = 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (++_headFailures == 3) // Another server may have the file at this moment.
                logger.AuditHeadNotWritten(heads.Path, exception.Message);
        }
    }

    AuditAnchor? ReadLastHead()
    {
        try
        {
            return heads.ReadLast();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.AuditHeadNotWritten(heads.Path!, exception.Message);
            return null;
        }
    }
}
