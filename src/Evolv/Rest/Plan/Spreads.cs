using System.Collections.Immutable;
using System.Globalization;
using Evolv.Rest.Request;

namespace Evolv.Rest.Plan;

/// <summary>What each table's statement takes from its embeds: objects, arrays, or the columns of a spread.</summary>
static class Spreads
{
    internal static void AddSelects(ReadPlan plan)
    {
        foreach (var embed in plan.Embeds)
            AddSelects(embed);
        plan.EmbedSelects =
        [
            .. plan.Embeds.Select(embed => embed.Spread is null
                ? (EmbedSelect)new EmbedSelect.Json(
                    embed.NameInRequest, embed.AggregateAlias, embed.Relationship!.IsToOne, SelectsNothing(embed))
                : new EmbedSelect.Spread(embed.AggregateAlias, FieldsOf(embed))),
        ];
    }

    /// <summary>
    /// An aggregate in a to-one spread belongs to the group of its parent, as far up as rows become objects or arrays:
    /// below, it would count a single row.
    /// </summary>
    internal static void Hoist(ReadPlan top) => HoistFrom(top);

    /// <summary>A to-many spread is ordered where its arrays are made, by columns that are selected for it alone.</summary>
    /// <exception cref="RestError">PGRST127: aggregates in such a spread.</exception>
    internal static void MoveOrders(ReadPlan plan)
    {
        if (plan.Spread is SpreadKind.ToMany)
        {
            if (plan.Select.Any(field => field.Aggregate is not null) ||
                plan.EmbedSelects.OfType<EmbedSelect.Spread>().Any(spread => spread.Fields.Any(field => field.Aggregate is not null)))
                throw RestError.NotImplemented("Aggregates are not implemented for one-to-many or many-to-many spreads.");
            plan.Spread = new SpreadKind.ToMany(
                [.. plan.Order.Select((term, index)
                    => new ExtraSelect(term.Relation, new SelectField(term.Field, Alias: NameFor(plan, term, index))))],
                [.. plan.Order.Select((term, index)
                    => new PlanOrder(null, new PlanField(NameFor(plan, term, index), []), term.Direction, term.Nulls))]);
            // A limit chooses rows by the same order before the arrays are made.
            if (plan.Range == RowRange.All)
                plan.Order = [];
        }

        foreach (var embed in plan.Embeds)
            MoveOrders(embed);
    }

    static string NameFor(ReadPlan plan, PlanOrder term, int index)
        => string.Create(CultureInfo.InvariantCulture, $"{plan.AggregateAlias}_{term.Field.Name}_{index + 1}");

    static bool SelectsNothing(ReadPlan plan) => plan.Select.IsEmpty && plan.Embeds.All(SelectsNothing);

    static ImmutableArray<SpreadField> FieldsOf(ReadPlan plan) =>
    [
        .. plan.Select.Select(field => new SpreadField(field.ResultName)),
        .. plan.EmbedSelects.SelectMany(select => select switch
        {
            EmbedSelect.Json json => [new SpreadField(json.Name)],
            EmbedSelect.Spread spread => spread.Fields,
            _ => ImmutableArray<SpreadField>.Empty,
        }),
    ];

    /// <returns>What goes up into the parent.</returns>
    static List<Hoisted> HoistFrom(ReadPlan plan)
    {
        if (plan.Embeds.IsEmpty && plan.Spread is not SpreadKind.ToOne)
            return [];
        var below = plan.Embeds.SelectMany(HoistFrom).ToList();
        if (plan.Spread is not SpreadKind.ToOne)
        {
            if (below.Count > 0)
                plan.EmbedSelects = [.. plan.EmbedSelects.Select(select => WithHoisted(select, below))];
            return [];
        }

        var own = plan.Select.Where(field => field.Aggregate is not null)
            .Select(field => new Hoisted(plan.AggregateAlias, field.ResultName, field)).ToList();
        plan.Select = [.. plan.Select.Select(field => field with { Aggregate = null, AggregateCast = null })];
        return [.. own, .. below.Select(hoisted => hoisted with { AggregateAlias = plan.AggregateAlias })];
    }

    static EmbedSelect WithHoisted(EmbedSelect select, List<Hoisted> hoisted)
        => select is not EmbedSelect.Spread spread
            ? select
            : spread with
            {
                Fields =
                [
                    .. spread.Fields.Select(field =>
                        hoisted.Find(candidate => candidate.AggregateAlias == spread.AggregateAlias && candidate.Name == field.Name) is { } found
                            ? field with
                            {
                                Aggregate = found.Field.Aggregate, AggregateCast = found.Field.AggregateCast, Alias = found.Field.Alias,
                            }
                            : field),
                ],
            };

    sealed record Hoisted(string AggregateAlias, string Name, SelectField Field);
}
