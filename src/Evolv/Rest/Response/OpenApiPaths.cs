using System.Text.Json;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Response;

/// <summary>The paths of the OpenAPI document: the document itself, tables, and functions.</summary>
static class OpenApiPaths
{
    static readonly string[] ReadParameters = ["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"];

    internal static void Write(Utf8JsonWriter json, OpenApiContents contents)
    {
        json.WriteStartObject("/");
        json.WriteStartObject("get");
        OpenApiDefinitions.WriteArray(json, "produces", MediaType.OpenApi.Mime, MediaType.Json.Mime);
        WriteResponses(json, (200, "OK"));
        json.WriteString("summary", "OpenAPI description (this document)");
        OpenApiDefinitions.WriteArray(json, "tags", "Introspection");
        json.WriteEndObject();
        json.WriteEndObject();

        foreach (var table in contents.Tables)
            WriteTable(json, table);

        // A path has room for one function; the last overload takes it.
        foreach (var overloads in contents.Routines.GroupBy(routine => routine.Name))
            WriteRoutine(json, overloads.Last());
    }

    static void WriteTable(Utf8JsonWriter json, Table table)
    {
        var name = table.Name.Name;
        var body = $"body.{name}";
        var filters = table.Columns.Select(column => $"rowFilter.{name}.{column.Name}").ToArray();

        json.WriteStartObject($"/{name}");
        WriteTableOperation(json, table, "get", [.. filters, .. ReadParameters], (200, "OK"), (206, "Partial Content"));
        // As PostgREST has it: what can be changed in one way is shown with all.
        if (table.Insertable || table.Updatable || table.Deletable)
        {
            WriteTableOperation(json, table, "post", [body, "select", "preferPost"], (201, "Created"));
            WriteTableOperation(json, table, "delete", [.. filters, "preferReturn"], (204, "No Content"));
            WriteTableOperation(json, table, "patch", [.. filters, body, "preferReturn"], (204, "No Content"));
        }

        json.WriteEndObject();
    }

    static void WriteTableOperation(
        Utf8JsonWriter json, Table table, string method, string[] parameters, params ReadOnlySpan<(int Status, string Description)> responses)
    {
        var (summary, description) = Split(table.Description);
        json.WriteStartObject(method);
        OpenApiDefinitions.WriteText(json, "description", description);
        json.WriteStartArray("parameters");
        foreach (var parameter in parameters)
            WriteReference(json, parameter);
        json.WriteEndArray();
        WriteResponses(json, responses, rowsOf: method is "get" ? table.Name.Name : null);
        OpenApiDefinitions.WriteText(json, "summary", summary);
        OpenApiDefinitions.WriteArray(json, "tags", table.Name.Name);
        json.WriteEndObject();
    }

    static void WriteRoutine(Utf8JsonWriter json, OpenApiRoutine routine)
    {
        json.WriteStartObject($"/rpc/{routine.Name}");
        if (routine.Volatility is not Volatility.Volatile)
            WriteRoutineOperation(json, routine, "get", WriteQueryParameters);
        WriteRoutineOperation(json, routine, "post", WriteBodyParameters);
        json.WriteEndObject();
    }

    static void WriteRoutineOperation(
        Utf8JsonWriter json, OpenApiRoutine routine, string method, Action<Utf8JsonWriter, OpenApiRoutine> writeParameters)
    {
        var (summary, description) = Split(routine.Description);
        json.WriteStartObject(method);
        OpenApiDefinitions.WriteText(json, "description", description);
        writeParameters(json, routine);
        OpenApiDefinitions.WriteArray(
            json, "produces", MediaType.Json.Mime, new MediaType.Singular(StripNulls: true).Mime, new MediaType.Singular(StripNulls: false).Mime);
        WriteResponses(json, (200, "OK"));
        OpenApiDefinitions.WriteText(json, "summary", summary);
        OpenApiDefinitions.WriteArray(json, "tags", $"(rpc) {routine.Name}");
        json.WriteEndObject();
    }

    static void WriteQueryParameters(Utf8JsonWriter json, OpenApiRoutine routine)
    {
        if (routine.Parameters.IsEmpty)
            return;

        json.WriteStartArray("parameters");
        foreach (var parameter in routine.Parameters)
            WriteQueryParameter(json, parameter);
        json.WriteEndArray();
    }

    static void WriteQueryParameter(Utf8JsonWriter json, RoutineParameter parameter)
    {
        var type = OpenApiType.TypeOf(parameter.Type);
        json.WriteStartObject();
        if (parameter.IsVariadic)
        {
            var element = OpenApiType.ElementOf(parameter.Type);
            json.WriteString("collectionFormat", "multi");
            json.WriteString("in", "query");
            json.WriteStartObject("items");
            json.WriteString("format", OpenApiType.FormatOf(element));
            OpenApiType.WriteType(json, OpenApiType.TypeOf(element));
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("format", OpenApiType.FormatOf(parameter.Type));
            json.WriteString("in", "query");
            // Here an array is the text {…}, and JSON is a text, too.
            type = type is "array" ? "string" : type;
        }

        json.WriteString("name", parameter.Name);
        json.WriteBoolean("required", parameter.IsRequired);
        json.WriteString("type", type ?? "string");
        json.WriteEndObject();
    }

    static void WriteBodyParameters(Utf8JsonWriter json, OpenApiRoutine routine)
    {
        json.WriteStartArray("parameters");
        json.WriteStartObject();
        json.WriteString("in", "body");
        json.WriteString("name", "args");
        json.WriteBoolean("required", true);
        json.WriteStartObject("schema");
        OpenApiDefinitions.WriteText(json, "description", routine.Description);
        if (!routine.Parameters.IsEmpty)
        {
            json.WriteStartObject("properties");
            foreach (var parameter in routine.Parameters)
            {
                json.WriteStartObject(parameter.Name);
                OpenApiType.Write(json, parameter.Type);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        OpenApiDefinitions.WriteArray(
            json, "required", routine.Parameters.Where(parameter => parameter.IsRequired).Select(parameter => parameter.Name));
        json.WriteString("type", "object");
        json.WriteEndObject();
        json.WriteEndObject();
        WriteReference(json, "preferParams");
        json.WriteEndArray();
    }

    static void WriteResponses(Utf8JsonWriter json, params ReadOnlySpan<(int Status, string Description)> responses)
        => WriteResponses(json, responses, rowsOf: null);

    /// <param name="rowsOf">The table whose rows are the answer of status 200.</param>
    static void WriteResponses(Utf8JsonWriter json, ReadOnlySpan<(int Status, string Description)> responses, string? rowsOf)
    {
        json.WriteStartObject("responses");
        foreach (var (status, description) in responses)
        {
            json.WriteStartObject($"{status}");
            json.WriteString("description", description);
            if (status is 200 && rowsOf is not null)
            {
                json.WriteStartObject("schema");
                json.WriteStartObject("items");
                json.WriteString("$ref", $"#/definitions/{rowsOf}");
                json.WriteEndObject();
                json.WriteString("type", "array");
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    static void WriteReference(Utf8JsonWriter json, string parameter)
    {
        json.WriteStartObject();
        json.WriteString("$ref", $"#/parameters/{parameter}");
        json.WriteEndObject();
    }

    /// <summary>The first line of a comment, and what follows it, if anything.</summary>
    static (string? Summary, string? Description) Split(string? comment)
    {
        var (first, rest) = OpenApiDocument.SplitComment(comment);
        return (first, rest is "" ? null : rest);
    }
}
