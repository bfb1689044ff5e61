using System.Text.Json;

namespace Evolv.Rest.Response;

/// <summary>How Swagger 2.0 describes a type of PostgreSQL.</summary>
static class OpenApiType
{
    /// <summary>Null for JSON, which may be anything.</summary>
    internal static string? TypeOf(string sqlType) => sqlType switch
    {
        "boolean" => "boolean",
        "smallint" or "integer" or "bigint" => "integer",
        "numeric" or "real" or "double precision" => "number",
        "json" or "jsonb" => null,
        _ when sqlType.EndsWith("[]", StringComparison.Ordinal) => "array",
        _ => "string",
    };

    internal static string FormatOf(string sqlType) => sqlType switch
    {
        "smallint" or "integer" => "int32",
        "bigint" => "int64",
        _ => sqlType,
    };

    /// <summary>PostgreSQL writes an array of any number of dimensions with one pair of brackets.</summary>
    internal static string ElementOf(string arrayType) => arrayType.Length > 2 ? arrayType[..^2] : "";

    /// <summary>Type, format and elements as members of the object that is being written.</summary>
    internal static void Write(Utf8JsonWriter json, string sqlType, int? maxLength = null)
    {
        json.WriteString("format", FormatOf(sqlType));
        var type = TypeOf(sqlType);
        if (type is "array")
        {
            json.WriteStartObject("items");
            WriteType(json, TypeOf(ElementOf(sqlType)));
            json.WriteEndObject();
        }

        if (maxLength is { } length)
            json.WriteNumber("maxLength", length);
        WriteType(json, type);
    }

    internal static void WriteType(Utf8JsonWriter json, string? type)
    {
        if (type is not null)
            json.WriteString("type", type);
    }

    /// <summary>The default of a column, if it is a value and not a calculation that JSON cannot show.</summary>
    internal static JsonElement? DefaultOf(string sqlType, string sqlDefault)
    {
        var text = sqlDefault;
        if (TypeOf(sqlType) is "string")
        {
            // 'new'::text is "new"; a call such as now() stays as it is, in quotes.
            var cast = $"::{sqlType}";
            text = $"\"{(text.EndsWith(cast, StringComparison.Ordinal) ? text[..^cast.Length].Trim('\'') : text)}\"";
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
