using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Realtime.Changes;

/// <summary>A column of a published table, as one role may see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type's internal name.</param>
/// <param name="SqlType">The type in SQL, with its schema.</param>
/// <param name="BaseType">The internal name below domains.</param>
/// <param name="ElementType">The internal name of an array's elements, below domains; empty for what is no array.</param>
/// <param name="KeyPosition">From 1 in the primary key; 0 outside of it.</param>
/// <param name="IsSelectable">Whether the role may select it.</param>
/// <param name="IsDeterministic">Whether its collation takes only equal texts for equal.</param>
/// <param name="IsEnum">Whether its values are an enumeration's words.</param>
/// <param name="IsJsonAsked">Whether only PostgreSQL can make JSON of its text.</param>
/// <param name="Collate">Its own collation in SQL, <c> collate "de"</c>; empty when it has the type's.</param>
sealed record PublishedColumn(
    string Name, string Type, string SqlType, string BaseType, string ElementType, int KeyPosition, bool IsSelectable, bool IsDeterministic, bool IsEnum,
    bool IsJsonAsked = false, string Collate = "")
{
    /// <summary>Whether equal values have equal texts and the other way round.</summary>
    internal bool HasOneText
        => IsEnum || BaseType is "uuid" or "int2" or "int4" or "int8" or "bool" or "date" || (BaseType is "text" or "varchar" && IsDeterministic);

    internal bool IsInteger => BaseType is "int2" or "int4" or "int8";
}

/// <summary>A table of the publication <c>supabase_realtime</c>, as one role may see it.</summary>
sealed class PublishedTable
{
    internal PublishedTable(string schema, string name, IEnumerable<PublishedColumn> columns, bool asksPolicies)
    {
        (Schema, Name, AsksPolicies) = (schema, name, asksPolicies);
        Columns = columns.ToFrozenDictionary(column => column.Name);
        Key = [.. Columns.Values.Where(column => column.KeyPosition > 0).OrderBy(column => column.KeyPosition)];
        KeyColumns = [.. Key.Select(column => new KeyColumn(column.Name, column.SqlType))];
        AsksJson = Columns.Values.Any(column => column.IsJsonAsked);
        IsKeySelectable = Key.All(column => column.IsSelectable);
    }

    internal string Schema { get; }

    internal string Name { get; }

    internal FrozenDictionary<string, PublishedColumn> Columns { get; }

    /// <summary>The primary key; empty without one.</summary>
    internal ImmutableArray<PublishedColumn> Key { get; }

    internal ImmutableArray<KeyColumn> KeyColumns { get; }

    internal bool IsKeySelectable { get; }

    /// <summary>Whether it has columns of which only PostgreSQL can make JSON.</summary>
    internal bool AsksJson { get; }

    /// <summary>Whether row-level security holds for this role.</summary>
    internal bool AsksPolicies { get; }
}

/// <summary>
/// What the catalog says of published tables. Remembered for a second, but never longer than PostgreSQL describes the table in
/// the same way: after a change of the table or of its grants the first changed row is seen with the new ones.
/// </summary>
sealed class PublishedTables(Database database, TimeProvider time)
{
    const int Remembered = 1000;

    static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    static readonly string Query = MigrationFile.In("src/Realtime/Changes/PublishedTables.sql").Single().Text;

    readonly ConcurrentDictionary<(string Role, string Schema, string Table), (long ReadAt, ChangedTable? Described, Task<PublishedTable?> Table)> _known = new();

    /// <summary>Null when the table is not published, or is none.</summary>
    internal Task<PublishedTable?> FindAsync(string role, string schema, string table, CancellationToken cancellationToken)
        => FindAsync(role, schema, table, null, cancellationToken);

    /// <summary>Null when the table is not published any more.</summary>
    internal Task<PublishedTable?> FindAsync(string role, ChangedTable changed, CancellationToken cancellationToken)
        => FindAsync(role, changed.Schema, changed.Name, changed, cancellationToken);

    Task<PublishedTable?> FindAsync(string role, string schema, string table, ChangedTable? changed, CancellationToken cancellationToken)
    {
        var key = (role, schema, table);
        if (_known.TryGetValue(key, out var known) && time.GetElapsedTime(known.ReadAt) < Freshness && !known.Table.IsFaulted && !known.Table.IsCanceled
            && (changed is null || ReferenceEquals(changed, known.Described)))
            return known.Table.WaitAsync(cancellationToken);
        if (_known.Count > Remembered)
            _known.Clear();
        var reading = ReadOneAsync(role, schema, table);
        _known[key] = (time.GetTimestamp(), changed, reading);
        return reading.WaitAsync(cancellationToken);
    }

    /// <summary>Whether the publication has any table of this schema; null for any schema.</summary>
    internal async Task<bool> HasAnyAsync(string role, string? schema, CancellationToken cancellationToken)
        => (await ReadAsync(role, schema, null, cancellationToken)).Count > 0;

    // Shared by all who wait for it, so nobody's impatience ends it.
    async Task<PublishedTable?> ReadOneAsync(string role, string schema, string table)
        => (await ReadAsync(role, schema, table, CancellationToken.None)).SingleOrDefault();

    Task<List<PublishedTable>> ReadAsync(string role, string? schema, string? table, CancellationToken cancellationToken)
        => database.ReadCatalogAsync(async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(Query, connection)
            {
                Parameters =
                {
                    new() { Value = role, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = schema ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = table ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            };
            await using var reader = await command.ExecuteReaderAsync(token);
            var columns = new List<(string Schema, string Table, PublishedColumn Column, bool AsksPolicies)>();
            while (await reader.ReadAsync(token))
            {
                var column = new PublishedColumn(
                    reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetString(6),
                    reader.GetInt32(7), reader.GetBoolean(8), reader.GetBoolean(9), reader.GetBoolean(10), reader.GetBoolean(11), reader.GetString(12));
                columns.Add((reader.GetString(0), reader.GetString(1), column, reader.GetBoolean(13) && !reader.GetBoolean(14)));
            }

            return columns.GroupBy(column => (column.Schema, column.Table, column.AsksPolicies))
                .Select(group => new PublishedTable(
                    group.Key.Schema, group.Key.Table, group.Select(column => column.Column), group.Key.AsksPolicies))
                .ToList();
        }, cancellationToken);
}
