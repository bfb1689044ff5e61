using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Evolv.Functions;

/// <summary>The JSON object of a request. Every getter names the field and what it takes when the value is wrong.</summary>
sealed partial class FunctionBody
{
    readonly JsonElement _root;
    readonly string _prefix; // of the names in errors

    FunctionBody(JsonElement root, string prefix = "") => (_root, _prefix) = (root, prefix);

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
        => OptionalGuid(name) ?? throw Wrong(name, "must be a UUID");

    /// <summary>Null when the field is absent or null, as of every optional one.</summary>
    internal Guid? OptionalGuid(string name)
        => Find(name) is not { } value
            ? null
            : value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id) ? id : throw Wrong(name, "must be a UUID");

    internal int Integer(string name, int least, int most)
        => OptionalInteger(name, least, most) ?? throw Wrong(name, $"must be an integer from {least} to {most}");

    internal int? OptionalInteger(string name, int least, int most) => (int?)OptionalLong(name, least, most);

    internal long? OptionalLong(string name, long least, long most)
        => Find(name) is not { } value
            ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most
                ? number
                : throw Wrong(name, $"must be an integer from {least} to {most}");

    /// <summary>A list of 1 to <paramref name="longest"/> integers.</summary>
    internal long[]? OptionalIntegers(string name, long least, long most, int longest)
    {
        if (Find(name) is not { } list)
            return null;
        var items = list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : (long?)null).ToArray()
            : [];
        return items.Length >= 1 && items.Length <= longest && items.All(item => item >= least && item <= most)
            ? [.. items.Select(item => item!.Value)]
            : throw Wrong(name, $"must be a list of 1 to {longest} integers from {least} to {most}");
    }

    internal bool Flag(string name, bool otherwise) => OptionalFlag(name) ?? otherwise;

    internal bool? OptionalFlag(string name)
        => Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => throw Wrong(name, "must be true or false"),
        };

    internal string OneOf(string name, IReadOnlyCollection<string> allowed)
        => Text(name) is { } text && allowed.Contains(text)
            ? text
            : throw Wrong(name, $"must be one of {string.Join(", ", allowed)}");

    internal string? OptionalOneOf(string name, IReadOnlyCollection<string> allowed)
        => Find(name) is null ? null : OneOf(name, allowed);

    /// <summary>A list of words, each from those.</summary>
    internal string[]? OptionalSetOf(string name, IReadOnlyCollection<string> allowed)
    {
        if (Find(name) is not { } list)
            return null;
        var items = list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : null).ToArray()
            : [null];
        return Array.TrueForAll(items, item => item is not null && allowed.Contains(item))
            ? [.. items.Distinct().OfType<string>()]
            : throw Wrong(name, $"must be a list of some of {string.Join(", ", allowed)}");
    }

    /// <summary>Text that is not blank.</summary>
    internal string Text(string name, int longest)
        => Text(name) is { } text && !string.IsNullOrWhiteSpace(text) && text.Length <= longest
            ? text
            : throw Wrong(name, $"must be text of 1 to {longest} characters");

    internal string? OptionalText(string name, int longest)
        => Find(name) is null
            ? null
            : Text(name) is { Length: > 0 } text && text.Length <= longest
                ? text
                : throw Wrong(name, $"must be text of 1 to {longest} characters");

    /// <summary>Text of a form that may be left empty: trimmed, and null when nothing is left.</summary>
    internal string? OptionalRemark(string name, int longest)
        => Find(name) is null
            ? null
            : Text(name) is { } text && text.Length <= longest
                ? text.Trim() is { Length: > 0 } remark ? remark : null
                : throw Wrong(name, $"must be text of at most {longest} characters");

    /// <summary>A name in URLs: lower-case words with hyphens between.</summary>
    internal string Slug(string name)
        => Text(name) is { Length: <= 60 } text && SlugPattern().IsMatch(text)
            ? text
            : throw Wrong(name, "must be lower-case letters and digits with single hyphens between, at most 60");

    /// <summary>A day as YYYY-MM-DD.</summary>
    internal DateOnly? OptionalDate(string name)
        => Find(name) is null
            ? null
            : DateOnly.TryParseExact(Text(name), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? date
                : throw Wrong(name, "must be a day as YYYY-MM-DD");

    /// <summary>An instant in ISO 8601, with its offset.</summary>
    internal DateTimeOffset? OptionalInstant(string name)
        => Find(name) is not { } value
            ? null
            : value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var instant)
                ? instant
                : throw Wrong(name, "must be a time in ISO 8601, such as 2026-11-26T12:00:00Z");

    /// <summary>The text of a JSON object; <c>{}</c> when the field is absent or null.</summary>
    internal string OptionalObject(string name) => Find(name) is null ? "{}" : Object(name);

    /// <summary>The text of a JSON object.</summary>
    internal string Object(string name)
        => Find(name) is { ValueKind: JsonValueKind.Object } value ? value.GetRawText() : throw Wrong(name, "must be a JSON object");

    /// <summary>A JSON object inside; errors of its fields begin with its name and a dot.</summary>
    internal FunctionBody Nested(string name)
        => Find(name) is { ValueKind: JsonValueKind.Object } value ? new FunctionBody(value, $"{_prefix}{name}.") : throw Wrong(name, "must be a JSON object");

    /// <summary>A list of texts without its blank ones; empty when the field is absent or null.</summary>
    internal string[] OptionalTexts(string name, int most, int longest)
    {
        if (Find(name) is not { } list)
            return [];
        var items = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= most
            ? list.EnumerateArray().Select(item => Text(name, item)).ToArray()
            : [null];
        return Array.TrueForAll(items, item => item?.Length <= longest)
            ? [.. items.OfType<string>().Where(item => !string.IsNullOrWhiteSpace(item)).Select(item => item.Trim())]
            : throw Wrong(name, $"must be a list of at most {most} texts of at most {longest} characters");
    }

    /// <summary>A number, with decimals or without.</summary>
    internal double? OptionalNumber(string name, double least, double most)
        => Find(name) is not { } value
            ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
                ? number
                : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));

    JsonElement? Find(string name)
        => _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    string? Text(string name) => Find(name) is { } value ? Text(name, value) : null;

    string? Text(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            var text = value.GetString()!;
            // PostgreSQL's text cannot hold it.
            return text.Contains('\0', StringComparison.Ordinal) ? throw Wrong(name, "must not contain U+0000") : text;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "is not valid Unicode");
        }
    }

    FunctionError Wrong(string name, string what) => FunctionError.Field(_prefix + name, what);

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex SlugPattern();
}
