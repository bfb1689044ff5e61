using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

[assembly: AssemblyFixture(typeof(EvolvCluster))]

namespace Evolv.Tests.Support;

/// <summary>
/// One embedded PostgreSQL for the whole run with a migrated template. A test that writes takes a database of its own,
/// cloned in some tens of milliseconds, so tests share nothing.
/// </summary>
public sealed class EvolvCluster : IAsyncLifetime
{
    const string Template = "evolv_template";

    readonly string _folder = Path.Combine(Path.GetTempPath(), $"evolv-tests-{Guid.NewGuid():N}");
    readonly SemaphoreSlim _creating = new(1);
    DataFolder? _data;
    EmbeddedPostgres? _postgres;
    Task<EvolvServer>? _shared;
    int _databases;

    public async ValueTask InitializeAsync()
    {
        _data = DataFolder.Lock(_folder);
        _postgres = new EmbeddedPostgres(_data, NullLogger<EmbeddedPostgres>.Instance);
        await _postgres.StartAsync(TestContext.Current.CancellationToken);
        // What survives a crash is tested with servers of their own; here only speed counts.
        await ExecuteAsync(
            "alter system set fsync = off", "alter system set synchronous_commit = off", "alter system set file_copy_method = clone",
            "select pg_reload_conf()");
        await ExecuteAsync($"create database {Template}");
        await MigrateAsync(Template);
        await ExecuteAsync($"alter database {Template} with allow_connections false");
    }

    /// <summary>A new database with our schema and reference data.</summary>
    internal Task<TestDatabase> CreateDatabaseAsync() => CreateAsync($"template {Template} strategy file_copy");

    /// <summary>A new database without anything in it.</summary>
    internal Task<TestDatabase> CreateEmptyDatabaseAsync() => CreateAsync("template template0");

    /// <summary>One server for tests that write nothing that another could see: bad input, refusals, shapes.</summary>
    internal Task<EvolvServer> SharedServerAsync()
    {
        lock (_creating)
            return _shared ??= EvolvServer.StartAsync(this);
    }

    public async ValueTask DisposeAsync()
    {
        if (_shared is not null)
            await (await _shared).DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _data?.Dispose();
        _creating.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    internal ConnectionStrings ConnectionStringsFor(string database)
    {
        var owner = _postgres!.Owner;
        owner.Database = database;
        return ConnectionStrings.From(new DatabaseOptions { MaxPoolSize = 40 }, owner);
    }

    async Task<TestDatabase> CreateAsync(string from)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        // PostgreSQL refuses to copy a template that is being copied.
        await _creating.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await ExecuteAsync($"create database {name} {from}");
        }
        finally
        {
            _creating.Release();
        }

        return new TestDatabase(ConnectionStringsFor(name), () => DropAsync(name));
    }

    // A server that still runs holds a replication slot, which keeps its database.
    async Task DropAsync(string name)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await ExecuteAsync(
                    $"alter database {name} with allow_connections false",
                    $"select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where database = '{name}' and active",
                    $"select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = '{name}'",
                    $"drop database {name} with (force)");
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
            {
                return; // Two servers shared it, and each drops it.
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ObjectInUse && tries < 10)
            {
                await Task.Delay(100);
            }
        }
    }

    async Task MigrateAsync(string database)
        => await new Migrator(ConnectionStringsFor(database), NullLogger<Migrator>.Instance)
            .MigrateAsync(Migrator.Files, Migrator.ReferenceData, TestContext.Current.CancellationToken);

    async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = await Migrator.OpenOwnerAsync(ConnectionStringsFor("postgres"), CancellationToken.None);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
