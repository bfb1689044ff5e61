using Evolv.Rest.Plan;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Query;

/// <summary>A tree of tables to read → SELECT with a lateral join for each embed.</summary>
static class ReadQuery
{
    internal static SqlWriter Read(this SqlWriter sql, ReadPlan plan)
    {
        var table = plan.Reference;
        sql.Append("SELECT ");
        // Without anything selected all is, and the aggregation above leaves it out.
        if (plan.Select.IsEmpty && plan.Embeds.IsEmpty)
            sql.Column(table, "*");
        var items = 0;
        foreach (var field in plan.Select)
            sql.Separate(ref items).SelectField(table, field);
        if (plan.Spread is SpreadKind.ToMany { ExtraSelects: var extras })
        {
            foreach (var extra in extras)
                sql.Separate(ref items).SelectField(extra.Relation is { } relation ? new("", relation) : table, extra.Field);
        }

        foreach (var select in plan.EmbedSelects)
            sql.SelectEmbed(select, ref items);
        sql.From(plan);
        foreach (var (embed, select) in plan.Embeds.Zip(plan.EmbedSelects))
            sql.JoinEmbed(embed, select);
        return sql.Where(table, plan.Where, plan.JoinConditions).GroupBy(plan, table).Order(table, plan.Order).Range(plan.Range);
    }

    /// <summary>A row for each row that <see cref="Read"/> would find without a range: inner embeds become EXISTS.</summary>
    internal static SqlWriter CountRows(this SqlWriter sql, ReadPlan plan)
    {
        sql.Append("SELECT 1").From(plan);
        var conditions = 0;

        SqlWriter And() => sql.Append(conditions++ == 0 ? " WHERE " : " AND ");

        foreach (var logic in plan.Where)
            And().CountLogic(plan, logic);
        if (!plan.JoinConditions.IsEmpty)
            And().Joins(plan.JoinConditions);
        foreach (var embed in plan.Embeds)
        {
            if (embed.Join == JoinType.Inner)
                And().Append("EXISTS (").CountRows(embed).Append(")");
        }

        return sql;
    }

    static SqlWriter CountLogic(this SqlWriter sql, ReadPlan plan, PlanLogic logic) => logic switch
    {
        PlanLogic.Branch branch => sql.Append(branch.Negated ? "NOT (" : "(")
            .Join(branch.Operator == LogicOperator.And ? " AND " : " OR ", branch.Terms, (sql, term) => sql.CountLogic(plan, term)).Append(")"),
        PlanLogic.NullEmbed embed => sql.Append(embed.Negated ? "EXISTS (" : "NOT EXISTS (")
            .CountRows(plan.Embeds.First(candidate => candidate.AggregateAlias == embed.AggregateAlias)).Append(")"),
        _ => sql.Logic(plan.Reference, logic),
    };

    static SqlWriter From(this SqlWriter sql, ReadPlan plan)
    {
        sql.Append(" FROM ");
        // The parameter is cast to its table, as the rows may come from a CTE and the function may be overloaded.
        if (plan.Relationship is Relationship.Computed computed)
            sql.Name(computed.Function).Append("(").Name(plan.ParentRow.Name).Append("::").Name(computed.Table).Append(")");
        else
            sql.Name(plan.From);
        sql.As(plan.FromAlias);
        return plan.Relationship is Relationship.Key { Cardinality: Cardinality.ManyToMany many }
            ? sql.Append(", ").Name(many.Junction)
            : sql;
    }

    static void SelectEmbed(this SqlWriter sql, EmbedSelect select, ref int items)
    {
        switch (select)
        {
            case EmbedSelect.Json { IsEmpty: false, IsObject: true } json:
                sql.Separate(ref items).Append("row_to_json(").Name(json.AggregateAlias).Append(".*)::jsonb").As(json.Name);
                break;
            case EmbedSelect.Json { IsEmpty: false } json:
                sql.Separate(ref items).Append("COALESCE(").Column(new("", json.AggregateAlias), json.AggregateAlias).Append(", '[]')").As(json.Name);
                break;
            case EmbedSelect.Spread spread:
                foreach (var field in spread.Fields)
                    sql.Separate(ref items).SpreadField(spread.AggregateAlias, field);
                break;
        }
    }

    static void JoinEmbed(this SqlWriter sql, ReadPlan embed, EmbedSelect select)
    {
        var isInner = embed.Join == JoinType.Inner;
        sql.Append(isInner ? " INNER JOIN LATERAL (" : " LEFT JOIN LATERAL (");
        var makesArray = embed.Spread is SpreadKind.ToMany || select is EmbedSelect.Json { IsObject: false };
        if (!makesArray)
        {
            sql.Read(embed).Append(")").As(embed.AggregateAlias).Append(" ON TRUE");
            return;
        }

        sql.Append("SELECT json_agg(").Name(embed.AggregateAlias).Append(")::jsonb").As(embed.AggregateAlias);
        if (embed.Spread is SpreadKind.ToMany spread)
        {
            foreach (var field in ((EmbedSelect.Spread)select).Fields)
            {
                sql.Append(", COALESCE(json_agg(").Column(new("", embed.AggregateAlias), field.Name)
                    .Order(new("", embed.AggregateAlias), spread.Order).Append("), '[]')::jsonb").As(field.Alias ?? field.Name);
            }
        }

        sql.Append(" FROM (").Read(embed).Append(")").As(embed.AggregateAlias).Append(")").As(embed.AggregateAlias).Append(" ON ");
        if (isInner)
            sql.Name(embed.AggregateAlias).Append(" IS NOT NULL");
        else
            sql.Append("TRUE");
    }

    // As soon as something is aggregated, everything else is grouped by.
    static SqlWriter GroupBy(this SqlWriter sql, ReadPlan plan, QualifiedName table)
    {
        if (plan.Select.All(field => field.Aggregate is null) &&
            plan.EmbedSelects.OfType<EmbedSelect.Spread>().All(spread => spread.Fields.All(field => field.Aggregate is null)))
            return sql;
        var terms = 0;
        foreach (var field in plan.Select.Where(field => field.Aggregate is null))
        {
            sql.Grouped(ref terms);
            _ = field.Alias is { } alias ? sql.Name(alias) : sql.Field(table, field.Field);
        }

        foreach (var select in plan.EmbedSelects)
        {
            if (select is EmbedSelect.Json json)
            {
                if (!json.IsEmpty)
                    sql.Grouped(ref terms).Name(json.Name);
                continue;
            }

            foreach (var field in ((EmbedSelect.Spread)select).Fields.Where(field => field.Aggregate is null))
                sql.Grouped(ref terms).Column(new("", select.AggregateAlias), field.Alias ?? field.Name);
        }

        return sql;
    }

    static SqlWriter Grouped(this SqlWriter sql, ref int terms) => sql.Append(terms++ == 0 ? " GROUP BY " : ", ");

    static SqlWriter Separate(this SqlWriter sql, ref int items) => items++ == 0 ? sql : sql.Append(", ");
}
