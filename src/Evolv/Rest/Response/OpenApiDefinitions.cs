using System.Text.Json;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Response;

/// <summary>The parts of the OpenAPI document that its paths refer to: rows of tables and parameters that many paths take.</summary>
static class OpenApiDefinitions
{
    static readonly string[] Return = ["return=representation", "return=minimal", "return=none"];

    static readonly string[] Resolution = ["resolution=ignore-duplicates", "resolution=merge-duplicates"];

    internal static void WriteTable(Utf8JsonWriter json, Table table, SchemaCache cache)
    {
        json.WriteStartObject(table.Name.Name);
        WriteText(json, "description", table.Description);
        if (!table.Columns.IsEmpty)
        {
            json.WriteStartObject("properties");
            foreach (var column in table.Columns)
                WriteColumn(json, table, column, cache);
            json.WriteEndObject();
        }

        WriteArray(json, "required", table.Columns.Where(column => !column.IsNullable).Select(column => column.Name));
        json.WriteString("type", "object");
        json.WriteEndObject();
    }

    /// <summary>Members named <c>select</c>, <c>preferReturn</c> …, then those of each table: its rows as a body, and a filter for each column.</summary>
    internal static void WriteParameters(Utf8JsonWriter json, IEnumerable<Table> tables)
    {
        WritePrefer(json, "preferParams", []);
        WritePrefer(json, "preferReturn", Return);
        WritePrefer(json, "preferCount", ["count=none"]);
        WritePrefer(json, "preferPost", [.. Return, .. Resolution]);
        WriteParameter(json, "select", "select", "Filtering Columns", "query");
        WriteParameter(json, "on_conflict", "on_conflict", "On Conflict", "query");
        WriteParameter(json, "order", "order", "Ordering", "query");
        WriteParameter(json, "range", "Range", "Limiting and Pagination", "header");
        WriteParameter(json, "rangeUnit", "Range-Unit", "Limiting and Pagination", "header", "items");
        WriteParameter(json, "offset", "offset", "Limiting and Pagination", "query");
        WriteParameter(json, "limit", "limit", "Limiting and Pagination", "query");
        foreach (var table in tables)
        {
            WriteBody(json, table.Name.Name);
            foreach (var column in table.Columns)
                WriteParameter(json, $"rowFilter.{table.Name.Name}.{column.Name}", column.Name, column.Description, "query");
        }
    }

    internal static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }

    /// <summary>Nothing if there are no texts: Swagger does not allow an empty list here.</summary>
    internal static void WriteArray(Utf8JsonWriter json, string name, params IEnumerable<string> texts)
    {
        var any = false;
        foreach (var text in texts)
        {
            if (!any)
                json.WriteStartArray(name);
            any = true;
            json.WriteStringValue(text);
        }

        if (any)
            json.WriteEndArray();
    }

    static void WriteColumn(Utf8JsonWriter json, Table table, Column column, SchemaCache cache)
    {
        json.WriteStartObject(column.Name);
        if (column.Default is not null && OpenApiType.DefaultOf(column.Type, column.Default) is { } value)
        {
            json.WritePropertyName("default");
            value.WriteTo(json);
        }

        WriteText(json, "description", Describe(table, column, cache));
        WriteArray(json, "enum", column.Enum);
        OpenApiType.Write(json, column.Type, column.MaxLength);
        json.WriteEndObject();
    }

    /// <summary>The comment of the column and notes of its keys, in a form that tools take apart.</summary>
    static string? Describe(Table table, Column column, SchemaCache cache)
    {
        var primaryKey = table.PrimaryKey.Contains(column.Name) ? "\nThis is a Primary Key.<pk/>" : "";
        var foreignKey = FindForeignKey(table, column, cache) is var (target, targetColumn)
            ? $"\nThis is a Foreign Key to `{target}.{targetColumn}`.<fk table='{target}' column='{targetColumn}'/>"
            : "";
        return (primaryKey + foreignKey) is { Length: > 0 } notes
            ? $"{(column.Description is null ? "" : $"{column.Description}\n\n")}Note:{notes}"
            : column.Description;
    }

    /// <summary>A key of this column alone; to a table rather than to a view of it.</summary>
    static (string Table, string Column)? FindForeignKey(Table table, Column column, SchemaCache cache)
        => cache.RelationshipsFrom(table.Name, table.Name.Schema)
            .OfType<Relationship.Key>()
            .Where(key => key.Cardinality is Cardinality.ManyToOne or Cardinality.OneToOne { IsParent: false }
                && key.Cardinality.Pairs is [var pair] && pair.Column == column.Name)
            .OrderBy(key => key.ForeignTableIsView)
            .Select(key => ((string, string)?)(key.ForeignTable.Name, key.Cardinality.Pairs[0].ForeignColumn))
            .FirstOrDefault();

    static void WritePrefer(Utf8JsonWriter json, string key, string[] values)
        => WriteParameter(json, key, "Prefer", "Preference", "header", values: values);

    static void WriteParameter(
        Utf8JsonWriter json, string key, string name, string? description, string place, string? byDefault = null, string[]? values = null)
    {
        json.WriteStartObject(key);
        WriteText(json, "default", byDefault);
        WriteText(json, "description", description);
        WriteArray(json, "enum", values ?? []);
        json.WriteString("in", place);
        json.WriteString("name", name);
        json.WriteBoolean("required", false);
        json.WriteString("type", "string");
        json.WriteEndObject();
    }

    static void WriteBody(Utf8JsonWriter json, string table)
    {
        json.WriteStartObject($"body.{table}");
        json.WriteString("description", table);
        json.WriteString("in", "body");
        json.WriteString("name", table);
        json.WriteBoolean("required", false);
        json.WriteStartObject("schema");
        json.WriteString("$ref", $"#/definitions/{table}");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
