using Evolv.Rest;
using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

/// <summary>Shows what a parser found as text: each part in quotes, so that nobody wonders where it ends.</summary>
static class Syntax
{
    internal static string Show(IEnumerable<SelectItem> items) => string.Join(", ", items.Select(Show));

    internal static string Show(Field field)
        => $"'{field.Name}'{string.Concat(field.Path.Select(step => $"{(step.AsText ? "->>" : "->")}{(step.IsIndex ? step.Operand : $"'{step.Operand}'")}"))}";

    internal static string Show(Filter filter) => $"{Show(filter.Field)}{(filter.Negated ? " not" : "")} {Show(filter.Operation)}";

    internal static string Show(Operation operation) => operation switch
    {
        Operation.Simple simple => $"{simple.Operator} '{simple.Value}'",
        Operation.Quantifiable quantifiable => $"{quantifiable.Operator}{(quantifiable.Quantifier is { } which ? $"({which})" : "")} '{quantifiable.Value}'",
        Operation.In list => $"In [{string.Join(", ", list.Values.Select(value => $"'{value}'"))}]",
        Operation.Is value => $"Is {value.Value}",
        Operation.IsDistinctFrom distinct => $"IsDistinctFrom '{distinct.Value}'",
        Operation.FullText search => $"FullText {search.Operator}{(search.Language is { } language ? $"('{language}')" : "")} '{search.Value}'",
        _ => throw new InvalidOperationException(),
    };

    internal static string Show(Logic logic) => logic switch
    {
        Logic.Leaf(var filter) => Show(filter),
        Logic.Branch branch => $"{(branch.Negated ? "Not" : "")}{branch.Operator}({string.Join("; ", branch.Terms.Select(Show))})",
        _ => throw new InvalidOperationException(),
    };

    internal static string Show(IEnumerable<OrderTerm> terms) => string.Join(", ", terms.Select(term
        => $"{(term.Relation is { } relation ? $"'{relation}' of " : "")}{Show(term.Field)}{(term.Direction is { } direction ? $" {direction}" : "")}{(term.Nulls is { } nulls ? $" nulls {nulls}" : "")}"));

    /// <summary>Message and details of the error that reading ends with.</summary>
    internal static (string Message, string? Details) Refusal(Action read)
    {
        var error = Assert.Throws<RestError>(read);
        Assert.Equal((400, "PGRST100", null), (error.Status, error.Code, error.Hint));
        return (error.Message, error.Details?.ToString());
    }

    static string Show(SelectItem item) => item switch
    {
        SelectItem.Column column =>
            $"{(column.Alias is { } alias ? $"'{alias}' = " : "")}{Show(column.Field)}{Cast(column.Cast)}" +
            $"{(column.Aggregate is { } aggregate ? $" {aggregate}" : "")}{Cast(column.AggregateCast)}",
        SelectItem.Embed embed =>
            $"{(embed.Alias is { } alias ? $"'{alias}' = " : "")}'{embed.Name}'{Hint(embed.Hint)}{Join(embed.Join)}({Show(embed.Items)})",
        SelectItem.Spread spread => $"...'{spread.Name}'{Hint(spread.Hint)}{Join(spread.Join)}({Show(spread.Items)})",
        _ => throw new InvalidOperationException(),
    };

    static string Cast(string? type) => type is null ? "" : $"::'{type}'";

    static string Hint(string? hint) => hint is null ? "" : $" by '{hint}'";

    static string Join(JoinType? join) => join is null ? "" : $" {join}";
}
