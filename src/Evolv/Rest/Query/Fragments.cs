using System.Collections.Immutable;
using System.Diagnostics;
using Evolv.Rest.Plan;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using NpgsqlTypes;

namespace Evolv.Rest.Query;

/// <summary>The parts that all statements have in common: fields, conditions, orders, ranges.</summary>
static class Fragments
{
    internal static SqlWriter Field(this SqlWriter sql, QualifiedName table, PlanField field)
    {
        if (!field.ToTsVector)
            return sql.PlainField(table, field);
        sql.Append("to_tsvector(");
        if (field.Language is { } language)
            sql.Literal(language).Append(", ");
        return sql.PlainField(table, field).Append(")");
    }

    internal static SqlWriter SelectField(this SqlWriter sql, QualifiedName table, SelectField field)
    {
        sql.Aggregated(field.Aggregate, field.AggregateCast, (table, field), static (sql, item) => sql.Cast(item.field.Cast, item, static (sql, item) =>
        {
            // Rows are counted without being made, and without a look at columns that are not granted.
            if (item.field is { Aggregate: Aggregate.Count, Field: { Name: "*", IsWholeRow: false } })
                sql.Append("*");
            else if (item.field.Field.Transform is { } transform)
                sql.Append(transform).Append("(").Field(item.table, item.field.Field).Append(")");
            else
                sql.Field(item.table, item.field.Field);
        }));
        return sql.As(field.Alias);
    }

    internal static SqlWriter SpreadField(this SqlWriter sql, string embed, SpreadField field)
        => sql.Aggregated(field.Aggregate, field.AggregateCast, (embed, field), static (sql, item) => sql.Column(new("", item.embed), item.field.Name))
            .As(field.Alias);

    internal static SqlWriter Where(
        this SqlWriter sql, QualifiedName table, ImmutableArray<PlanLogic> conditions, ImmutableArray<JoinCondition> joins)
    {
        if (conditions.IsEmpty && joins.IsEmpty)
            return sql;
        sql.Append(" WHERE ").Join(" AND ", conditions, (sql, condition) => sql.Logic(table, condition));
        if (!conditions.IsEmpty && !joins.IsEmpty)
            sql.Append(" AND ");
        return sql.Joins(joins);
    }

    internal static SqlWriter Joins(this SqlWriter sql, ImmutableArray<JoinCondition> joins)
        => sql.Join(" AND ", joins, static (sql, join) => sql.Column(join.Table, join.Column).Append(" = ").Column(join.OtherTable, join.OtherColumn));

    internal static SqlWriter Logic(this SqlWriter sql, QualifiedName table, PlanLogic logic) => logic switch
    {
        PlanLogic.Leaf leaf => sql.Condition(table, leaf),
        PlanLogic.NullEmbed embed => sql.Name(embed.AggregateAlias).Append(embed.Negated ? " IS DISTINCT FROM NULL" : " IS NOT DISTINCT FROM NULL"),
        PlanLogic.Branch branch => sql.Append(branch.Negated ? "NOT (" : "(")
            .Join(branch.Operator == LogicOperator.And ? " AND " : " OR ", branch.Terms, (sql, term) => sql.Logic(table, term)).Append(")"),
        _ => throw new UnreachableException(),
    };

    internal static SqlWriter Order(this SqlWriter sql, QualifiedName table, ImmutableArray<PlanOrder> order)
        => order.IsEmpty ? sql : sql.Append(" ORDER BY ").Join(", ", order, (sql, term) =>
        {
            if (term.Relation is { } relation)
                sql.Field(new("", relation), term.Field with { ToJson = true });
            else
                sql.Field(table, term.Field);
            sql.Append(term.Direction switch { OrderDirection.Asc => " ASC", OrderDirection.Desc => " DESC", _ => "" })
                .Append(term.Nulls switch { NullsOrder.First => " NULLS FIRST", NullsOrder.Last => " NULLS LAST", _ => "" });
        });

    /// <summary>
    /// The number of rows stands in the text: PostgreSQL would plan for a tenth of the table behind a parameter, find that plan
    /// too dear, and plan anew at each execution.
    /// </summary>
    internal static SqlWriter Range(this SqlWriter sql, RowRange range)
    {
        if (range == RowRange.All)
            return sql;
        sql.Append(" LIMIT ");
        _ = range.Limit is { } limit ? sql.Append(limit) : sql.Append("ALL");
        sql.Append(" OFFSET ");
        return range.Offset == 0 ? sql.Append("0") : sql.Parameter(range.Offset, NpgsqlDbType.Bigint);
    }

    internal static SqlWriter Returning(this SqlWriter sql, QualifiedName table, ImmutableArray<string> columns)
        => columns.IsEmpty ? sql.Append(" RETURNING 1") : sql.Append(" RETURNING ").Join(", ", columns, (sql, column) => sql.Column(table, column));

    internal static SqlWriter As(this SqlWriter sql, string? alias) => alias is null ? sql : sql.Append(" AS ").Name(alias);

    static SqlWriter PlainField(this SqlWriter sql, QualifiedName table, PlanField field)
    {
        if (field.IsWholeRow)
            return sql.Name(table.Name);
        if (field.Path.IsEmpty)
            return sql.Column(table, field.Name);
        if (field.ToJson)
            sql.Append("to_jsonb(").Column(table, field.Name).Append(")");
        else
            sql.Column(table, field.Name);
        foreach (var step in field.Path)
        {
            sql.Append(step.AsText ? "->>" : "->").Operand(step);
        }

        return sql;
    }

    static SqlWriter Aggregated<T>(this SqlWriter sql, Aggregate? aggregate, string? cast, T item, Action<SqlWriter, T> write)
    {
        if (aggregate is not { } function)
        {
            write(sql, item);
            return sql;
        }

        return sql.Cast(cast, (function, item, write), static (sql, call) =>
        {
            sql.Append(call.function switch
            {
                Aggregate.Sum => "SUM(",
                Aggregate.Avg => "AVG(",
                Aggregate.Count => "COUNT(",
                Aggregate.Max => "MAX(",
                Aggregate.Min => "MIN(",
            });
            call.write(sql, call.item);
            sql.Append(")");
        });
    }

    // The type stands without quotes, or bigint and its like would not be found.
    static SqlWriter Cast<T>(this SqlWriter sql, string? type, T item, Action<SqlWriter, T> write)
    {
        if (type is not null)
            sql.Append("CAST(");
        write(sql, item);
        if (type is null)
            return sql;
        _ = IsWords(type) ? sql.Append(" AS ").Append(type) : sql.Append(" AS ").Name(type);
        return sql.Append(")");
    }

    // The grammar lets digits and dollars through, too: $1 and $$ would mean something else in SQL than a type.
    static bool IsWords(string type) => type.Split(' ').All(word => word.Length > 0 && (char.IsLetter(word[0]) || word[0] == '_') &&
        word.All(character => char.IsLetter(character) || char.IsAsciiDigit(character) || character is '_' or '$'));

    static SqlWriter Condition(this SqlWriter sql, QualifiedName table, PlanLogic.Leaf leaf)
    {
        if (leaf.Negated)
            sql.Append("NOT ");
        sql.Field(table, leaf.Field);
        return leaf.Operation switch
        {
            Operation.Simple simple => sql.Append(Operators.Sql(simple.Operator)).Value(leaf.Field, simple.Value),
            Operation.Quantifiable quantifiable => sql.Append(Operators.Sql(quantifiable.Operator)).Quantified(leaf.Field, quantifiable),
            Operation.Is value => sql.Append(Operators.Sql(value.Value)),
            Operation.IsDistinctFrom distinct => sql.Append(" IS DISTINCT FROM ").Value(leaf.Field, distinct.Value),
            Operation.In { Values: [""] } => sql.Append(" = ANY('{}')"),
            Operation.In list => sql.List(leaf.Field, list.Values),
            Operation.FullText search => sql.Search(search),
            _ => throw new UnreachableException(),
        };
    }

    static SqlWriter Value(this SqlWriter sql, PlanField field, string value)
        => field.Transform is null ? sql.Literal(value) : sql.Append(field.Transform).Append("(").Literal(value).Append(")");

    static SqlWriter Quantified(this SqlWriter sql, PlanField field, Operation.Quantifiable operation)
    {
        sql.Append(operation.Quantifier switch { Quantifier.Any => "ANY(", Quantifier.All => "ALL(", _ => "" });
        // In a URL * needs no escape; % does.
        if (operation.Operator is QuantifiableOperator.Like or QuantifiableOperator.CaseInsensitiveLike)
            sql.Literal(operation.Value.Replace('*', '%'));
        else if (operation.Quantifier is not null && field.Transform is { } transform)
            sql.TransformedList(transform, operation.Value);
        else
            sql.Value(field, operation.Value);
        return operation.Quantifier is null ? sql : sql.Append(")");
    }

    // One parameter for any number of values, so that they share a prepared statement.
    static SqlWriter List(this SqlWriter sql, PlanField field, ImmutableArray<string> values)
    {
        var literal = Operators.ArrayLiteral(values);
        return field.Transform is null
            ? sql.Append(" = ANY (").Literal(literal).Append(")")
            : sql.Append(" = ANY (").TransformedList(field.Transform, literal).Append(")");
    }

    static SqlWriter TransformedList(this SqlWriter sql, string transform, string literal)
        => sql.Append("SELECT ").Append(transform).Append("(unnest(").Literal(literal).Append("::text[]))");

    static SqlWriter Search(this SqlWriter sql, Operation.FullText search)
    {
        sql.Append(Operators.Sql(search.Operator)).Append("(");
        if (search.Language is { } language)
            sql.Literal(language).Append(", ");
        return sql.Literal(search.Value).Append(")");
    }
}
