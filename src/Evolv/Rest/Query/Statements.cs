using System.Collections.Immutable;
using System.Diagnostics;
using Evolv.Rest.Plan;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using Npgsql;

namespace Evolv.Rest.Query;

/// <summary>
/// Plan → the statement of a request. Its only row has, in this order: rows on the page, rows in all, headers and status that
/// SQL chose, rows inserted by an upsert, the columns of <c>Location</c>, and last the body, which may be large.
/// </summary>
static class Statements
{
    const string Settings =
        "nullif(current_setting('response.headers', true), '') AS response_headers, " +
        "nullif(current_setting('response.status', true), '') AS response_status";

    const string NoInserted = "null::int";

    static readonly Action<SqlWriter> NoLocation = sql => sql.Append("null::text[]");

    internal static SqlWriter Write(ActionPlan.Statement plan, ApiRequest request, RestConfig config)
    {
        var sql = new SqlWriter();
        if (plan.MediaType is MediaType.Plan explain)
            sql.Append(Explain(explain));
        return plan switch
        {
            ActionPlan.Read read => Read(sql, read, request, config),
            ActionPlan.Mutate mutate => Mutate(sql, mutate, request),
            ActionPlan.Call call => Call(sql, call, request, config),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>The function that runs before each request, if there is one.</summary>
    internal static IEnumerable<NpgsqlBatchCommand> PreRequest(RestConfig config)
        => config.PreRequest is { } function ? [new SqlWriter().Append("SELECT ").Name(function).Append("()").ToCommand()] : [];

    /// <summary>The planner's estimate of all rows, for <c>count=planned</c> and <c>estimated</c>.</summary>
    internal static SqlWriter Estimate(ReadPlan rows) => new SqlWriter().Append("EXPLAIN (FORMAT JSON) ").CountRows(rows);

    static SqlWriter Read(SqlWriter sql, ActionPlan.Read plan, ApiRequest request, RestConfig config)
    {
        sql.Append("WITH pgrst_source AS (").Read(plan.Rows).Append(")");
        var total = Count(sql, plan.Rows, request, config, "pg_catalog.count(_postgrest_t)", limited: true);
        sql.Append(" SELECT pg_catalog.count(_postgrest_t) AS page_total, ").Append(total).Append(" AS total_result_set, ");
        return sql.SettingsAndBody(plan, NoInserted, NoLocation, null).Append(" FROM (SELECT * FROM pgrst_source) _postgrest_t");
    }

    static SqlWriter Mutate(SqlWriter sql, ActionPlan.Mutate plan, ApiRequest request)
    {
        var insert = plan.Write as MutatePlan.Insert;
        var countsInserted = insert is { Merges: true };
        sql.Append("WITH pgrst_source AS (").Mutate(plan.Write)
            .Append(") SELECT pg_catalog.count(_postgrest_t) AS page_total, null::bigint AS total_result_set, ");
        var inserted = countsInserted ? "nullif(current_setting('pgrst.inserted', true), '')::int" : NoInserted;
        var location = insert is not null && request.Preferences.Representation == Representation.HeadersOnly
            ? sql => sql.Location(insert.PrimaryKey)
            : NoLocation;
        sql.SettingsAndBody(plan, inserted, location, null).Append(" FROM (");
        // What is not sent need not be there.
        _ = plan.Handler is MediaHandler.None ? sql.Append("SELECT * FROM pgrst_source") : sql.Read(plan.Rows);
        return sql.Append(") _postgrest_t");
    }

    static SqlWriter Call(SqlWriter sql, ActionPlan.Call plan, ApiRequest request, RestConfig config)
    {
        sql.Append("WITH pgrst_source AS (").Call(plan.Invocation).Append(")");
        var page = plan.Routine.ReturnsSingle ? "1::bigint" : "pg_catalog.count(_postgrest_t)";
        var total = Count(sql, plan.Rows, request, config, page, limited: false);
        sql.Append(" SELECT ").Append(page).Append(" AS page_total, ").Append(total).Append(" AS total_result_set, ");
        return sql.SettingsAndBody(plan, NoInserted, NoLocation, plan.Routine).Append(" FROM (").Read(plan.Rows).Append(") _postgrest_t");
    }

    // Without a range the page is all there is.
    static string Count(SqlWriter sql, ReadPlan rows, ApiRequest request, RestConfig config, string page, bool limited)
    {
        if (!request.Preferences.Counts)
            return "null::bigint";
        if (config.MaxRows is null && request.TopRange == RowRange.All)
            return page;
        sql.Append(", pgrst_source_count AS (").CountRows(rows);
        // One more than fits shows that the estimate is needed.
        if (limited && request.Preferences.Count == CountKind.Estimated && config.MaxRows is { } most)
            sql.Append(" LIMIT ").Append(most + 1L);
        sql.Append(")");
        return "(SELECT pg_catalog.count(*) FROM pgrst_source_count)";
    }

    // A plan shows the columns in PostgREST's order; a body that is streamed comes last.
    static SqlWriter SettingsAndBody(
        this SqlWriter sql, ActionPlan.Statement plan, string inserted, Action<SqlWriter> location, Routine? routine)
    {
        if (plan.MediaType is MediaType.Plan)
        {
            if (plan is ActionPlan.Mutate)
            {
                location(sql);
                sql.Append(" AS location, ");
            }

            return sql.Body(plan.Handler, routine).Append(" AS body, ").Append(Settings).Append(", ").Append(inserted).Append(" AS response_inserted");
        }

        location(sql.Append(Settings).Append(", ").Append(inserted).Append(" AS response_inserted, "));
        return sql.Append(" AS location, ").Body(plan.Handler, routine).Append(" AS body");
    }

    static SqlWriter Body(this SqlWriter sql, MediaHandler handler, Routine? routine)
    {
        var rows = routine is { Returns.IsComposite: false } ? "json_agg(_postgrest_t.pgrst_scalar)" : "json_agg(_postgrest_t)";
        var isSingle = routine is { Returns.IsSet: false };
        return handler switch
        {
            MediaHandler.Json when isSingle => sql.Append($"coalesce({rows}->0, 'null')"),
            MediaHandler.Json => sql.Append($"coalesce({rows}, '[]')"),
            MediaHandler.ArrayJsonStripped when isSingle => sql.Append($"coalesce(json_strip_nulls({rows}->0), 'null')"),
            MediaHandler.ArrayJsonStripped => sql.Append($"coalesce(json_strip_nulls({rows}), '[]')"),
            MediaHandler.SingleJson single => sql.Append(
                single.StripNulls ? $"coalesce(json_strip_nulls({SingleRow(routine)}), 'null')" : $"coalesce({SingleRow(routine)}, 'null')"),
            MediaHandler.Csv => sql.Append(
                "(SELECT coalesce(string_agg(a.k, ','), '') FROM (SELECT json_object_keys(r)::text AS k FROM " +
                "(SELECT row_to_json(hh) AS r FROM pgrst_source AS hh LIMIT 1) s) a)" +
                " || e'\\n' || coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), e'\\n'), '')"),
            MediaHandler.GeoJson => sql.Append(
                "json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_postgrest_t)::json), '[]'))"),
            MediaHandler.Custom custom => sql.Custom(custom, routine),
            MediaHandler.None => sql.Append("''::text"),
            _ => throw new UnreachableException(),
        };
    }

    static string SingleRow(Routine? routine)
        => routine is { ReturnsScalar: true } ? "json_agg(_postgrest_t.pgrst_scalar)->0" : "json_agg(_postgrest_t)->0";

    static SqlWriter Custom(this SqlWriter sql, MediaHandler.Custom custom, Routine? routine)
    {
        sql.Name(custom.Function).Append("(");
        if (routine is { ReturnsScalar: true })
            sql.Append("_postgrest_t.pgrst_scalar");
        else if (custom.Target is { } target)
            sql.Append("_postgrest_t::").Name(target);
        else
            sql.Append("_postgrest_t");
        return sql.Append(custom.AsText ? ")::text" : ")");
    }

    // key=eq.value of each column of the primary key, when there is exactly one row.
    static void Location(this SqlWriter sql, ImmutableArray<string> primaryKey)
        => sql.Append(
            "CASE WHEN pg_catalog.count(_postgrest_t) = 1 THEN (WITH data AS (SELECT row_to_json(_) AS row FROM pgrst_source AS _ LIMIT 1) " +
            "SELECT array_agg(json_data.key || '=' || coalesce('eq.' || json_data.value, 'is.null')) " +
            "FROM data CROSS JOIN json_each_text(data.row) AS json_data WHERE json_data.key = ANY (")
            .Parameter(primaryKey.ToArray(), NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text).Append(")) END");

    static string Explain(MediaType.Plan plan)
    {
        var options = plan.Options.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(option => option switch
        {
            "analyze" => "ANALYZE",
            "verbose" => "VERBOSE",
            "settings" => "SETTINGS",
            "buffers" => "BUFFERS",
            _ => "WAL",
        });
        return $"EXPLAIN ({string.Join(", ", [plan.IsJson ? "FORMAT JSON" : "FORMAT TEXT", .. options])}) ";
    }
}
