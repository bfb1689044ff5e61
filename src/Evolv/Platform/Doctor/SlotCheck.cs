using Evolv.Platform.Changes;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Replication slots: one that nobody reads keeps the write-ahead log until the disk is full.</summary>
static class SlotCheck
{
    const long Megabyte = 1024 * 1024;
    const long MuchLog = 1024 * Megabyte;

    /// <summary>A slot as PostgreSQL tells of it.</summary>
    internal sealed record Slot(string Name, bool IsActive, string WalStatus, long Retained);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        await using var owner = await context.OpenOwnerAsync(cancellationToken);
        await using var settings = new NpgsqlCommand(
            "select current_setting('max_replication_slots')::int, current_setting('max_slot_wal_keep_size') <> '-1', pg_is_in_recovery()", owner);
        int most;
        bool isBounded;
        await using (var reader = await settings.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            (most, isBounded) = (reader.GetInt32(0), reader.GetBoolean(1));
            if (reader.GetBoolean(2))
                return [DoctorFinding.Skipped("a standby")];
        }

        await using var command = new NpgsqlCommand(
            """
            select slot_name::text, active, coalesce(wal_status, 'lost'), coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint
            from pg_replication_slots
            order by slot_name
            """, owner);
        var slots = new List<Slot>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                slots.Add(new Slot(reader.GetString(0), reader.GetBoolean(1), reader.GetString(2), reader.GetInt64(3)));
        }

        return [.. Judge(slots, most, isBounded)];
    }

    internal static IEnumerable<DoctorFinding> Judge(IReadOnlyList<Slot> slots, int most, bool isBounded)
    {
        var isWell = true;
        foreach (var slot in slots)
        {
            var drop = $"If nobody needs it: select pg_drop_replication_slot('{slot.Name}').";
            var finding = slot switch
            {
                { WalStatus: "lost" } => DoctorFinding.Red($"the slot {slot.Name} has lost its log", drop),
                { Retained: > MuchLog } => DoctorFinding.Red($"the slot {slot.Name} keeps {slot.Retained / Megabyte} MB of log", $"See why its reader does not keep up. {drop}"),
                { IsActive: false } when slot.Name.StartsWith(ReplicationSlot.Prefix, StringComparison.Ordinal)
                    => DoctorFinding.Yellow($"nobody reads the slot {slot.Name}: a server was killed", $"A running server drops it after two minutes. {drop}"),
                { IsActive: false } => DoctorFinding.Yellow($"nobody reads the slot {slot.Name}", drop),
                _ => null,
            };
            if (finding is null)
                continue;
            isWell = false;
            yield return finding;
        }

        if (slots.Count >= most)
        {
            isWell = false;
            yield return DoctorFinding.Yellow($"all {most} replication slots are taken", "Raise max_replication_slots, or another server cannot tell of changes.");
        }

        if (slots.Count > 0 && !isBounded)
        {
            isWell = false;
            yield return DoctorFinding.Yellow("max_slot_wal_keep_size is -1: a slot that nobody reads fills the disk", "alter system set max_slot_wal_keep_size = '10GB', and pg_reload_conf().");
        }

        if (isWell)
            yield return DoctorFinding.Green($"{slots.Count} of {most} slots, all read");
    }
}
