using System.Collections.Immutable;
using System.Globalization;

namespace Evolv.Realtime.Changes;

/// <summary>How a filter compares.</summary>
enum FilterOperator
{
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Like,
    Ilike,
    Is,
    Match,
    Imatch,
    IsDistinct,
}

/// <summary>One condition on a changed row, as the client wrote it: <c>column=op.value</c>.</summary>
/// <param name="Column">Name of the column.</param>
/// <param name="Operator">How it compares.</param>
/// <param name="IsNegated">Whether <c>not.</c> stood before it.</param>
/// <param name="Values">What it compares with: several for <c>in</c>, else one.</param>
sealed record FilterText(string Column, FilterOperator Operator, bool IsNegated, ImmutableArray<string> Values)
{
    /// <summary>As the reference prints it in errors.</summary>
    public override string ToString()
        => $"{{\"{Column}\", \"{Operator.ToString().ToLowerInvariant()}\", \"{string.Join(',', Values)}\", {(IsNegated ? "true" : "false")}}}";
}

/// <summary>A condition whose column and values were found good.</summary>
/// <param name="Text">The condition; values that have one text are in that.</param>
/// <param name="Column">Of the table; of a path into JSON, its end.</param>
/// <param name="Path">A path into JSON as SQL, <c>->'a'->>'b'</c>, or nothing.</param>
sealed record ChangeFilter(FilterText Text, PublishedColumn Column, string Path = "")
{
    const string Arrow = "->";

    /// <exception cref="FormatException">There is no such column that may be selected.</exception>
    internal static ChangeFilter On(PublishedTable table, FilterText text)
    {
        var at = text.Column.IndexOf(Arrow, StringComparison.Ordinal);
        var name = at < 0 ? text.Column : text.Column[..at];
        if (table.Columns.GetValueOrDefault(name) is not { IsSelectable: true } column)
            throw new FormatException($"invalid column for filter {name}");
        if (at < 0)
            return new ChangeFilter(text, column);
        if (column.BaseType is not ("json" or "jsonb") || text.Column.Contains('\0', StringComparison.Ordinal))
            throw new FormatException($"invalid path for filter {text.Column}");
        var (path, isText) = ("", false);
        foreach (var step in text.Column[at..].Split(Arrow)[1..])
        {
            if (isText)
                throw new FormatException($"nothing comes after ->> in {text.Column}");
            isText = step.StartsWith('>');
            var key = isText ? step[1..] : step;
            path += $"{Arrow}{(isText ? ">" : "")}{(int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) ? index.ToString(CultureInfo.InvariantCulture) : $"'{key.Replace("'", "''", StringComparison.Ordinal)}'")}";
        }

        return new ChangeFilter(text, column with { BaseType = "", SqlType = isText ? "pg_catalog.text" : "pg_catalog.jsonb" }, path);
    }

    /// <summary>Whether the value alone decides, so that bindings can be found by it.</summary>
    internal bool IsIndexable => Column.HasOneText && !Text.IsNegated && Text.Operator is FilterOperator.Eq or FilterOperator.In;

    /// <summary>Whether it compares with values of the column's type, and not with a pattern or a word of SQL.</summary>
    internal bool ComparesValues
        => Text.Operator is not (FilterOperator.Like or FilterOperator.Ilike or FilterOperator.Match or FilterOperator.Imatch or FilterOperator.Is);

    /// <summary>Whether it can be decided here. What compares by a type's own order or by a pattern is left to PostgreSQL.</summary>
    internal bool IsPlain => Text.Operator switch
    {
        FilterOperator.Eq or FilterOperator.Neq or FilterOperator.In or FilterOperator.IsDistinct => Column.HasOneText,
        FilterOperator.Lt or FilterOperator.Lte or FilterOperator.Gt or FilterOperator.Gte => Column.IsInteger,
        FilterOperator.Is => Path.Length == 0 && (Text.Values[0] == "null" || Column.BaseType == "bool"),
        FilterOperator.Like or FilterOperator.Ilike or FilterOperator.Match or FilterOperator.Imatch => false,
    };

    /// <summary>What SQL would say of a value; what it leaves open is no.</summary>
    internal bool Passes(string? value)
    {
        if (Text.Operator is FilterOperator.Is)
            return Is(value) != Text.IsNegated;
        if (Text.Operator is FilterOperator.IsDistinct)
            return (value != Text.Values[0]) != Text.IsNegated;
        if (Text.Operator is FilterOperator.In && Text.Values.IsEmpty)
            return Text.IsNegated; // Nothing is in it, not even null.
        return value is not null && Compare(value) is { } isTrue && isTrue != Text.IsNegated;
    }

    /// <summary>The condition in SQL: <c>$1</c> is the changed value, <c>$2</c> what it is compared with, both as text.</summary>
    internal string ToSql()
    {
        var value = Path.Length == 0 ? $"$1::text::{Column.SqlType}{Column.Collate}" : $"($1::text::jsonb{Path})";
        var given = $"$2::text::{Column.SqlType}";
        var condition = Text.Operator switch
        {
            FilterOperator.Eq => $"{value} = {given}",
            FilterOperator.Neq => $"{value} <> {given}",
            FilterOperator.Lt => $"{value} < {given}",
            FilterOperator.Lte => $"{value} <= {given}",
            FilterOperator.Gt => $"{value} > {given}",
            FilterOperator.Gte => $"{value} >= {given}",
            FilterOperator.In => $"{value} in (select e::text::{Column.SqlType} from unnest($2::text[]) u (e))",
            FilterOperator.Like => $"{value} like $2::text",
            FilterOperator.Ilike => $"{value} ilike $2::text",
            FilterOperator.Match => $"{value} ~ $2::text",
            FilterOperator.Imatch => $"{value} ~* $2::text",
            FilterOperator.IsDistinct => $"{value} is distinct from {given}",
            // A word of the grammar, not the client's.
            FilterOperator.Is => $"{value} is {Text.Values[0]} and $2::text is not null",
        };
        return $"select coalesce({(Text.IsNegated ? "not " : "")}({condition}), false)";
    }

    // Null when the column is of another type by now and the value is no number.
    bool? Compare(string value) => Text.Operator switch
    {
        FilterOperator.Eq => value == Text.Values[0],
        FilterOperator.Neq => value != Text.Values[0],
        FilterOperator.In => Text.Values.Contains(value),
        FilterOperator.Lt => Order(value) is { } order ? order < 0 : null,
        FilterOperator.Lte => Order(value) is { } order ? order <= 0 : null,
        FilterOperator.Gt => Order(value) is { } order ? order > 0 : null,
        FilterOperator.Gte => Order(value) is { } order ? order >= 0 : null,
        var other => throw new InvalidOperationException($"{other} is PostgreSQL's to decide"),
    };

    int? Order(string value)
        => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number.CompareTo(long.Parse(Text.Values[0], CultureInfo.InvariantCulture))
            : null;

    bool Is(string? value) => Text.Values[0] switch
    {
        "null" or "unknown" => value is null,
        "true" => value == "t",
        _ => value == "f",
    };
}
