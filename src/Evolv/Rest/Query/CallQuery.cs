using System.Diagnostics;
using System.Text;
using Evolv.Rest.Plan;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using NpgsqlTypes;

namespace Evolv.Rest.Query;

/// <summary>A call of a function as the rows of a FROM.</summary>
static class CallQuery
{
    static readonly QualifiedName Result = new("", "pgrst_call");

    internal static SqlWriter Call(this SqlWriter sql, CallPlan plan)
    {
        sql.Append("SELECT ");
        if (!plan.Routine.Returns.IsComposite)
            sql.Append("pgrst_call.pgrst_scalar");
        else if (plan.Columns is [] or ["*"])
            sql.Append("pgrst_call.*");
        else
            sql.Join(", ", plan.Columns.Union(plan.FilterColumns).Order(StringComparer.Ordinal), static (sql, column) => sql.Column(Result, column));

        switch (plan.Arguments)
        {
            case CallArguments.Single single:
                return sql.Append(" FROM ").Invoke(plan.Routine, single, static (sql, single) => sql.Body(single));
            case CallArguments.Keys { Parameters.IsEmpty: true } or CallArguments.Texts { Values.IsEmpty: true }:
                return sql.Append(" FROM ").Invoke(plan.Routine, 0, static (_, _) => { });
            case CallArguments.Texts texts:
                return sql.Append(" FROM ").Invoke(plan.Routine, texts.Values, static (sql, values)
                    => sql.Join(", ", values, static (sql, value) => sql.Argument(value.Parameter, value.Values)));
            case CallArguments.Keys keys:
                return sql.FromBody(keys.Body, [.. keys.Parameters.Select(parameter => new PlanField(parameter.Name, [], parameter.TypeMaxLength))], firstOnly: true, appliesDefaults: false)
                    .Append(", LATERAL ").Invoke(plan.Routine, keys.Parameters, static (sql, parameters) => sql.Join(", ", parameters, static (sql, parameter)
                        => sql.Append(parameter.IsVariadic ? "VARIADIC " : "").Name(parameter.Name).Append(" := pgrst_body.").Name(parameter.Name)));
            default:
                throw new UnreachableException();
        }
    }

    static SqlWriter Invoke<T>(this SqlWriter sql, Routine routine, T arguments, Action<SqlWriter, T> write)
    {
        var isScalar = !routine.Returns.IsComposite;
        sql.Append(isScalar ? "(SELECT " : "").Name(routine.Name).Append("(");
        write(sql, arguments);
        return sql.Append(isScalar ? ") pgrst_scalar) pgrst_call" : ") pgrst_call");
    }

    static void Body(this SqlWriter sql, CallArguments.Single single)
    {
        if (single.Parameter.Type == "bytea")
            sql.Parameter(single.Body?.ToArray(), NpgsqlDbType.Bytea);
        else
            sql.Literal(single.Body is { } body ? Encoding.UTF8.GetString(body.Span) : null).Append("::").Append(single.Parameter.Type);
    }

    static void Argument(this SqlWriter sql, RoutineParameter parameter, System.Collections.Immutable.ImmutableArray<string> values)
    {
        sql.Append(parameter.IsVariadic ? "VARIADIC " : "").Name(parameter.Name).Append(" := ");
        _ = parameter.IsVariadic
            ? sql.Parameter(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
            : sql.Literal(values[0]);
        sql.Append("::").Append(parameter.TypeMaxLength);
    }
}
