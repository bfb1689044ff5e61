using System.Collections.Immutable;
using System.Text;
using Evolv.Rest.Request;

namespace Evolv.Rest.Query;

/// <summary>The operators of the wire in SQL.</summary>
static class Operators
{
    internal static string Sql(SimpleOperator name) => name switch
    {
        SimpleOperator.NotEqual => " <> ",
        SimpleOperator.Contains => " @> ",
        SimpleOperator.ContainedIn => " <@ ",
        SimpleOperator.Overlaps => " && ",
        SimpleOperator.StrictlyLeft => " << ",
        SimpleOperator.StrictlyRight => " >> ",
        SimpleOperator.NotExtendsRight => " &< ",
        SimpleOperator.NotExtendsLeft => " &> ",
        SimpleOperator.Adjacent => " -|- ",
    };

    internal static string Sql(QuantifiableOperator name) => name switch
    {
        QuantifiableOperator.Equal => " = ",
        QuantifiableOperator.GreaterOrEqual => " >= ",
        QuantifiableOperator.Greater => " > ",
        QuantifiableOperator.LessOrEqual => " <= ",
        QuantifiableOperator.Less => " < ",
        QuantifiableOperator.Like => " like ",
        QuantifiableOperator.CaseInsensitiveLike => " ilike ",
        QuantifiableOperator.Match => " ~ ",
        QuantifiableOperator.CaseInsensitiveMatch => " ~* ",
    };

    internal static string Sql(FullTextOperator name) => name switch
    {
        FullTextOperator.Query => " @@ to_tsquery",
        FullTextOperator.Plain => " @@ plainto_tsquery",
        FullTextOperator.Phrase => " @@ phraseto_tsquery",
        FullTextOperator.Websearch => " @@ websearch_to_tsquery",
    };

    internal static string Sql(IsValue value) => value switch
    {
        IsValue.Null => " IS NULL",
        IsValue.NotNull => " IS NOT NULL",
        IsValue.True => " IS TRUE",
        IsValue.False => " IS FALSE",
        IsValue.Unknown => " IS UNKNOWN",
    };

    /// <summary><c>{"a","b"}</c>, whose elements get their type from the column.</summary>
    internal static string ArrayLiteral(ImmutableArray<string> values)
    {
        var literal = new StringBuilder("{");
        foreach (var value in values)
        {
            if (literal.Length > 1)
                literal.Append(',');
            literal.Append('"')
                .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))
                .Append('"');
        }

        return literal.Append('}').ToString();
    }
}
