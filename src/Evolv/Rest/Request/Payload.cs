using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Evolv.Rest.Request;

/// <summary>The body of a write or a call.</summary>
abstract record Payload
{
    Payload() { } // Closed: only the cases below.

    /// <param name="Keys">The keys that all objects have, sorted; empty when <c>columns=</c> names them.</param>
    internal sealed record Json(ReadOnlyMemory<byte> Body, ImmutableArray<string> Keys) : Payload
    {
        static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

        /// <summary>One object and not a list of them.</summary>
        internal bool IsObject
            => Body.Span.IndexOfAnyExcept(WhiteSpace) is var start and >= 0 && Body.Span[start] == (byte)'{';
    }

    /// <summary>A form that calls a function.</summary>
    internal sealed record Form(ImmutableArray<KeyValuePair<string, string>> Arguments) : Payload;

    /// <summary>Text, XML or bytes for a function with a single parameter.</summary>
    internal sealed record Raw(ReadOnlyMemory<byte> Body) : Payload;

    const int DeepestJson = 1000; // PostgreSQL's own parser would run out of stack some thousand levels later.

    static readonly SearchValues<byte> Structure = SearchValues.Create("\"\\[]{}"u8);

    static readonly Json EmptyList = new("[]"u8.ToArray(), []);

    /// <summary>Reads a body. Its JSON is checked here and otherwise left to PostgreSQL.</summary>
    /// <param name="isCall">Of a function: there, forms are arguments and the body may be empty.</param>
    /// <param name="columns">What <c>columns=</c> says; then the keys of the body do not count.</param>
    /// <exception cref="RestError">PGRST102</exception>
    internal static Payload Parse(ReadOnlyMemory<byte> body, MediaType contentType, bool isCall, ImmutableArray<string>? columns)
    {
        if (contentType == MediaType.Json)
        {
            if (columns is not null)
                return IsTooDeep(body.Span) ? throw RestError.TooDeep(DeepestJson) : new Json(body, []);
            return body.IsEmpty && isCall ? new Json("{}"u8.ToArray(), []) : ReadJson(body);
        }

        if (contentType == MediaType.Csv)
            return ReadCsv(body.Span);
        if (contentType == MediaType.UrlEncoded)
        {
            var form = ReadForm(body.Span);
            return isCall ? new Form(form) : FormAsRow(form);
        }

        if (isCall && (contentType == MediaType.PlainText || contentType == MediaType.Xml || contentType == MediaType.OctetStream))
            return new Raw(body);
        throw RestError.InvalidBody($"Content-Type not acceptable: {contentType.Mime}");
    }

    // Cheaper than to read it all, which PostgreSQL will do.
    static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var depth = 0;
        var isText = false;
        for (var at = 0; json[at..].IndexOfAny(Structure) is var next and >= 0; at++)
        {
            at += next;
            switch (json[at])
            {
                case (byte)'"':
                    isText = !isText;
                    break;
                case (byte)'\\':
                    at = Math.Min(at + 1, json.Length - 1);
                    break;
                case (byte)'[' or (byte)'{' when !isText:
                    if (++depth > DeepestJson)
                        return true;
                    break;
                case (byte)']' or (byte)'}' when !isText:
                    depth--;
                    break;
            }
        }

        return false;
    }

    static Json ReadJson(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
            throw RestError.InvalidBody("Empty or invalid json");
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = DeepestJson });
            reader.Read();
            var json = reader.TokenType switch
            {
                JsonTokenType.StartObject => new Json(body, Sort(ReadKeys(ref reader))),
                JsonTokenType.StartArray => ReadList(body, ref reader),
                _ => EmptyList, // As PostgREST takes anything else.
            };
            while (reader.Read())
            {
            }

            return json;
        }
        // The second is a key with half of a surrogate pair.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw IsTooDeep(body.Span) ? RestError.TooDeep(DeepestJson) : RestError.InvalidBody("Empty or invalid json");
        }
    }

    static Json ReadList(ReadOnlyMemory<byte> body, ref Utf8JsonReader reader)
    {
        List<string>? keys = null;
        var differ = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                differ = true;
            }
            else if (keys is null)
            {
                keys = [.. ReadKeys(ref reader).Distinct()];
            }
            else
            {
                differ |= !HasKeys(ref reader, keys);
            }
        }

        // Told last: JSON that is wrong further on is the worse mistake.
        if (differ)
        {
            while (reader.Read())
            {
            }

            throw RestError.InvalidBody("All object keys must match");
        }

        return keys is null ? EmptyList : new Json(body, Sort(keys));
    }

    static List<string> ReadKeys(ref Utf8JsonReader reader)
    {
        var keys = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            keys.Add(reader.GetString()!);
            reader.Read();
            reader.Skip();
        }

        return keys;
    }

    // The usual case, the same keys in the same order, costs no allocation.
    static bool HasKeys(ref Utf8JsonReader reader, List<string> keys)
    {
        var index = 0;
        List<string>? others = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (others is null && (index >= keys.Count || !reader.ValueTextEquals(keys[index])))
                others = keys[..index];
            others?.Add(reader.GetString()!);
            index++;
            reader.Read();
            reader.Skip();
        }

        return others is null ? index == keys.Count : others.ToHashSet(StringComparer.Ordinal).SetEquals(keys);
    }

    // The first record names the columns; NULL is null.
    static Json ReadCsv(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw RestError.InvalidBody("Empty or invalid csv");
        var csv = new CsvReader(body);
        var names = new List<string>();
        for (var more = true; more;)
        {
            more = csv.ReadField(out var name);
            names.Add(Encoding.UTF8.GetString(name));
        }

        if (csv.Record == 1)
            throw RestError.InvalidBody("Empty or invalid csv"); // Not even the line of names is complete.
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
            throw RestError.InvalidBody($"Column '{twice}' is named twice");

        var json = new ArrayBufferWriter<byte>(body.Length + 1);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartArray();
        while (!csv.IsAtEnd)
        {
            if (!csv.SkipBlankLine())
                WriteRow(ref csv, names, writer);
        }

        writer.WriteEndArray();
        writer.Flush();
        return json.WrittenCount == 2 ? EmptyList : new Json(json.WrittenMemory, Sort(names));
    }

    static void WriteRow(ref CsvReader csv, List<string> names, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        var column = 0;
        for (var more = true; more; column++)
        {
            more = csv.ReadField(out var value);
            if (more != column < names.Count - 1)
                throw RestError.InvalidBody("All lines must have same number of fields");
            if (value.SequenceEqual("NULL"u8))
                writer.WriteNull(names[column]);
            else
                writer.WriteString(names[column], value);
        }

        writer.WriteEndObject();
    }

    static ImmutableArray<KeyValuePair<string, string>> ReadForm(ReadOnlySpan<byte> body)
        => [.. QueryParameters.Decode(Encoding.UTF8.GetString(body)).Select(field => KeyValuePair.Create(field.Key, field.Value ?? ""))];

    static Json FormAsRow(ImmutableArray<KeyValuePair<string, string>> form)
    {
        var row = new Dictionary<string, string>();
        foreach (var (name, value) in form)
            row[name] = value;
        return new Json(JsonSerializer.SerializeToUtf8Bytes(row), Sort(row.Keys));
    }

    static ImmutableArray<string> Sort(IEnumerable<string> keys) => [.. keys.Distinct().Order(StringComparer.Ordinal)];
}
