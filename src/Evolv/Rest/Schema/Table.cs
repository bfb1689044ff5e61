using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

/// <summary>A table or view of an exposed schema.</summary>
/// <param name="PrimaryKey">For a view: the columns that show the primary key of the table below.</param>
/// <param name="Columns">In the table's own order.</param>
sealed record Table(
    QualifiedName Name,
    string? Description,
    bool IsView,
    bool Insertable,
    bool Updatable,
    bool Deletable,
    ImmutableArray<string> PrimaryKey,
    ImmutableArray<Column> Columns)
{
    readonly FrozenDictionary<string, Column> _byName = Columns.ToFrozenDictionary(column => column.Name, StringComparer.Ordinal);

    internal Column? FindColumn(string name) => _byName.GetValueOrDefault(name);
}

/// <summary>A column of a table or view.</summary>
/// <param name="Type">The type below all domains, without length: <c>character varying</c>.</param>
/// <param name="NominalType">The type as declared: <c>character varying(20)</c>, or the name of a domain.</param>
/// <param name="Default">The SQL expression of the default.</param>
/// <param name="Enum">The labels of an enumerated type, in order.</param>
sealed record Column(
    string Name,
    string? Description,
    bool IsNullable,
    string Type,
    string NominalType,
    int? MaxLength,
    string? Default,
    ImmutableArray<string> Enum);
