using System.Collections.Immutable;
using System.Security.Cryptography;
using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Platform.Changes;

/// <summary>What PostgreSQL says before changes can be read.</summary>
/// <param name="WalLevel">Its setting <c>wal_level</c>.</param>
/// <param name="Publications">The wanted publications that exist.</param>
/// <param name="Exists">Whether the slot is there.</param>
/// <param name="IsLost">Whether it is there and of no use, because the log it needs was removed.</param>
sealed record SlotState(string WalLevel, ImmutableArray<string> Publications, bool Exists, bool IsLost);

/// <summary>
/// The logical replication slot of this server: PostgreSQL keeps the log from where it was read to. It outlives connections,
/// so a lost one loses nothing, and a killed server, so others remove what was left behind.
/// </summary>
sealed class ReplicationSlot(ConnectionStrings connections)
{
    internal const string Prefix = "evolv_changes_";

    readonly HashSet<string> _seenInactive = [];

    /// <summary>New at every start: two servers never read one slot.</summary>
    internal string Name { get; } = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Looks at it, and ends a reader that PostgreSQL has not yet noticed to be gone: only this server reads it.</summary>
    internal async Task<SlotState> InspectAsync(IReadOnlyList<string> publications, CancellationToken cancellationToken)
    {
        await using var connection = await Migrator.OpenOwnerAsync(connections, cancellationToken);
        // wal_status also says lost for other reasons to invalidate a slot, in all versions.
        await using var command = new NpgsqlCommand(
            """
            select
                current_setting('wal_level'),
                array(select pubname::text from pg_publication where pubname = any ($2) order by pubname),
                slot.slot_name is not null,
                coalesce(slot.wal_status = 'lost', false),
                case when slot.active then pg_terminate_backend(slot.active_pid, 2000) end
            from (select) as always
            left join pg_replication_slots slot on slot.slot_name = $1
            """, connection)
        {
            Parameters = { Of(Name), new() { Value = publications.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SlotState(
            reader.GetString(0), [.. reader.GetFieldValue<string[]>(1)], reader.GetBoolean(2), reader.GetBoolean(3));
    }

    /// <summary>Makes it; changes that are committed from then on are kept. PostgreSQL first waits for every open transaction that writes.</summary>
    internal async Task CreateAsync(CancellationToken cancellationToken)
        => await ExecuteAsync("select pg_create_logical_replication_slot($1, 'pgoutput')", Name, cancellationToken);

    /// <summary>Drops it if it is there, whether somebody reads it or not.</summary>
    internal async Task DropAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("select pg_terminate_backend(active_pid, 2000) from pg_replication_slots where slot_name = $1 and active", Name, cancellationToken);
        await DropInactiveAsync(Name, cancellationToken);
    }

    /// <summary>
    /// Drops slots of servers that are gone: those which nobody reads at two looks in a row. A server that was only cut off
    /// finds its slot missing and begins anew.
    /// </summary>
    /// <returns>Their names.</returns>
    internal async Task<IReadOnlyList<string>> SweepAsync(CancellationToken cancellationToken)
    {
        var inactive = await FindInactiveAsync(cancellationToken);
        var left = inactive.Where(_seenInactive.Contains).ToArray();
        _seenInactive.Clear();
        _seenInactive.UnionWith(inactive);
        foreach (var name in left)
            await DropInactiveAsync(name, cancellationToken);
        return left;
    }

    async Task<string[]> FindInactiveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await Migrator.OpenOwnerAsync(connections, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select array(
                select slot_name::text
                from pg_replication_slots
                where database = current_database() and starts_with(slot_name, $2) and slot_name <> $1 and not active
            )
            """, connection)
        {
            Parameters = { Of(Name), new() { Value = Prefix } },
        };
        return (string[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    Task DropInactiveAsync(string name, CancellationToken cancellationToken)
        => ExecuteAsync("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active", name, cancellationToken);

    async Task ExecuteAsync(string sql, string name, CancellationToken cancellationToken)
    {
        await using var connection = await Migrator.OpenOwnerAsync(connections, cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { Of(name) }, CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlParameter Of(string name) => new() { Value = name, NpgsqlDbType = NpgsqlDbType.Name };
}
