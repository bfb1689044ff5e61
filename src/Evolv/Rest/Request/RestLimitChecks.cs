using System.Collections.Immutable;

namespace Evolv.Rest.Request;

/// <summary>How much one request may ask for: PostgreSQL plans each embed and each condition.</summary>
static class RestLimitChecks
{
    /// <exception cref="RestError">EVOLV02 or EVOLV03</exception>
    internal static void Check(QueryParameters query, RestLimits limits)
    {
        var conditions = query.Filters.Length + Count(query.Select, 1, limits);
        foreach (var order in query.Orders)
            conditions += order.Value.Length;
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
                _ => 0,
            };
        }

        return count;
    }

    static int Count(Logic logic, int depth, RestLimits limits)
    {
        if (depth > limits.MaxDepth)
            throw RestError.TooDeep(limits.MaxDepth);
        return logic is Logic.Branch branch ? branch.Terms.Sum(term => Count(term, depth + 1, limits)) : 1;
    }
}
