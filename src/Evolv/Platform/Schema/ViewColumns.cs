using System.Globalization;
using System.Text.RegularExpressions;

namespace Evolv.Platform.Schema;

/// <summary>The column of a table that a column of a view shows, and whether it comes through as not null.</summary>
readonly record struct ColumnOrigin(long Relation, int Column, bool IsNotNull);

/// <summary>
/// Follows the columns of views to the tables they come from. PostgreSQL calls every column of a view nullable; its parse
/// tree knows better.
/// </summary>
sealed partial class ViewColumns(IReadOnlyList<CatalogRelation> relations)
{
    // Since PostgreSQL 16 a column names the outer joins that may make it null; these are none.
    const string NotNulled = ":varnullingrels (b) ";

    readonly Dictionary<long, CatalogRelation> _relations = relations.ToDictionary(relation => relation.Id);
    readonly Dictionary<long, IReadOnlyDictionary<int, ColumnOrigin>> _origins = [];

    /// <summary>By position: where each column comes from. A table's come from itself, a computed one is missing.</summary>
    internal IReadOnlyDictionary<int, ColumnOrigin> OriginsOf(CatalogRelation relation)
    {
        if (!_origins.TryGetValue(relation.Id, out var origins))
        {
            origins = relation.Rule is null
                ? relation.Columns.ToDictionary(
                    column => column.Position, column => new ColumnOrigin(relation.Id, column.Position, column.IsNotNull))
                : Follow(relation.Rule);
            _origins.Add(relation.Id, origins);
        }

        return origins;
    }

    // A view cannot show itself, so this ends.
    Dictionary<int, ColumnOrigin> Follow(string rule)
    {
        var origins = new Dictionary<int, ColumnOrigin>();
        foreach (var (position, shown) in Targets(rule))
        {
            if (_relations.TryGetValue(shown.Relation, out var relation) &&
                OriginsOf(relation).TryGetValue(shown.Column, out var origin))
                origins[position] = origin with { IsNotNull = origin.IsNotNull && shown.IsNotNull };
        }

        return origins;
    }

    /// <summary>
    /// The target list of the outermost query: <c>{QUERY … :targetList ({TARGETENTRY :expr … :resno 1 …} …) …}</c>.
    /// Those of subqueries look the same and lie deeper. A backslash escapes the next character.
    /// </summary>
    static IEnumerable<(int Position, ColumnOrigin Shown)> Targets(string rule)
    {
        // An outer join within a subquery is not visible at the column that passes through it.
        var hidesOuterJoin = Subquery.IsMatch(rule) && NulledByJoin.IsMatch(rule);
        var (depth, start, isTarget) = (0, 0, false);
        for (var i = 0; i < rule.Length; i++)
        {
            switch (rule[i])
            {
                case '\\':
                    i++;
                    break;
                case '{' when ++depth == 2:
                    start = i;
                    break;
                case '}' when depth-- == 2 && isTarget:
                    var target = Target.Match(rule, start, i - start + 1);
                    if (target.Success)
                    {
                        var isKept = !hidesOuterJoin && target.Value.Contains(NotNulled, StringComparison.Ordinal);
                        yield return (
                            (int)Number(target, "position"),
                            new ColumnOrigin(Number(target, "table"), (int)Number(target, "column"), isKept));
                    }

                    break;
                case ':' when depth == 1:
                    isTarget = rule.AsSpan(i).StartsWith(":targetList ", StringComparison.Ordinal);
                    break;
            }
        }
    }

    static long Number(Match match, string group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        """
        ^\{TARGETENTRY :expr \{VAR [^{}]*\} :resno (?<position>\d+) .* :resorigtbl (?<table>[1-9]\d*) :resorigcol (?<column>\d+) :resjunk false\}$
        """)]
    static partial Regex Target { get; }

    [GeneratedRegex(@":varnullingrels \(b \d")]
    static partial Regex NulledByJoin { get; }

    [GeneratedRegex(":rtekind [16] ")]
    static partial Regex Subquery { get; }
}
