using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Support;

/// <summary>An instance of a JSON schema (the part of it that xAI knows), as a model writes it that does what it is told.</summary>
sealed class SchemaSample
{
    // Each begins with another letter, so that texts differ also where they must be short.
    static readonly string[] Words =
    [
        "amet", "bonum", "clarus", "dolor", "elit", "fugit", "gratia", "hortus", "ipsum", "iustus", "kalendae", "labor",
        "magna", "nulla", "opus", "purus", "quies", "ratio", "sidus", "tempor", "ulmus", "velit", "xenia", "zelus",
    ];

    const int Deepest = 64;
    const string Circular = "The schema refers to itself.";

    readonly JsonElement _root;
    int _texts;
    int _depth;

    SchemaSample(JsonElement root) => _root = root;

    internal static string Of(JsonElement schema) => new SchemaSample(schema).Make(schema, 0)?.ToJsonString() ?? "null";

    /// <summary>A value of the schema; <paramref name="place"/> tells the elements of a list apart.</summary>
    JsonNode? Make(JsonElement schema, int place)
    {
        try
        {
            if (++_depth > Deepest)
                throw new InvalidOperationException(Circular);
            schema = Resolve(schema);
            return Choices(schema) is [_, ..] choices
                ? JsonNode.Parse(choices[place % choices.Count].GetRawText())
                : Variant(schema) is { } variant
                ? Make(variant, place)
                : TypeOf(schema) switch
                {
                    "object" => MakeObject(schema, place),
                    "array" => MakeArray(schema),
                    "integer" => (long)MakeNumber(schema, place),
                    "number" => MakeNumber(schema, place),
                    "boolean" => place % 2 == 0,
                    "null" => null,
                    _ => MakeText(schema),
                };
        }
        finally
        {
            _depth--;
        }
    }

    JsonObject MakeObject(JsonElement schema, int place)
    {
        var made = new JsonObject();
        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
                made[property.Name] = Make(property.Value, place);
        }

        return made;
    }

    JsonArray MakeArray(JsonElement schema)
    {
        var least = (int)(Number(schema, "minItems") ?? 0);
        var count = least > 0 ? least : (int)Math.Min(2, Number(schema, "maxItems") ?? 2);
        var items = schema.TryGetProperty("items", out var of) ? of : JsonElement.Parse("""{"type":"string"}""");
        if (Choices(Resolve(items)) is [_, ..] choices)
            count = Math.Max(Math.Min(count, choices.Count), least);
        return [.. Enumerable.Range(0, count).Select(place => Make(items, place))];
    }

    static decimal MakeNumber(JsonElement schema, int place)
    {
        var from = Number(schema, "minimum") ?? Number(schema, "exclusiveMinimum") + 1;
        var to = Number(schema, "maximum") ?? Number(schema, "exclusiveMaximum") - 1;
        var middle = from is null ? Math.Min(1, to ?? 1) : decimal.Floor((from.Value + (to ?? from.Value)) / 2);
        return Math.Clamp(middle + place, from ?? decimal.MinValue, to ?? decimal.MaxValue);
    }

    string MakeText(JsonElement schema)
    {
        var number = _texts++;
        return schema.TryGetProperty("format", out var format)
            ? format.GetString() switch
            {
                "date" => $"2026-01-{number % 28 + 1:00}",
                "time" => $"{number % 24:00}:00:00Z",
                "date-time" => $"2026-01-{number % 28 + 1:00}T12:00:00Z",
                "email" => $"{Words[number % Words.Length]}@example.org",
                "uuid" => $"00000000-0000-4000-8000-{number:x12}",
                "uri" => $"https://example.org/{Words[number % Words.Length]}",
                _ => MakeProse(schema, number),
            }
            : MakeProse(schema, number);
    }

    static string MakeProse(JsonElement schema, int number)
    {
        var text = $"Lorem {Words[number % Words.Length]} {Words[number / Words.Length % Words.Length]} consectetur adipiscing";
        while (text.Length < Number(schema, "minLength"))
            text += " eiusmod";
        if (Number(schema, "maxLength") is { } most && text.Length > most)
            text = text[..(int)most];
        return text.EndsWith(' ') ? $"{text[..^1]}e" : text;
    }

    JsonElement Resolve(JsonElement schema)
    {
        for (var steps = 0; schema.ValueKind is JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); steps++)
        {
            if (steps > Deepest)
                throw new InvalidOperationException(Circular);
            schema = reference.GetString()!.Split('/').Skip(1).Aggregate(_root, (element, step) => element.GetProperty(step));
        }

        return schema;
    }

    /// <summary>The values that the schema lists, but null; none where it lists no values.</summary>
    static List<JsonElement> Choices(JsonElement schema)
        => schema.ValueKind is not JsonValueKind.Object ? []
            : schema.TryGetProperty("const", out var only) ? [only]
            : schema.TryGetProperty("enum", out var values) ? [.. values.EnumerateArray().Where(value => value.ValueKind is not JsonValueKind.Null)]
            : Variants(schema) is [_, ..] variants && variants.All(variant => Choices(variant) is [_, ..]) ? [.. variants.SelectMany(Choices)]
            : [];

    static JsonElement? Variant(JsonElement schema) => Variants(schema) is [var first, ..] ? first : null;

    static List<JsonElement> Variants(JsonElement schema)
        => schema.ValueKind is JsonValueKind.Object
            ? [.. new[] { "anyOf", "oneOf", "allOf" }
                .SelectMany(name => schema.TryGetProperty(name, out var variants) ? [.. variants.EnumerateArray()] : Array.Empty<JsonElement>())
                .Where(variant => TypeOf(variant) != "null")]
            : [];

    static string TypeOf(JsonElement schema)
        => schema.ValueKind is not JsonValueKind.Object ? "string"
            : schema.TryGetProperty("type", out var type)
                ? type.ValueKind is JsonValueKind.Array
                    ? type.EnumerateArray().Select(name => name.GetString()!).FirstOrDefault(name => name != "null", "null")
                    : type.GetString()!
            : schema.TryGetProperty("properties", out _) ? "object"
            : schema.TryGetProperty("items", out _) ? "array"
            : "string";

    static decimal? Number(JsonElement schema, string name)
        => schema.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetDecimal() : null;
}
