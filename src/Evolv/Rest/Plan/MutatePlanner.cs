using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>POST, PATCH, PUT and DELETE of a table → what to write.</summary>
static class MutatePlanner
{
    internal static MutatePlan Plan(Mutation mutation, Table table, ApiRequest request, SchemaCache schema, ReadPlan read)
    {
        var fields = new FieldResolver(schema);
        var query = request.Query;
        var preferences = request.Preferences;
        var appliesDefaults = preferences.Missing == MissingColumns.Default;
        var body = request.Payload as Payload.Json;
        var returning = preferences.Representation is Representation.Full or Representation.HeadersOnly
            ? NeededColumns(read, table.PrimaryKey)
            : [];
        var filters = query.Filters.Where(filter => filter.Path.IsEmpty)
            .Select(filter => ReadPlanner.Resolve(filter.Value, table.Name, fields))
            .Concat(query.Logic.Where(logic => logic.Path.IsEmpty).Select(logic => ReadPlanner.Resolve(logic.Value, table.Name, fields)))
            .ToImmutableArray();

        ImmutableArray<PlanField> Columns() => [.. request.Columns.Select(name => fields.ForBody(table, name))];

        switch (mutation)
        {
            case Mutation.Insert:
                return new MutatePlan.Insert(
                    table.Name, Columns(), body!, preferences.Resolution, query.OnConflict ?? table.PrimaryKey, [], table.PrimaryKey,
                    appliesDefaults, returning);
            case Mutation.Update:
                return new MutatePlan.Update(table.Name, Columns(), body!, filters, appliesDefaults, returning);
            case Mutation.Delete:
                return new MutatePlan.Delete(table.Name, filters, returning);
            case Mutation.SingleUpsert:
                if (!IsExactlyPrimaryKey(query, table))
                    throw RestError.PutFilters();
                return new MutatePlan.Insert(
                    table.Name, Columns(), body!, Resolution.MergeDuplicates, table.PrimaryKey, filters, [], AppliesDefaults: false, returning);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// Columns that the statement above needs of the rows below it: what is selected and ordered by, the keys of embeds, and the primary key.
    /// </summary>
    internal static ImmutableArray<string> NeededColumns(ReadPlan read, ImmutableArray<string> primaryKey)
    {
        var selected = read.Select.Select(field => field.Field.Name).ToHashSet(StringComparer.Ordinal);
        // What a computed relationship reads, nobody can tell.
        if (selected.Contains("*") || read.Embeds.Any(embed => embed.Relationship is Relationship.Computed))
            return ["*"];
        selected.UnionWith(read.Embeds.SelectMany(embed => ((Relationship.Key)embed.Relationship!).Cardinality switch
        {
            Cardinality.ManyToMany many => many.Source.Select(pair => pair.Column),
            var direct => direct.Pairs.Select(pair => pair.Column),
        }));
        selected.UnionWith(read.Order.Where(order => order.Relation is null).Select(order => order.Field.Name));
        selected.UnionWith(primaryKey);
        return [.. selected.Order(StringComparer.Ordinal)];
    }

    static bool IsExactlyPrimaryKey(QueryParameters query, Table table)
        => query.Logic.IsEmpty && !table.PrimaryKey.IsEmpty && query.FilterNames.ToHashSet(StringComparer.Ordinal).SetEquals(table.PrimaryKey) &&
            query.Filters.All(filter => filter.Value is
            {
                Negated: false, Operation: Operation.Quantifiable { Operator: QuantifiableOperator.Equal, Quantifier: null },
            });
}
