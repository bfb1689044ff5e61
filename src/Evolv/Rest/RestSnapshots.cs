using Evolv.Platform.Data;
using Evolv.Rest.Schema;
using Microsoft.Extensions.Options;

namespace Evolv.Rest;

/// <summary>What of a snapshot has to be read again.</summary>
[Flags]
enum Stale
{
    Nothing = 0,
    Config = 1,
    Schema = 2,
}

/// <summary>
/// Holds the snapshot with which requests are served. A new one takes the place of the old one when it is complete; requests
/// keep the one they started with.
/// </summary>
sealed class RestSnapshots(Database database, IOptions<RestOptions> options, TimeProvider time, ILogger<RestSnapshots> logger) : IDisposable
{
    readonly SemaphoreSlim _loading = new(1);
    // Until the database was read, by the options alone.
    volatile RestSnapshot _current = new(RestConfigReader.Read(options.Value, StoredSettings.None, logger), null);

    internal RestSnapshot Current => _current;

    /// <summary>Reads settings and schema as they are now.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database does not answer; the snapshot stays as it is.</exception>
    internal Task LoadAsync(CancellationToken cancellationToken) => LoadAsync(Stale.Config | Stale.Schema, cancellationToken);

    /// <summary>Reads what is stale. The settings are always among it: they say what of the schema is read.</summary>
    internal async Task LoadAsync(Stale stale, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            _current = await database.ReadCatalogAsync(
                async (connection, token) =>
                {
                    var stored = options.Value.DbConfig ? await StoredSettings.ReadAsync(connection, token) : StoredSettings.None;
                    var config = RestConfigReader.Read(options.Value, stored, logger);
                    var (oldConfig, oldSchema) = _current;
                    if (!stale.HasFlag(Stale.Schema) && oldSchema is not null && ReadsTheSame(config, oldConfig))
                        return new RestSnapshot(config, oldSchema);

                    var started = time.GetTimestamp();
                    var schema = await SchemaLoader.LoadAsync(connection, config, oldSchema, token);
                    var elapsed = time.GetElapsedTime(started);
                    logger.SchemaLoaded(elapsed, schema.Tables.Count, schema.Routines.Count);
                    return new RestSnapshot(config, schema);
                },
                cancellationToken);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    static bool ReadsTheSame(RestConfig one, RestConfig other)
        => one.Schemas.SequenceEqual(other.Schemas)
            && one.ExtraSearchPath.SequenceEqual(other.ExtraSearchPath)
            && one.HoistedSettings.SequenceEqual(other.HoistedSettings);
}
