using System.Collections.Immutable;

namespace Evolv.Rest.Request;

/// <summary>A column, or what a JSON path finds in it: <c>data->a->>0</c>.</summary>
sealed record Field(string Name, ImmutableArray<JsonStep> Path);

/// <summary>One step of a JSON path.</summary>
/// <param name="AsText"><c>->></c> and not <c>-></c>.</param>
/// <param name="Operand">The key, or the index with its sign.</param>
readonly record struct JsonStep(bool AsText, bool IsIndex, string Operand);

enum Aggregate
{
    Sum,
    Avg,
    Count,
    Max,
    Min,
}

enum JoinType
{
    Left,
    Inner,
}

/// <summary>An item of <c>select=</c>.</summary>
abstract record SelectItem
{
    SelectItem() { } // Closed: only the cases below.

    /// <summary><c>alias:field::cast.sum()::cast</c>; <c>*</c> is a field, too.</summary>
    internal sealed record Column(Field Field, Aggregate? Aggregate, string? AggregateCast, string? Cast, string? Alias) : SelectItem;

    /// <summary><c>alias:name!hint!inner(…)</c></summary>
    internal sealed record Embed(string Name, string? Alias, string? Hint, JoinType? Join, ImmutableArray<SelectItem> Items) : SelectItem;

    /// <summary><c>...name!hint!inner(…)</c>: the columns move up into the parent.</summary>
    internal sealed record Spread(string Name, string? Hint, JoinType? Join, ImmutableArray<SelectItem> Items) : SelectItem;
}

/// <summary>Operators that take one value and no <c>any</c> or <c>all</c>.</summary>
enum SimpleOperator
{
    NotEqual,
    Contains,
    ContainedIn,
    Overlaps,
    StrictlyLeft,
    StrictlyRight,
    NotExtendsRight,
    NotExtendsLeft,
    Adjacent,
}

/// <summary>Operators that may be followed by <c>(any)</c> or <c>(all)</c>.</summary>
enum QuantifiableOperator
{
    Equal,
    GreaterOrEqual,
    Greater,
    LessOrEqual,
    Less,
    Like,
    CaseInsensitiveLike,
    Match,
    CaseInsensitiveMatch,
}

enum Quantifier
{
    Any,
    All,
}

enum FullTextOperator
{
    Query,
    Plain,
    Phrase,
    Websearch,
}

/// <summary>What may follow <c>is.</c>; each becomes a keyword of SQL.</summary>
enum IsValue
{
    Null,
    NotNull,
    True,
    False,
    Unknown,
}

/// <summary>The part of a filter after the field, without <c>not.</c></summary>
abstract record Operation
{
    Operation() { } // Closed: only the cases below.

    internal sealed record Simple(SimpleOperator Operator, string Value) : Operation;

    internal sealed record Quantifiable(QuantifiableOperator Operator, Quantifier? Quantifier, string Value) : Operation;

    internal sealed record In(ImmutableArray<string> Values) : Operation;

    internal sealed record Is(IsValue Value) : Operation;

    internal sealed record IsDistinctFrom(string Value) : Operation;

    internal sealed record FullText(FullTextOperator Operator, string? Language, string Value) : Operation;
}

/// <summary><c>field=not.op.value</c></summary>
sealed record Filter(Field Field, bool Negated, Operation Operation);

enum LogicOperator
{
    And,
    Or,
}

/// <summary>A tree of <c>and</c> and <c>or</c>.</summary>
abstract record Logic
{
    Logic() { } // Closed: only the cases below.

    internal sealed record Leaf(Filter Filter) : Logic;

    internal sealed record Branch(bool Negated, LogicOperator Operator, ImmutableArray<Logic> Terms) : Logic;
}

enum OrderDirection
{
    Asc,
    Desc,
}

enum NullsOrder
{
    First,
    Last,
}

/// <summary>A term of <c>order=</c>.</summary>
/// <param name="Relation">The embedded table that has the field; null for the table itself.</param>
sealed record OrderTerm(string? Relation, Field Field, OrderDirection? Direction, NullsOrder? Nulls);

/// <summary>Something that a parameter says of an embedded table; an empty path means the top.</summary>
readonly record struct At<T>(ImmutableArray<string> Path, T Value);
