using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Observability;

/// <summary>How much log PostgreSQL keeps for the replication slot of this server, and how much it would keep at most.</summary>
sealed class SlotSize(Database database, ChangeStream stream, IOptions<ServerOptions> server, TimeProvider time, ILogger<SlotSize> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    internal double Retained { get; private set; }

    /// <summary>Endless without a limit.</summary>
    internal double Limit { get; private set; } = double.PositiveInfinity;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => server.Value.Migrate ? Resting.LoopAsync(Interval, ReadAsync, time, logger, stoppingToken) : Task.CompletedTask;

    Task ReadAsync(CancellationToken cancellationToken) => database.ReadCatalogAsync(async (connection, token) =>
    {
        // A slot that is not there keeps nothing, and neither does a server that only follows another one.
        await using var command = new NpgsqlCommand(
            """
            select
                coalesce((
                    select case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::float8 end
                    from pg_catalog.pg_replication_slots s
                    where s.slot_name = $1), 0),
                (select s.setting::float8 * 1024 * 1024 from pg_catalog.pg_settings s where s.name = 'max_slot_wal_keep_size')
            """, connection)
        {
            Parameters = { new() { Value = stream.SlotName } },
        };
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        Retained = reader.GetDouble(0);
        Limit = reader.GetDouble(1) is var limit and >= 0 ? limit : double.PositiveInfinity;
        return true;
    }, cancellationToken);
}
