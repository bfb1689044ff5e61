using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>
/// <c>*</c> by its columns' names, where a name is needed: to group by, to aggregate, or to give a domain its form outside
/// the database.
/// </summary>
static class Stars
{
    internal static void Expand(ReadPlan top, SchemaCache schema, FieldResolver fields, QualifiedName table)
        => Expand(top, table, isGrouped: false, schema, fields);

    static void Expand(ReadPlan plan, QualifiedName table, bool isGrouped, SchemaCache schema, FieldResolver fields)
    {
        var needsNames = isGrouped || plan.Spread is SpreadKind.ToMany || plan.Select.Any(field => field.Aggregate is not null);
        var isSpread = plan.Spread is not null;
        var columns = schema.Tables.GetValueOrDefault(table)?.Columns ?? [];
        var hasStar = plan.Select.Any(field => field.Field.Name == "*" &&
            (field.Aggregate is null || (isSpread && field.Aggregate == Aggregate.Count)));
        if (hasStar && (needsNames || columns.Any(fields.HasOutputForm)))
            plan.Select = [.. plan.Select.SelectMany(field => Expand(field, columns, isSpread, fields))];
        foreach (var embed in plan.Embeds)
            Expand(embed, embed.From, needsNames, schema, fields);
    }

    static IEnumerable<SelectField> Expand(SelectField field, ImmutableArray<Column> columns, bool isSpread, FieldResolver fields)
        => field switch
        {
            { Field: { Name: "*", Path.IsEmpty: true }, Aggregate: null }
                => columns.Select(column => field with { Field = fields.ForOutput(column) }),
            { Field: { Name: "*", Path.IsEmpty: true }, Aggregate: Aggregate.Count } when isSpread
                => [field with { Field = field.Field with { IsWholeRow = true } }],
            _ => [field],
        };
}
