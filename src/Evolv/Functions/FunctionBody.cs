using System.Text.Json;

namespace Evolv.Functions;

/// <summary>The JSON object of a request. Every getter names the field and what it takes when the value is wrong.</summary>
sealed class FunctionBody
{
    readonly JsonElement _root;

    FunctionBody(JsonElement root) => _root = root;

    /// <exception cref="FunctionError">The body is no JSON object.</exception>
    internal static async Task<FunctionBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new FunctionBody(document.RootElement.Clone())
                : throw FunctionError.BadJson("The body must be a JSON object.");
        }
        catch (JsonException exception)
        {
            throw FunctionError.BadJson(
                $"The body is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
        }
    }

    internal Guid Guid(string name)
        => Find(name) is { ValueKind: JsonValueKind.String } value && value.TryGetGuid(out var id)
            ? id
            : throw FunctionError.Field(name, "must be a UUID");

    internal int Integer(string name, int least, int most)
        => Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw FunctionError.Field(name, $"must be an integer from {least} to {most}");

    internal string OneOf(string name, IReadOnlyCollection<string> allowed)
        => Text(name) is { } text && allowed.Contains(text)
            ? text
            : throw FunctionError.Field(name, $"must be one of {string.Join(", ", allowed)}");

    /// <summary>Null when the field is absent or null.</summary>
    internal string? OptionalText(string name, int longest)
        => Find(name) is not { } value || value.ValueKind == JsonValueKind.Null
            ? null
            : Text(name) is { Length: > 0 } text && text.Length <= longest
                ? text
                : throw FunctionError.Field(name, $"must be text of 1 to {longest} characters");

    /// <summary>The text of a JSON object; <c>{}</c> when the field is absent or null.</summary>
    internal string OptionalObject(string name)
        => Find(name) switch
        {
            null or { ValueKind: JsonValueKind.Null } => "{}",
            { ValueKind: JsonValueKind.Object } value => value.GetRawText(),
            _ => throw FunctionError.Field(name, "must be a JSON object"),
        };

    JsonElement? Find(string name) => _root.TryGetProperty(name, out var value) ? value : null;

    string? Text(string name)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.String } value)
            return null;
        try
        {
            var text = value.GetString()!;
            // PostgreSQL's text cannot hold it.
            return text.Contains('\0', StringComparison.Ordinal) ? throw FunctionError.Field(name, "must not contain U+0000") : text;
        }
        catch (InvalidOperationException)
        {
            throw FunctionError.Field(name, "is not valid Unicode");
        }
    }
}
