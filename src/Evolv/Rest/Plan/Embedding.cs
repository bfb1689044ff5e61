using System.Collections.Immutable;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>Finds the one relationship that an embed means.</summary>
static class Embedding
{
    /// <summary>
    /// <paramref name="target"/> is a table, a constraint, a column of the foreign key, or a computed relationship.
    /// <paramref name="hint"/> is a constraint, a column of either side, or a junction.
    /// </summary>
    /// <exception cref="RestError">PGRST200 when there is none, PGRST201 when there are several.</exception>
    internal static Relationship Find(SchemaCache schema, string schemaName, string origin, string target, string? hint)
    {
        var found = schema.RelationshipsFrom(new(schemaName, origin), schemaName)
            .Where(relationship => Matches(relationship, target, hint)).ToImmutableArray();
        return found switch
        {
            [var one] => one,
            [] => throw Hints.NoRelationship(schema, origin, target, hint, schemaName),
            _ => throw Hints.AmbiguousRelationship(origin, target, found),
        };
    }

    static bool Matches(Relationship relationship, string target, string? hint)
    {
        if (relationship is Relationship.Computed computed)
            return computed.Function.Name == target;
        var key = (Relationship.Key)relationship;
        var isTable = key.ForeignTable.Name == target;
        if (key.IsSelf)
        {
            // One foreign key, two directions: the table's name means its children, the column's its parent.
            return hint is null
                ? (isTable && key.Cardinality is Cardinality.OneToMany) ||
                    (IsOnlyColumn(key, target) && key.Cardinality is Cardinality.ManyToOne)
                : isTable && key.Cardinality is Cardinality.OneToMany && IsOnlyForeignColumn(key, hint);
        }

        return hint is null
            ? isTable || (!key.ForeignTableIsView && (key.Cardinality.Constraint == target || IsOnlyColumn(key, target)))
            : isTable && (key.Cardinality.Constraint == hint || IsOnlyColumn(key, hint) || IsOnlyForeignColumn(key, hint) ||
                (key.Cardinality is Cardinality.ManyToMany many && many.Junction.Name == hint));
    }

    static bool IsOnlyColumn(Relationship.Key key, string name) => key.Cardinality.Pairs is [var pair] && pair.Column == name;

    static bool IsOnlyForeignColumn(Relationship.Key key, string name)
        => key.Cardinality.Pairs is [var pair] && pair.ForeignColumn == name;
}
