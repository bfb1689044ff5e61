using System.Diagnostics;
using Evolv.Rest.Plan;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Query;

/// <summary>INSERT, UPDATE and DELETE.</summary>
static class MutateQuery
{
    static readonly QualifiedName Body = new("", "pgrst_body");

    // The statement counts its inserts in a setting: each row that is tried adds one, each that was there takes it back.
    const string CountInserted =
        "set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0'";

    const string UncountInserted =
        "set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) - 1)::text, true) <> '-1'";

    internal static SqlWriter Mutate(this SqlWriter sql, MutatePlan plan) => plan switch
    {
        MutatePlan.Insert insert => sql.Insert(insert),
        MutatePlan.Update update => sql.Update(update),
        MutatePlan.Delete delete => sql.Append("DELETE FROM ").Name(delete.Table).Where(delete.Table, delete.Where, [])
            .Returning(delete.Table, delete.Returning),
        _ => throw new UnreachableException(),
    };

    static SqlWriter Insert(this SqlWriter sql, MutatePlan.Insert plan)
    {
        sql.Append("INSERT INTO ").Name(plan.Table);
        if (!plan.Columns.IsEmpty)
            sql.Append("(").Join(", ", plan.Columns, static (sql, column) => sql.Name(column.Name)).Append(")");
        sql.Append(" SELECT ").Join(", ", plan.Columns, static (sql, column) => sql.Column(Body, column.Name))
            .FromBody(plan.Body, plan.Columns, firstOnly: false, plan.AppliesDefaults);
        if (!plan.PutFilters.IsEmpty)
            sql.Append(" WHERE ").Append(CountInserted).Append(" AND ").Join(" AND ", plan.PutFilters, (sql, filter) => sql.Logic(Body, filter));
        else if (plan.Merges)
            sql.Append(" WHERE ").Append(CountInserted);
        if (plan.Conflict is not null && !plan.ConflictColumns.IsEmpty)
            sql.OnConflict(plan);
        return sql.Returning(plan.Table, plan.Returning);
    }

    static void OnConflict(this SqlWriter sql, MutatePlan.Insert plan)
    {
        sql.Append(" ON CONFLICT(").Join(", ", plan.ConflictColumns, static (sql, column) => sql.Name(column)).Append(") DO ");
        if (!plan.Merges || plan.Columns.IsEmpty)
        {
            sql.Append("NOTHING");
            return;
        }

        sql.Append("UPDATE SET ").Join(", ", plan.Columns, static (sql, column)
            => sql.Name(column.Name).Append(" = EXCLUDED.").Name(column.Name)).Append(" WHERE ").Append(UncountInserted);
    }

    static SqlWriter Update(this SqlWriter sql, MutatePlan.Update plan)
    {
        if (plan.Columns.IsEmpty)
        {
            // SET needs a column. This changes nothing and still has the columns that are selected above.
            var names = new QualifiedName("", plan.Table.Name);
            sql.Append("SELECT ");
            _ = plan.Returning.IsEmpty
                ? sql.Append("NULL")
                : sql.Join(", ", plan.Returning, (sql, column) => sql.Column(names, column));
            return sql.Append(" FROM ").Name(plan.Table).Append(" WHERE false");
        }

        return sql.Append("UPDATE ").Name(plan.Table).Append(" SET ")
            .Join(", ", plan.Columns, static (sql, column) => sql.Name(column.Name).Append(" = ").Column(Body, column.Name))
            .FromBody(plan.Body, plan.Columns, firstOnly: false, plan.AppliesDefaults)
            .Where(plan.Table, plan.Where, []).Returning(plan.Table, plan.Returning);
    }
}
