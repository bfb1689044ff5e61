using System.Collections.Immutable;
using Evolv.Platform.Data;
using Evolv.Rest.Schema;
using Npgsql;

namespace Evolv.Rest.Response;

/// <summary>A function as the document shows it. Unlike those of the snapshot, its types are named as the caller may name them.</summary>
/// <param name="Parameters">Only name, type, and whether it is required or variadic.</param>
sealed record OpenApiRoutine(string Name, string? Description, Volatility Volatility, ImmutableArray<RoutineParameter> Parameters);

/// <summary>What the OpenAPI document of a schema tells one caller.</summary>
/// <param name="Comment">Of the schema: the first line is the title.</param>
sealed record OpenApiContents(ImmutableArray<Table> Tables, ImmutableArray<OpenApiRoutine> Routines, string? Comment)
{
    const string CommentSql =
        """
        select pg_catalog.obj_description(n.oid, 'pg_namespace')
        from pg_catalog.pg_namespace n
        where n.nspname = $1
        """;

    static readonly string TablesSql = MigrationFile.In("src/Rest/Response/accessible_tables.sql").Single().Text;

    static readonly string RoutinesSql = MigrationFile.In("src/Rest/Response/accessible_routines.sql").Single().Text;

    /// <summary>To be run as the caller, with the search path of a request; <see cref="ReadAsync"/> takes the results in this order.</summary>
    internal static ImmutableArray<NpgsqlBatchCommand> Queries(OpenApiMode mode, string schema)
    {
        ReadOnlySpan<string> queries = mode is OpenApiMode.IgnorePrivileges ? [CommentSql] : [CommentSql, TablesSql, RoutinesSql];
        var commands = ImmutableArray.CreateBuilder<NpgsqlBatchCommand>();
        foreach (var sql in queries)
            commands.Add(new(sql) { Parameters = { new() { Value = schema } } });
        return commands.DrainToImmutable();
    }

    /// <param name="reader">At the first result of <see cref="Queries"/>; at the last one afterwards.</param>
    internal static async Task<OpenApiContents> ReadAsync(
        NpgsqlDataReader reader, OpenApiMode mode, SchemaCache cache, string schema, CancellationToken cancellationToken)
    {
        var comment = await reader.ReadAsync(cancellationToken) && !reader.IsDBNull(0) ? reader.GetString(0) : null;
        if (mode is OpenApiMode.IgnorePrivileges)
            return All(cache, schema) with { Comment = comment };

        var tables = ImmutableArray.CreateBuilder<Table>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // A table made since the snapshot was taken is missing until the next one.
            if (cache.Tables.TryGetValue(new(schema, reader.GetString(0)), out var table))
                tables.Add(table);
        }

        var routines = ImmutableArray.CreateBuilder<OpenApiRoutine>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            routines.Add(ReadRoutine(reader));
        return new(tables.DrainToImmutable(), routines.DrainToImmutable(), comment);
    }

    /// <summary>Everything of the schema, whoever may use it.</summary>
    internal static OpenApiContents All(SchemaCache cache, string schema) => new(
        [.. cache.Tables.Values
            .Where(table => table.Name.Schema == schema)
            .OrderBy(table => table.Name.Name, StringComparer.Ordinal)],
        [.. cache.Routines.Values.SelectMany(overloads => overloads)
            .Where(routine => routine.Name.Schema == schema)
            .OrderBy(routine => routine.Name.Name, StringComparer.Ordinal)
            .ThenBy(routine => routine.Parameters.Length)
            .Select(routine => new OpenApiRoutine(routine.Name.Name, routine.Description, routine.Volatility, routine.Parameters))],
        Comment: null);

    static OpenApiRoutine ReadRoutine(NpgsqlDataReader row)
    {
        var name = row.GetString(0);
        var description = row.IsDBNull(1) ? null : row.GetString(1);
        var volatility = row.GetString(2) switch
        {
            "i" => Volatility.Immutable,
            "s" => Volatility.Stable,
            _ => Volatility.Volatile,
        };
        var names = row.GetFieldValue<string[]>(3);
        var types = row.GetFieldValue<string[]>(4);
        var required = row.GetInt32(5);
        var hasVariadic = row.GetBoolean(6);
        return new(
            name,
            description,
            volatility,
            [.. names.Select((parameter, index) => new RoutineParameter(
                parameter, types[index], types[index], index < required, hasVariadic && index == names.Length - 1))]);
    }
}
