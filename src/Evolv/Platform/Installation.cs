using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform;

/// <summary>
/// The PostgreSQL of this installation, embedded or not: locked, started and, unless it is somebody else's, migrated. The connection strings are known
/// before the server runs, so that services can be built first and started afterwards.
/// </summary>
sealed class Installation : IAsyncDisposable
{
    readonly DataFolder? _folder;
    readonly EmbeddedPostgres? _postgres;
    readonly IEnumerable<StartupStep> _steps;
    readonly ILoggerFactory _loggers;
    readonly bool _migrate;

    public Installation(
        IOptions<ServerOptions> server, IOptions<DatabaseOptions> database, IEnumerable<StartupStep> steps, ILoggerFactory loggers)
    {
        (_steps, _loggers, _migrate) = (steps, loggers, server.Value.Migrate);
        NpgsqlConnectionStringBuilder owner;
        if (string.IsNullOrEmpty(database.Value.ConnectionString))
        {
            if (!_migrate)
                throw new SetupException(
                    "--no-migrate serves a database that exists already; name it in Database:ConnectionString or EVOLV__DATABASE__CONNECTIONSTRING.");
            _folder = DataFolder.Lock(FolderOf(server.Value));
            _postgres = new EmbeddedPostgres(_folder, loggers.CreateLogger<EmbeddedPostgres>());
            _postgres.Prepare();
            owner = _postgres.Owner;
        }
        else
        {
            owner = ConnectionStrings.Parse(database.Value.ConnectionString, "Database:ConnectionString");
        }

        ConnectionStrings = ConnectionStrings.From(database.Value, owner, _migrate);
    }

    internal ConnectionStrings ConnectionStrings { get; }

    /// <summary>True once the database answers, has the schema that it should, and every family has what it needs of it.</summary>
    internal bool IsReady { get; private set; }

    internal static string FolderOf(ServerOptions options)
        => Path.GetFullPath(options.Data, SettingsExtensions.HomeFolder);

    /// <summary>The disk on which the data folder is, or will be; null where the system does not tell.</summary>
    internal static DriveInfo? DiskOf(ServerOptions options)
    {
        var folder = FolderOf(options);
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        try
        {
            return new DriveInfo(folder) is { IsReady: true } disk ? disk : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Starts PostgreSQL if it is ours, migrates, and runs the steps of the families.</summary>
    /// <returns>The names of the files that were applied.</returns>
    internal async Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken)
    {
        if (_postgres is not null)
            await _postgres.StartAsync(cancellationToken);
        try
        {
            var applied = _migrate ? await MigrateAsync(cancellationToken) : [];
            await using var owner = await Migrator.OpenOwnerAsync(ConnectionStrings, cancellationToken);
            foreach (var step in _steps.Where(step => _migrate || !step.NeedsOurSchema))
                await step.RunAsync(owner, cancellationToken);
            IsReady = true;
            return applied;
        }
        catch (NpgsqlException exception)
        {
            var owner = ConnectionStrings.Owner;
            throw new SetupException(
                $"PostgreSQL at {owner.Host}:{owner.Port} refuses {owner.Username}@{owner.Database} ({exception.Message.ReplaceLineEndings(" ")}); check Database:ConnectionString.");
        }
    }

    Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
        => new Migrator(ConnectionStrings, _loggers.CreateLogger<Migrator>())
            .MigrateAsync(Migrator.Files, Migrator.ReferenceData, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _folder?.Dispose();
    }
}
