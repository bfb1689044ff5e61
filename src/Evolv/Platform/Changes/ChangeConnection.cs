using System.Collections.Immutable;
using System.Text;
using Evolv.Platform.Data;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;
using NpgsqlTypes;

namespace Evolv.Platform.Changes;

/// <summary>What the change stream has read, for an operator.</summary>
sealed class ChangeMeters
{
    internal long Transactions { get; set; }

    internal long Changes { get; set; }

    /// <summary>Up to where the log was read and handed over.</summary>
    internal ulong Lsn { get; set; }

    /// <summary>How long after its commit the latest transaction was read; zero when there is nothing to read.</summary>
    internal TimeSpan Lag { get; set; }
}

/// <summary>One replication connection at a time: reads the log from the slot, hands changes over and confirms them.</summary>
sealed class ChangeConnection
{
    // Values come as text, so their form must not depend on the database, the role or the operator.
    const string TextForm =
        "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1 " +
        "-c lc_monetary=C -c wal_sender_timeout=10s";

    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(60);

    readonly Database _database;
    readonly ReplicationSlot _slot;
    readonly ChangeConsumers _consumers;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly string _connectionString;
    readonly ChangeDecoder _decoder;
    readonly TransactionParts _parts;
    readonly Queue<ImmutableArray<Change>> _ready = new();
    readonly CommitGate _gate;
    ulong _handedOver; // The end of the latest transaction.

    internal ChangeConnection(
        ConnectionStrings connections, Database database, ReplicationSlot slot, ChangeConsumers consumers, CommitGate gate, TimeProvider time, ILogger logger)
    {
        (_database, _slot, _consumers, _gate, _time, _logger) = (database, slot, consumers, gate, time, logger);
        _connectionString = new NpgsqlConnectionStringBuilder(connections.Owner.ConnectionString)
        {
            ApplicationName = "evolv-changes",
            Options = $"{connections.Owner.Options} {TextForm}".TrimStart(),
            Timeout = 10,
        }.ConnectionString;
        _decoder = new ChangeDecoder(database);
        _parts = new TransactionParts(changes =>
        {
            Meters.Changes += changes.Length;
            _ready.Enqueue(changes);
        });
    }

    internal ChangeMeters Meters { get; } = new();

    /// <summary>The slot is another one.</summary>
    internal void Restart()
    {
        _parts.Restart();
        _handedOver = 0;
        Meters.Lsn = 0;
    }

    /// <summary>Streams until the connection is lost, which throws, or until other publications exist.</summary>
    /// <param name="begun">Called when PostgreSQL has begun to send.</param>
    internal async Task StreamAsync(
        ImmutableArray<string> publications, Action<IReadOnlyList<string>> begun, CancellationToken cancellationToken)
    {
        await using var connection = new LogicalReplicationConnection(_connectionString)
        {
            // Both sides speak at least this often, so a dead network is noticed in some ten seconds.
            WalReceiverStatusInterval = TimeSpan.FromSeconds(1),
            WalReceiverTimeout = TimeSpan.FromSeconds(8),
        };
        await connection.Open(cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(connection, publications, begun, ending.Token);
        var tending = TendAsync(connection, publications, begun, ending.Token);

        var first = await Task.WhenAny(reading, tending);
        await ending.CancelAsync();
        await Task.WhenAll(reading, tending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _parts.Interrupt();
        await first;
    }

    async Task ReadAsync(
        LogicalReplicationConnection connection, ImmutableArray<string> publications, Action<IReadOnlyList<string>> begun, CancellationToken cancellationToken)
    {
        _decoder.Reconnect();
        var options = new PgOutputReplicationOptions(publications, PgOutputProtocolVersion.V1, binary: false, messages: true);
        var (transaction, lsn, committedAt) = (0U, 0UL, default(DateTimeOffset));
        await foreach (var message in connection.StartReplication(new PgOutputReplicationSlot(_slot.Name), options, cancellationToken))
        {
            switch (message)
            {
                case BeginMessage begin:
                    Resume(publications, begun);
                    // Only committed transactions are sent, so the end is known at the begin.
                    transaction = begin.TransactionXid;
                    lsn = (ulong)begin.TransactionFinalLsn;
                    committedAt = new DateTimeOffset(begin.TransactionCommitTimestamp, TimeSpan.Zero);
                    _parts.Begin(lsn);
                    break;
                case CommitMessage commit:
                    if (_parts.Commit())
                        Meters.Transactions++;
                    await HandOverAsync();
                    Volatile.Write(ref _handedOver, Math.Max(_handedOver, (ulong)commit.TransactionEndLsn));
                    Meters.Lsn = Math.Max(Meters.Lsn, _handedOver);
                    var lag = _time.GetUtcNow() - committedAt;
                    Meters.Lag = lag > TimeSpan.Zero ? lag : TimeSpan.Zero; // Two clocks.
                    break;
                case RelationMessage relation:
                    await _decoder.LearnAsync(relation, cancellationToken);
                    break;
                case InsertMessage or UpdateMessage or DeleteMessage when _parts.Wants():
                    if (await _decoder.DecodeAsync(message, committedAt, lsn, cancellationToken) is { } change)
                        _parts.Add(change);
                    await HandOverAsync();
                    break;
                case LogicalDecodingMessage said when said.Prefix.StartsWith(ChangeEvent.MessagePrefix, StringComparison.Ordinal):
                    await HandOverMessageAsync(said);
                    break;
                    // TRUNCATE is not told, as upstream.
            }
        }

        async ValueTask HandOverAsync()
        {
            while (_ready.TryDequeue(out var part))
                await _gate.AddAsync(transaction, new ChangeEvent.Committed(part), cancellationToken);
        }

        async ValueTask HandOverMessageAsync(LogicalDecodingMessage said)
        {
            using var reader = new StreamReader(said.Data, Encoding.UTF8);
            var text = await reader.ReadToEndAsync(cancellationToken);
            var isOfTransaction = (said.Flags & 1) != 0;
            await _gate.AddAsync(
                isOfTransaction ? transaction : null,
                new ChangeEvent.Message(said.Prefix, text, isOfTransaction ? lsn : (ulong)said.MessageLsn),
                cancellationToken);
        }
    }

    /// <summary>Confirms what was done, and looks now and then whether all is as it was.</summary>
    async Task TendAsync(
        LogicalReplicationConnection connection, ImmutableArray<string> publications, Action<IReadOnlyList<string>> begun, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var (looked, swept, confirmed) = (_time.GetTimestamp(), _time.GetTimestamp(), 0UL);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            // Zero until PostgreSQL has said anything.
            if (connection.LastReceivedLsn != default)
                Resume(publications, begun);
            if (Done(connection) is var done && done > confirmed)
            {
                confirmed = done;
                connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(done));
                await connection.SendStatusUpdate(cancellationToken);
            }

            try
            {
                if (_time.GetElapsedTime(looked) > LookInterval)
                {
                    looked = _time.GetTimestamp();
                    if (!(await FindPublicationsAsync(cancellationToken)).SequenceEqual(publications))
                        return;
                }

                if (_time.GetElapsedTime(swept) > SweepInterval)
                {
                    swept = _time.GetTimestamp();
                    foreach (var slot in await _slot.SweepAsync(cancellationToken))
                        _logger.SlotSwept(slot);
                }
            }
            catch (NpgsqlException)
            {
                // Looked at again later; whether PostgreSQL is there shows in the stream itself.
            }
        }
    }

    void Resume(ImmutableArray<string> publications, Action<IReadOnlyList<string>> begun)
    {
        if (!_consumers.IsStreaming && _consumers.Resume())
            begun(publications);
    }

    /// <summary>
    /// Up to where PostgreSQL may forget the log. What is in the queues of the consumers counts as done: a slow one never
    /// holds it. Between transactions everything that came is done, also the news that nobody needs, which come without any
    /// transaction.
    /// </summary>
    ulong Done(LogicalReplicationConnection connection)
    {
        // In this order: a transaction that ends in between was handed over, and one that begins ends later in the log.
        var received = (ulong)connection.LastReceivedLsn;
        var handedOver = Volatile.Read(ref _handedOver);
        if (_parts.IsOpen)
            return handedOver;
        if (received > handedOver)
            Meters.Lag = TimeSpan.Zero;
        var done = Math.Max(received, handedOver);
        Meters.Lsn = Math.Max(Meters.Lsn, done);
        return done;
    }

    Task<string[]> FindPublicationsAsync(CancellationToken cancellationToken)
        => _database.ReadCatalogAsync(async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(
                "select array(select pubname::text from pg_catalog.pg_publication where pubname = any ($1) order by pubname)", connection)
            {
                Parameters = { new() { Value = ChangeStream.Publications.ToArray() } },
            };
            return (string[])(await command.ExecuteScalarAsync(token))!;
        }, cancellationToken);
}
