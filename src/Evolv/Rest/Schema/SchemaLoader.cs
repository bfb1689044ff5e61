using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Data;
using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Rest.Schema;

/// <summary>Reads the catalog of PostgreSQL 15 or newer into a <see cref="SchemaCache"/>, in one round trip.</summary>
static class SchemaLoader
{
    const int TimeoutSeconds = 120;

    // Names come out with their schema. Compiling such queries would take longer than they do, and what the login may
    // take for a request is too little for a large catalog.
    const string Preparation =
        "select set_config('search_path', '', true), set_config('jit', 'off', true), set_config('statement_timeout', '110s', true)";

    static readonly FrozenDictionary<string, string> Queries = MigrationFile.In("src/Rest/Schema/")
        .ToFrozenDictionary(file => Path.GetFileNameWithoutExtension(file.Name), file => file.Text, StringComparer.Ordinal);

    /// <summary>One state of the catalog, as the connection's own login sees it.</summary>
    internal static Task<SchemaCache> LoadAsync(NpgsqlConnection connection, RestConfig config, CancellationToken cancellationToken)
        => LoadAsync(connection, config, null, cancellationToken);

    /// <param name="previous">
    /// Lends its time zones, which change with the version of PostgreSQL alone: reading their files takes it a tenth of a second.
    /// </param>
    internal static async Task<SchemaCache> LoadAsync(
        NpgsqlConnection connection, RestConfig config, SchemaCache? previous, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            Timeout = TimeoutSeconds,
            BatchCommands =
            {
                new NpgsqlBatchCommand(Preparation),
                Query("tables", config.Schemas),
                Query("columns", config.Schemas),
                Query("relationships"),
                Query("view_keys", config.Schemas, config.ExtraSearchPath),
                Query("computed_relationships"),
                Query("routines", config.Schemas),
                Query("representations"),
                Query("media_handlers", config.Schemas),
            },
        };
        if (previous is null)
            batch.BatchCommands.Add(Query("timezones"));
        // In the order of the batch.
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var tables = await NextAsync(reader, TableRow.Read, cancellationToken);
        var columns = await NextAsync(reader, ColumnRow.Read, cancellationToken);
        var foreignKeys = await NextAsync(reader, ForeignKeyRow.Read, cancellationToken);
        var viewKeys = ViewKey.From(await NextAsync(reader, ViewKeyRow.Read, cancellationToken));
        var computed = await NextAsync(reader, ReadComputed, cancellationToken);
        var routines = await NextAsync(reader, row => RoutineReader.Read(row, config.HoistedSettings), cancellationToken);
        var representations = await NextAsync(reader, ReadRepresentation, cancellationToken);
        var mediaHandlers = await NextAsync(reader, MediaHandlers.Read, cancellationToken);
        var timezones = previous?.TimezoneNames
            ?? (await NextAsync(reader, row => row.GetString(0), cancellationToken)).ToFrozenSet(StringComparer.Ordinal);

        var withColumns = Join(tables, columns, viewKeys);
        var primaryKeys = withColumns.ToDictionary(table => table.Name, table => table.PrimaryKey);
        return new SchemaCache(
            withColumns.ToFrozenDictionary(table => table.Name),
            new RelationshipBuilder(primaryKeys, config.Schemas).Build(foreignKeys, viewKeys, computed),
            routines.GroupBy(routine => routine.Name).ToFrozenDictionary(group => group.Key, RoutineReader.Sort),
            representations.ToFrozenDictionary(cast => (cast.SourceType, cast.TargetType)),
            MediaHandlers.With(mediaHandlers),
            timezones);
    }

    static NpgsqlBatchCommand Query(string name, params ReadOnlySpan<ImmutableArray<string>> parameters)
    {
        var command = new NpgsqlBatchCommand(Queries[name]);
        foreach (var names in parameters)
            command.Parameters.Add(new() { Value = names.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return command;
    }

    static async Task<List<T>> NextAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    static List<Table> Join(List<TableRow> tables, List<ColumnRow> columns, IEnumerable<ViewKey> viewKeys)
    {
        var byTable = columns.ToLookup(row => row.Table, row => row.Column);
        // Of a column that a view shows twice one is enough; of two tables it shows both keys.
        var ofViews = viewKeys.Where(key => key.Kind == ViewKeyKind.PrimaryKey)
            .ToLookup(key => key.View, key => key.Columns.Select(names => names[0]));
        return
        [
            .. tables.Select(table => table.With(
                table.IsView ? [.. ofViews[table.Name].SelectMany(names => names)] : table.PrimaryKey, byTable[table.Name])),
        ];
    }

    static Relationship.Computed ReadComputed(NpgsqlDataReader row)
    {
        var (table, foreignTable) = (row.Name(2), row.Name(4));
        return new(row.Name(0), table, foreignTable, row.GetBoolean(6), table == foreignTable);
    }

    static DataRepresentation ReadRepresentation(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));
}
