using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Changes;

/// <summary>
/// Holds committed changes back until everybody sees them. PostgreSQL's log tells of a commit a moment before the snapshots of
/// other sessions do, so who asked about a row at once would not find it. One question for all that has piled up.
/// </summary>
sealed class CommitGate(Database database, Action<ChangeEvent> handOver, TimeProvider time)
{
    const int MostWaiting = 256;

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    readonly Channel<(uint? Transaction, ChangeEvent Happened)> _waiting =
        Channel.CreateBounded<(uint?, ChangeEvent)>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    /// <summary>Waits while too many wait already.</summary>
    /// <param name="transaction">Its number in the log; null for what is of no transaction and waits for those before it alone.</param>
    /// <param name="happened">All or a part of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal ValueTask AddAsync(uint? transaction, ChangeEvent happened, CancellationToken cancellationToken)
        => _waiting.Writer.WriteAsync((transaction, happened), cancellationToken);

    /// <summary>Hands over in the order of adding, until it is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            if (await LookAsync(cancellationToken) is not { } snapshot)
            {
                await Task.Delay(Pause, time, cancellationToken);
                continue;
            }

            while (_waiting.Reader.TryPeek(out var next)
                && (next.Transaction is not { } transaction || snapshot.Sees(transaction))
                && _waiting.Reader.TryRead(out next))
            {
                handOver(next.Happened);
            }

            if (_waiting.Reader.TryPeek(out _))
                await Task.Delay(Moment, time, cancellationToken);
        }
    }

    /// <summary>Null while the database does not answer.</summary>
    async Task<Snapshot?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Snapshot.Parse(await database.ReadCatalogAsync(static async (connection, token) =>
            {
                await using var command = new NpgsqlCommand("select pg_current_snapshot()::text", connection);
                return (string)(await command.ExecuteScalarAsync(token))!;
            }, cancellationToken));
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>What a statement sees that begins now.</summary>
    /// <param name="End">The first number that no transaction had yet.</param>
    /// <param name="Running">Transactions before it that are not done.</param>
    internal sealed record Snapshot(uint End, ImmutableArray<uint> Running)
    {
        /// <summary>Numbers are 32 bits wide in the log and go round, so they are compared as PostgreSQL does.</summary>
        internal bool Sees(uint transaction) => (int)(transaction - End) < 0 && !Running.Contains(transaction);

        /// <summary>Reads <c>xmin:xmax:xip,xip</c>, 64 bits each.</summary>
        internal static Snapshot Parse(string text)
        {
            var parts = text.Split(':');
            return new Snapshot(Number(parts[1]), [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)]);
        }

        static uint Number(string text) => (uint)ulong.Parse(text, CultureInfo.InvariantCulture);
    }
}
