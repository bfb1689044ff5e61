using System.Collections.Immutable;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Rest.Schema;

/// <summary>A foreign key of any schema.</summary>
sealed record ForeignKeyRow(
    uint Constraint, QualifiedName Table, QualifiedName ForeignTable, string Name, ImmutableArray<ColumnPair> Columns, bool IsOneToOne)
{
    internal static ForeignKeyRow Read(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0),
        row.Name(1),
        row.Name(3),
        row.GetString(5),
        [.. row.GetFieldValue<string[]>(6).Zip(row.GetFieldValue<string[]>(7), (column, foreign) => new ColumnPair(column, foreign))],
        row.GetBoolean(8));
}

enum ViewKeyKind
{
    PrimaryKey,
    ForeignKey,
    ReferencedKey,
}

/// <summary>A column of a key and the columns of a view that show it.</summary>
readonly record struct ViewKeyRow(QualifiedName View, uint Constraint, ViewKeyKind Kind, ImmutableArray<string> Columns)
{
    internal static ViewKeyRow Read(NpgsqlDataReader row) => new(
        row.Name(0),
        row.GetFieldValue<uint>(2),
        row.GetString(3) switch
        {
            "p" => ViewKeyKind.PrimaryKey,
            "f" => ViewKeyKind.ForeignKey,
            _ => ViewKeyKind.ReferencedKey,
        },
        [.. row.GetFieldValue<string[]>(4)]);
}

/// <summary>A key of a table that a view shows whole.</summary>
/// <param name="Columns">By column of the key, in its order: the columns of the view, at least one.</param>
sealed record ViewKey(QualifiedName View, uint Constraint, ViewKeyKind Kind, ImmutableArray<ImmutableArray<string>> Columns)
{
    /// <summary>Rows of one key stand together.</summary>
    internal static ImmutableArray<ViewKey> From(IEnumerable<ViewKeyRow> rows)
        =>
        [
            .. rows.GroupBy(row => (row.View, row.Constraint, row.Kind))
                .Select(key => new ViewKey(key.Key.View, key.Key.Constraint, key.Key.Kind, [.. key.Select(row => row.Columns)])),
        ];
}

/// <summary>A table without its columns.</summary>
sealed record TableRow(QualifiedName Name, string? Description, bool IsView, int Events, ImmutableArray<string> PrimaryKey)
{
    internal static TableRow Read(NpgsqlDataReader row) => new(
        row.Name(0), row.GetText(2), row.GetBoolean(3), row.GetInt32(4), [.. row.GetFieldValue<string[]>(5)]);

    /// <param name="columns">In their order.</param>
    internal Table With(ImmutableArray<string> primaryKey, IEnumerable<Column> columns)
    {
        // PostgreSQL's numbers of the kinds of statements.
        const int Update = 1 << 2;
        const int Insert = 1 << 3;
        const int Delete = 1 << 4;
        return new Table(
            Name, Description, IsView, (Events & Insert) != 0, (Events & Update) != 0, (Events & Delete) != 0, primaryKey, [.. columns]);
    }
}

/// <summary>A column and where it belongs.</summary>
sealed record ColumnRow(QualifiedName Table, Column Column)
{
    internal static ColumnRow Read(NpgsqlDataReader row) => new(row.Name(0), new Column(
        row.GetString(2),
        row.GetText(3),
        row.GetBoolean(4),
        row.GetString(5),
        row.GetString(6),
        row.IsDBNull(7) ? null : row.GetInt32(7),
        row.GetText(8),
        [.. row.GetFieldValue<string[]>(9)]));
}

static class CatalogRowExtensions
{
    /// <summary>The schema at <paramref name="ordinal"/> and the name behind it.</summary>
    internal static QualifiedName Name(this NpgsqlDataReader row, int ordinal)
        => new(row.GetString(ordinal), row.GetString(ordinal + 1));
}
