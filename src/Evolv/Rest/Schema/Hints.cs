using System.Diagnostics;
using System.Text.Json.Nodes;
using Evolv.Rest.Request;

namespace Evolv.Rest.Schema;

/// <summary>
/// Errors of the planner that name what the snapshot has instead: the nearest name, or the candidates of a choice. The texts
/// are PostgREST's, which clients and tests compare.
/// </summary>
static class Hints
{
    /// <summary>A lower score would let strangers find names by guessing.</summary>
    const double CloseLikeness = 0.75;

    /// <summary>PostgREST does not search in a schema of so many tables.</summary>
    const int TooManyTables = 500;

    internal static RestError NoTable(SchemaCache cache, QualifiedName table)
    {
        var names = cache.Tables.Keys.Where(name => name.Schema == table.Schema).Select(name => name.Name).ToArray();
        var nearest = names.Length < TooManyTables ? NearestName.Find(FirstWins(names), table.Name, CloseLikeness) : null;
        return RestError.NoTable(
            table.Schema, table.Name, nearest is null ? null : $"Perhaps you meant the table '{table.Schema}.{nearest}'");
    }

    /// <param name="hint">What the request says after the exclamation mark.</param>
    internal static RestError NoRelationship(SchemaCache cache, string origin, string target, string? hint, string schema)
        => RestError.NoRelationship(origin, target, hint, schema, NearestRelationship(cache, origin, target, schema));

    internal static RestError AmbiguousRelationship(string origin, string target, IReadOnlyCollection<Relationship> relationships)
        => RestError.AmbiguousRelationship(
            origin, target, [.. relationships.Select(Describe)], string.Join(", ", relationships.Select(Choice)));

    /// <param name="contentType">Of the request, which decides what kind of function was searched.</param>
    internal static RestError NoFunction(
        SchemaCache cache, QualifiedName function, IReadOnlyCollection<string> argumentNames, MediaType contentType, bool isPost)
    {
        if (isPost && BodyType(contentType) is { } bodyType)
            return RestError.NoFunction($"{function}", $"{function} with a single unnamed {bodyType} parameter", hint: null);

        var names = argumentNames.Distinct().Order(StringComparer.Ordinal).ToArray();
        var list = string.Join(", ", names);
        var (call, searched) = names.Length switch
        {
            0 => (" without parameters", " without parameters"),
            1 => ($"({list})", $" with parameter {list}"),
            _ => ($"({list})", $" with parameters {list}"),
        };
        var orBody = isPost && contentType == MediaType.Json ? " or with a single unnamed json/jsonb parameter" : "";
        return RestError.NoFunction($"{function}{call}", $"{function}{searched}{orBody}", NearestFunction(cache, function, names));
    }

    internal static RestError AmbiguousFunction(IEnumerable<Routine> routines)
        => RestError.AmbiguousFunction(routines.Select(routine =>
            $"{routine.Name}({string.Join(", ", routine.Parameters.Select(parameter => $"{parameter.Name} => {parameter.Type}"))})"));

    /// <summary>The target is guessed only where the origin has relationships; if both are right, it is the hint that is wrong.</summary>
    static string? NearestRelationship(SchemaCache cache, string origin, string target, string schema)
    {
        if (cache.Relationships.TryGetValue((new(schema, origin), schema), out var relationships))
        {
            var children = relationships.Select(relationship => relationship.ForeignTable.Name);
            var child = NearestName.Search(children, target, NearestName.AnyLikeness).FirstOrDefault(match => match.Score < 1).Name;
            return child is null ? null : $"Perhaps you meant '{child}' instead of '{target}'.";
        }

        var parents = cache.Relationships.Keys.Where(key => key.TargetSchema == schema).Select(key => key.Origin.Name);
        var parent = NearestName.Find(FirstWins(parents), origin, NearestName.AnyLikeness);
        return parent is null ? null : $"Perhaps you meant '{parent}' instead of '{origin}'.";
    }

    static string? NearestFunction(SchemaCache cache, QualifiedName function, string[] argumentNames)
    {
        var overloads = cache.RoutinesNamed(function);
        var nearest = overloads.IsEmpty
            ? NearestName.Find(
                FirstWins(cache.Routines.Keys.Where(name => name.Schema == function.Schema).Select(name => name.Name)),
                function.Name, CloseLikeness)
            : NearestName.Find(
                overloads.Select(overload => InParentheses(
                    overload.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal))),
                InParentheses(argumentNames), NearestName.AnyLikeness) is { } parameters ? function.Name + parameters : null;
        return nearest is null ? null : $"Perhaps you meant to call the function {function.Schema}.{nearest}";
    }

    /// <summary>Of equally near names, the first of the alphabet: the order of a dictionary is none.</summary>
    static IEnumerable<string> FirstWins(IEnumerable<string> names) => names.OrderDescending(StringComparer.Ordinal);

    static string? BodyType(MediaType contentType)
        => contentType == MediaType.PlainText ? "text"
            : contentType == MediaType.Xml ? "xml"
            : contentType == MediaType.OctetStream ? "bytea"
            : null;

    static JsonObject Describe(Relationship relationship) => relationship switch
    {
        Relationship.Key key => new()
        {
            ["cardinality"] = key.Cardinality switch
            {
                Cardinality.ManyToOne => "many-to-one",
                Cardinality.OneToMany => "one-to-many",
                Cardinality.OneToOne => "one-to-one",
                Cardinality.ManyToMany => "many-to-many",
                _ => throw new UnreachableException(),
            },
            ["embedding"] = $"{key.Table.Name} with {key.ForeignTable.Name}",
            ["relationship"] = Describe(key),
        },
        _ => [], // A computed relationship hides all others of its name, so it is never one of several.
    };

    static string Describe(Relationship.Key key) => key.Cardinality is Cardinality.ManyToMany many
        ? $"{many.Junction.Name} using {many.Constraint1}{InParentheses(many.Source.Select(pair => pair.ForeignColumn))}" +
            $" and {many.Constraint2}{InParentheses(many.Target.Select(pair => pair.ForeignColumn))}"
        : $"{key.Cardinality.Constraint} using {key.Table.Name}{InParentheses(key.Cardinality.Pairs.Select(pair => pair.Column))}" +
            $" and {key.ForeignTable.Name}{InParentheses(key.Cardinality.Pairs.Select(pair => pair.ForeignColumn))}";

    static string Choice(Relationship relationship) => relationship is Relationship.Key { Cardinality: var cardinality } key
        ? $"'{key.ForeignTable.Name}!{(cardinality as Cardinality.ManyToMany)?.Junction.Name ?? cardinality.Constraint}'"
        : "";

    static string InParentheses(IEnumerable<string> names) => $"({string.Join(", ", names)})";
}
