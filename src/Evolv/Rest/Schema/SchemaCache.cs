using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

/// <summary>A table, view or function with its schema.</summary>
readonly record struct QualifiedName(string Schema, string Name)
{
    public override string ToString() => $"{Schema}.{Name}";
}

/// <summary>
/// What the planner knows of the database: an immutable snapshot that is replaced as a whole. A request keeps the one it
/// started with.
/// </summary>
/// <param name="Tables">Tables and views of the exposed schemas.</param>
/// <param name="Relationships">By origin and by the schema of the target; both ends are exposed.</param>
/// <param name="Routines">Functions of the exposed schemas; overloads share a name.</param>
/// <param name="Representations">Functions that change a domain into another form, by source and target type.</param>
/// <param name="MediaHandlers">What makes a media type: built in, or functions and aggregates of the database.</param>
/// <param name="TimezoneNames">What <c>Prefer: timezone=</c> may say.</param>
sealed record SchemaCache(
    FrozenDictionary<QualifiedName, Table> Tables,
    FrozenDictionary<(QualifiedName Origin, string TargetSchema), ImmutableArray<Relationship>> Relationships,
    FrozenDictionary<QualifiedName, ImmutableArray<Routine>> Routines,
    FrozenDictionary<(string Source, string Target), DataRepresentation> Representations,
    FrozenDictionary<MediaHandlerKey, ResolvedHandler> MediaHandlers,
    FrozenSet<string> TimezoneNames)
{
    internal static SchemaCache Empty { get; } = new(
        FrozenDictionary<QualifiedName, Table>.Empty,
        FrozenDictionary<(QualifiedName, string), ImmutableArray<Relationship>>.Empty,
        FrozenDictionary<QualifiedName, ImmutableArray<Routine>>.Empty,
        FrozenDictionary<(string, string), DataRepresentation>.Empty,
        FrozenDictionary<MediaHandlerKey, ResolvedHandler>.Empty,
        FrozenSet<string>.Empty);

    internal ImmutableArray<Relationship> RelationshipsFrom(QualifiedName origin, string targetSchema)
        => Relationships.GetValueOrDefault((origin, targetSchema), []);

    internal ImmutableArray<Routine> RoutinesNamed(QualifiedName name) => Routines.GetValueOrDefault(name, []);
}

/// <summary>
/// A cast between a domain and <c>json</c> or <c>text</c>: how values of the domain look outside the database
/// (PostgREST's "domain representations").
/// </summary>
/// <param name="Function">The cast's function as PostgreSQL prints it, fit for SQL.</param>
sealed record DataRepresentation(string SourceType, string TargetType, string Function);
