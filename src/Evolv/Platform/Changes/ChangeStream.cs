using System.Collections.Immutable;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Changes;

/// <summary>
/// All committed changes of the published tables, decoded once for this server, for any number of consumers. It never gives
/// up: after a lost connection it goes on where it was, and only after a lost slot it begins anew and says so.
/// </summary>
sealed class ChangeStream : BackgroundService
{
    /// <summary>Whose tables are read. One that does not exist is left out until it does.</summary>
    internal static readonly ImmutableArray<string> Publications = ["supabase_realtime", "supabase_realtime_messages_publication"];

    // Failures in a row at one place in the log, after which the slot is given up: some errors come again with every try.
    const int MostFailuresAtOnePlace = 3;

    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    static readonly TimeSpan PauseWithoutPublication = TimeSpan.FromSeconds(1);
    static readonly TimeSpan PauseUntilSetUp = TimeSpan.FromSeconds(10);
    static readonly TimeSpan PatienceAtStop = TimeSpan.FromSeconds(3);

    readonly ReplicationSlot _slot;
    readonly ChangeConnection _connection;
    readonly ChangeConsumers _consumers;
    readonly CommitGate _gate;
    readonly IOptions<ServerOptions> _options;
    readonly TimeProvider _time;
    readonly ILogger<ChangeStream> _logger;
    TimeSpan _pause = FirstPause;
    string? _complaint; // The last one in the log, so that it is not said with every try.
    bool _counts; // Whether consumers count on the slot: without it they miss something.
    (ulong Lsn, int Failures) _stuck;

    public ChangeStream(
        ConnectionStrings connections, Database database, IOptions<ServerOptions> options, TimeProvider time, ILogger<ChangeStream> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _consumers = new ChangeConsumers(logger);
        _slot = new ReplicationSlot(connections);
        _gate = new CommitGate(database, _consumers.Say, time);
        _connection = new ChangeConnection(connections, database, _slot, _consumers, _gate, time, logger);
    }

    /// <summary>Whether changes come now; without it nobody can be told of any.</summary>
    internal bool IsStreaming => _consumers.IsStreaming;

    /// <summary>What was read so far.</summary>
    internal ChangeMeters Meters => _connection.Meters;

    /// <summary>The slot of this server in <c>pg_replication_slots</c>.</summary>
    internal string SlotName => _slot.Name;

    /// <summary>
    /// A queue of its own for one consumer. Who reads too slowly loses what does not fit and is told so by a
    /// <see cref="ChangeEvent.Gap"/>; nobody else notices. Dispose it to end.
    /// </summary>
    /// <param name="name">For the log.</param>
    /// <param name="capacity">Changes that may wait.</param>
    internal ChangeReader Open(string name, int capacity = 10_000) => _consumers.Open(name, capacity, messages: false);

    /// <summary>The same for one who reads what is said in the log instead of changes.</summary>
    /// <inheritdoc cref="Open"/>
    internal ChangeReader OpenMessages(string name, int capacity = 10_000) => _consumers.Open(name, capacity, messages: true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.Value.Migrate)
            return; // Somebody else's database: it gets no slot of ours.
        try
        {
            await Task.WhenAll(_gate.RunAsync(stoppingToken), StreamAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _consumers.Complete();
            await DropSlotAsync();
        }
    }

    async Task StreamAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = await TryAsync(stoppingToken);
            await Task.Delay(pause, _time, stoppingToken);
        }
    }

    /// <summary>Streams for as long as it works.</summary>
    /// <returns>How long to wait before the next try.</returns>
    async Task<TimeSpan> TryAsync(CancellationToken stoppingToken)
    {
        try
        {
            var publications = await PrepareAsync(stoppingToken);
            if (publications.IsEmpty)
                return PauseWithoutPublication;
            try
            {
                await _connection.StreamAsync(publications, Streams, stoppingToken);
                return TimeSpan.Zero; // Other publications exist now.
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested && IsOfTheLog(exception))
            {
                var lsn = _connection.Meters.Lsn;
                _stuck = (lsn, _stuck.Lsn == lsn ? _stuck.Failures + 1 : 1);
                throw;
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(stoppingToken); // However a connection took it.
        }
        catch (Exception exception)
        {
            return Failed(exception);
        }
        finally
        {
            _consumers.Pause();
        }
    }

    /// <summary>Sees to it that there is a slot to read from.</summary>
    /// <returns>The publications to read; none while nothing is published, and then there is no slot either.</returns>
    async Task<ImmutableArray<string>> PrepareAsync(CancellationToken cancellationToken)
    {
        var seen = await _slot.InspectAsync(Publications, cancellationToken);
        if (seen.WalLevel != "logical")
            throw new SetupException($"wal_level is {seen.WalLevel}; run: alter system set wal_level = logical; and restart PostgreSQL");

        var isStuck = _stuck.Failures >= MostFailuresAtOnePlace;
        var isUseless = seen.IsLost || isStuck || seen.Publications.IsEmpty;
        if (seen.Exists && !isUseless)
            return seen.Publications;
        if (seen.Exists)
            await _slot.DropAsync(cancellationToken);
        _stuck = default;
        if (_counts)
        {
            var reason = seen.Publications.IsEmpty ? "nothing is published any more"
                : seen.IsLost ? "PostgreSQL removed log that was not read yet (max_slot_wal_keep_size)"
                : isStuck ? "the log could not be read on"
                : "the replication slot is gone";
            _logger.ChangesMissed(reason);
            _consumers.Say(new ChangeEvent.Gap(reason));
            _counts = false;
        }

        if (seen.Publications.IsEmpty)
            return [];
        _connection.Restart();
        await _slot.CreateAsync(cancellationToken);
        _counts = true;
        return seen.Publications;
    }

    void Streams(IReadOnlyList<string> publications)
    {
        (_pause, _complaint) = (FirstPause, null);
        var names = string.Join(", ", publications);
        _logger.ChangesStream(_slot.Name, names);
    }

    // Not that PostgreSQL is away, nor that the reader of before is still there.
    static bool IsOfTheLog(Exception exception)
        => !PgErrors.IsUnavailable(exception) && exception is not PostgresException { SqlState: PostgresErrorCodes.ObjectInUse };

    TimeSpan Failed(Exception exception)
    {
        var hint = exception switch
        {
            SetupException => exception.Message,
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
                $"{denied.MessageText}; run as a superuser: alter role … replication, for the login of Database:ConnectionString",
            PostgresException { SqlState: PostgresErrorCodes.ConfigurationLimitExceeded } full =>
                $"{full.MessageText}; raise max_replication_slots and restart PostgreSQL, or drop slots that nobody uses",
            _ => null,
        };
        var complaint = hint ?? exception.Message;
        var isNews = complaint != _complaint;
        _complaint = complaint;
        if (hint is not null)
        {
            if (isNews)
                _logger.ChangesNotSetUp(hint);
            return PauseUntilSetUp;
        }

        if (isNews)
        {
            var cause = PgErrors.ForLog(exception);
            _logger.ChangesInterrupted(cause);
        }

        var pause = _pause;
        _pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        return pause;
    }

    async Task DropSlotAsync()
    {
        using var patience = new CancellationTokenSource(PatienceAtStop, _time);
        try
        {
            await _slot.DropAsync(patience.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            var cause = PgErrors.ForLog(exception);
            _logger.SlotNotDropped(_slot.Name, cause);
        }
    }
}
