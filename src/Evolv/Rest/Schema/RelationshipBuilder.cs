using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

/// <summary>
/// Makes relationships of foreign keys, in five steps: the keys themselves; the same through views; many to many through a
/// junction; the way back; and functions, which hide what has their name. Pure.
/// </summary>
/// <param name="primaryKeys">Of tables and views; those of exposed schemas are enough.</param>
/// <param name="schemas">The exposed ones: both ends and the junction are in them.</param>
sealed class RelationshipBuilder(
    IReadOnlyDictionary<QualifiedName, ImmutableArray<string>> primaryKeys, IReadOnlyCollection<string> schemas)
{
    readonly FrozenSet<string> _schemas = schemas.ToFrozenSet(StringComparer.Ordinal);

    internal FrozenDictionary<(QualifiedName Origin, string TargetSchema), ImmutableArray<Relationship>> Build(
        IReadOnlyCollection<ForeignKeyRow> foreignKeys, IEnumerable<ViewKey> viewKeys, IEnumerable<Relationship.Computed> computed)
    {
        var byKey = viewKeys.ToLookup(key => (key.Constraint, key.Kind));
        var toOne = foreignKeys.SelectMany(key => Along(key, byKey)).ToList();
        var keys = toOne.Concat(Junctions(toOne)).Concat(toOne.Select(Inverse)).Where(IsExposed);

        var byEnds = keys.GroupBy(key => (key.Table, Target: key.ForeignTable))
            .ToDictionary(group => group.Key, group => group.ToList<Relationship>());
        // A function that is named as the other table takes the place of the keys to it.
        foreach (var function in computed)
            byEnds[(function.Table, function.Function)] = [function];

        // Who has keys, though only to what is not exposed, is known: nobody guesses that another table was meant.
        foreach (var table in foreignKeys.SelectMany(key => (QualifiedName[])[key.Table, key.ForeignTable]).Distinct())
            byEnds.TryAdd((table, table), []);

        return byEnds.Where(ends => _schemas.Contains(ends.Key.Table.Schema))
            .GroupBy(ends => (ends.Key.Table, ends.Key.Target.Schema), ends => ends.Value)
            .Select(group => KeyValuePair.Create(
                group.Key,
                group.SelectMany(relationships => relationships)
                    .Where(relationship => _schemas.Contains(relationship.ForeignTable.Schema))
                    .Order(RelationshipOrder.Instance)
                    .ToImmutableArray()))
            .ToFrozenDictionary();
    }

    /// <summary>From the table or a view that shows the key, to the table or a view that shows what it refers to.</summary>
    static IEnumerable<Relationship.Key> Along(ForeignKeyRow key, ILookup<(uint, ViewKeyKind), ViewKey> viewKeys)
    {
        var isSelf = key.Table == key.ForeignTable;
        var origins = Ends(viewKeys[(key.Constraint, ViewKeyKind.ForeignKey)]);
        var targets = Ends(viewKeys[(key.Constraint, ViewKeyKind.ReferencedKey)]);
        var columns = key.Columns.Select(pair => pair.Column).ToImmutableArray();
        var foreignColumns = key.Columns.Select(pair => pair.ForeignColumn).ToImmutableArray();

        yield return Connect(new(key.Table, columns), new(key.ForeignTable, foreignColumns), isSelf, false, false);
        foreach (var origin in origins)
            yield return Connect(origin, new(key.ForeignTable, foreignColumns), false, true, false);
        foreach (var target in targets)
            yield return Connect(new(key.Table, columns), target, false, false, true);
        foreach (var origin in origins)
        {
            foreach (var target in targets)
                yield return Connect(origin, target, origin.Name == target.Name, true, true);
        }

        Relationship.Key Connect(End from, End to, bool isSelf, bool fromView, bool toView)
        {
            ImmutableArray<ColumnPair> pairs = [.. from.Columns.Zip(to.Columns, (column, foreign) => new ColumnPair(column, foreign))];
            Cardinality cardinality = key.IsOneToOne
                ? new Cardinality.OneToOne(key.Name, pairs, IsParent: false)
                : new Cardinality.ManyToOne(key.Name, pairs);
            return new(from.Name, to.Name, isSelf, cardinality, fromView, toView);
        }
    }

    // A column that a view shows twice can be the key twice.
    static List<End> Ends(IEnumerable<ViewKey> keys)
        => [.. keys.SelectMany(key => Choices(key.Columns).Select(columns => new End(key.View, columns)))];

    static IEnumerable<ImmutableArray<string>> Choices(ImmutableArray<ImmutableArray<string>> columns)
        => columns.Aggregate(
            (IEnumerable<ImmutableArray<string>>)[[]],
            (choices, names) => choices.SelectMany(_ => names, (choice, name) => choice.Add(name)));

    /// <summary>Two foreign keys of one table make its two targets many to many, if its primary key holds them both.</summary>
    IEnumerable<Relationship.Key> Junctions(IEnumerable<Relationship.Key> toOne)
    {
        var candidates = toOne
            .Where(key => key.Cardinality is Cardinality.ManyToOne && IsExposed(key))
            .GroupBy(key => key.Table);
        foreach (var junction in candidates)
        {
            if (!primaryKeys.TryGetValue(junction.Key, out var primaryKey))
                continue;
            var keys = junction.Where(key => key.Cardinality.Pairs.All(pair => primaryKey.Contains(pair.Column))).ToList();
            foreach (var source in keys)
            {
                foreach (var target in keys.Where(target => target.Cardinality.Constraint != source.Cardinality.Constraint))
                {
                    yield return new(
                        source.ForeignTable,
                        target.ForeignTable,
                        source.ForeignTable == target.ForeignTable,
                        new Cardinality.ManyToMany(
                            junction.Key,
                            source.Cardinality.Constraint!,
                            target.Cardinality.Constraint!,
                            Swapped(source.Cardinality.Pairs),
                            Swapped(target.Cardinality.Pairs)),
                        source.ForeignTableIsView,
                        target.ForeignTableIsView);
                }
            }
        }
    }

    static Relationship.Key Inverse(Relationship.Key key)
    {
        var pairs = Swapped(key.Cardinality.Pairs);
        Cardinality cardinality = key.Cardinality is Cardinality.OneToOne one
            ? new Cardinality.OneToOne(one.Name, pairs, !one.IsParent)
            : new Cardinality.OneToMany(key.Cardinality.Constraint!, pairs);
        return new(key.ForeignTable, key.Table, key.IsSelf, cardinality, key.ForeignTableIsView, key.TableIsView);
    }

    static ImmutableArray<ColumnPair> Swapped(ImmutableArray<ColumnPair> pairs) => [.. pairs.Select(pair => pair.Swapped)];

    bool IsExposed(Relationship.Key key) => _schemas.Contains(key.Table.Schema) && _schemas.Contains(key.ForeignTable.Schema);

    readonly record struct End(QualifiedName Name, ImmutableArray<string> Columns);
}
