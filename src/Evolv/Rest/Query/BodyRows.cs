using System.Collections.Immutable;
using Evolv.Rest.Plan;
using Evolv.Rest.Request;
using NpgsqlTypes;

namespace Evolv.Rest.Query;

/// <summary>The body of a request as rows: PostgreSQL reads the JSON and gives each key the type of its column.</summary>
static class BodyRows
{
    /// <summary>Writes <c>FROM (…body…) pgrst_payload, LATERAL (…) pgrst_body</c>; the columns are in <c>pgrst_body</c>.</summary>
    /// <param name="firstOnly">A single row, however many there are.</param>
    /// <param name="appliesDefaults">A key that is absent takes the column's default instead of null.</param>
    internal static SqlWriter FromBody(
        this SqlWriter sql, Payload.Json body, ImmutableArray<PlanField> fields, bool firstOnly, bool appliesDefaults)
    {
        var isObject = body.IsObject;
        sql.Append(" FROM (SELECT ").Parameter(body.Body, appliesDefaults ? NpgsqlDbType.Jsonb : NpgsqlDbType.Json)
            .Append(" AS json_data) pgrst_payload, ");
        if (appliesDefaults)
            sql.Defaults(fields, isObject);
        sql.Append("LATERAL (SELECT ").Join(", ", fields, static (sql, field) =>
        {
            if (field.Transform is { } transform)
                sql.Append(transform).Append("(").Name(field.Name).Append(")").As(field.Name);
            else
                sql.Name(field.Name);
        });
        var (prefix, rows) = appliesDefaults ? ("jsonb", "pgrst_json_defs.val") : ("json", "pgrst_payload.json_data");
        if (fields.IsEmpty)
        {
            // {} is one row of defaults, [{},{}] are two.
            _ = isObject
                ? sql.Append(" FROM (values(1)) _ ")
                : sql.Append($" FROM {prefix}_array_elements({rows}) _ ");
        }
        else
        {
            sql.Append($" FROM {prefix}_to_record{(isObject ? "" : "set")}({rows}) AS _(")
                .Join(", ", fields, static (sql, field) => sql.Name(field.Name).Append(" ").Append(field.Type)).Append(")");
            if (firstOnly)
                sql.Append(" LIMIT 1");
        }

        return sql.Append(") pgrst_body");
    }

    static void Defaults(this SqlWriter sql, ImmutableArray<PlanField> fields, bool isObject)
    {
        var withDefault = fields.Where(field => field.Default is not null).ToArray();

        void Build(SqlWriter sql) => sql.Append("jsonb_build_object(").Join(", ", withDefault, static (sql, field)
            => sql.Append("'").Append(field.Name.Replace("'", "''", StringComparison.Ordinal)).Append("', ").Append(field.Default!)).Append(")");

        sql.Append(isObject ? "LATERAL (SELECT " : "LATERAL (SELECT jsonb_agg(");
        Build(sql);
        sql.Append(isObject
            ? " || pgrst_payload.json_data AS val) pgrst_json_defs, "
            : " || elem) AS val FROM jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_json_defs, ");
    }
}
