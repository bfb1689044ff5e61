using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>Finds a field of a request in the schema. One that is not there may be a computed column: PostgreSQL will tell.</summary>
sealed class FieldResolver(SchemaCache schema)
{
    const string Json = "json";
    const string Text = "text";

    /// <summary>A field that is selected or ordered by, in its form outside the database when it has one.</summary>
    internal PlanField ForOutput(QualifiedName table, Field field) => WithOutputForm(Resolve(table, field));

    internal PlanField ForOrder(QualifiedName table, Field field) => Resolve(table, field);

    /// <summary>A field that is compared with a text of the query string.</summary>
    internal PlanField ForFilter(QualifiedName table, Field field, Operation operation)
    {
        var resolved = Resolve(table, field);
        // What is no document becomes one; of an unknown column nothing is known.
        if (operation is Operation.FullText search && resolved.Type.Length > 0 && resolved.BaseType != "tsvector")
            resolved = resolved with { ToTsVector = true, Language = search.Language };
        return schema.Representations.TryGetValue((Text, resolved.Type), out var representation)
            ? resolved with { Type = Text, Transform = representation.Function }
            : resolved;
    }

    /// <summary>A column that the body of a request fills.</summary>
    /// <exception cref="RestError">PGRST204</exception>
    internal PlanField ForBody(Table table, string name)
    {
        if (table.FindColumn(name) is not { } column)
            throw RestError.NoColumn(table.Name.Name, name);
        var resolved = Of(column);
        return schema.Representations.TryGetValue((Json, resolved.Type), out var representation)
            ? resolved with { Type = Json, Transform = representation.Function }
            : resolved;
    }

    internal PlanField ForOutput(Column column) => WithOutputForm(Of(column));

    internal bool HasOutputForm(Column column) => schema.Representations.ContainsKey((column.NominalType, Json));

    PlanField Resolve(QualifiedName table, Field field)
    {
        var column = schema.Tables.GetValueOrDefault(table)?.FindColumn(field.Name);
        var resolved = column is null ? new PlanField(field.Name, []) : Of(column);
        // json and jsonb need no conversion, and an index on an expression would not be used with it.
        return resolved with { Path = field.Path, ToJson = resolved.Type is not (Json or "jsonb") };
    }

    PlanField WithOutputForm(PlanField field)
        => schema.Representations.TryGetValue((field.Type, Json), out var representation)
            ? field with { Transform = representation.Function }
            : field;

    static PlanField Of(Column column) => new(column.Name, [], column.NominalType, column.Type, Default: column.Default);
}
