using System.Collections.Immutable;

namespace Evolv.Rest.Request;

/// <summary>How much one request may ask for: PostgreSQL plans each embed and each condition.</summary>
static class RestLimitChecks
{
    /// <exception cref="RestError">EVOLV02 or EVOLV03</exception>
    internal static void Check(QueryParameters query, RestLimits limits)
    {
        var conditions = Count(query.Select, 1, limits) + (query.OnConflict?.Length ?? 0);
        foreach (var filter in query.Filters)
            conditions += Count(filter.Value.Field);
        foreach (var order in query.Orders)
            conditions += order.Value.Sum(term => Count(term.Field));
        foreach (var logic in query.Logic)
            conditions += Count(logic.Value, 1, limits);
        if (conditions > limits.MaxConditions)
            throw RestError.TooManyConditions(limits.MaxConditions);
    }

    static int Count(ImmutableArray<SelectItem> items, int depth, RestLimits limits)
    {
        if (depth > limits.MaxDepth)
            throw RestError.TooDeep(limits.MaxDepth);
        var count = items.Length;
        foreach (var item in items)
        {
            count += item switch
            {
                SelectItem.Embed embed => Count(embed.Items, depth + 1, limits),
                SelectItem.Spread spread => Count(spread.Items, depth + 1, limits),
                SelectItem.Column column => column.Field.Path.Length,
                _ => 0,
            };
        }

        return count;
    }

    // Each step of a JSON path is an operator with a parameter, and one inside the other.
    static int Count(Field field) => 1 + field.Path.Length;

    static int Count(Logic logic, int depth, RestLimits limits)
    {
        if (depth > limits.MaxDepth)
            throw RestError.TooDeep(limits.MaxDepth);
        return logic switch
        {
            Logic.Branch branch => branch.Terms.Sum(term => Count(term, depth + 1, limits)),
            Logic.Leaf leaf => Count(leaf.Filter.Field),
            _ => 0,
        };
    }
}
