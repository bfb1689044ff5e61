using System.Text;
using System.Text.Json;

namespace Evolv.Realtime.Changes;

/// <summary>PostgreSQL's texts of values as the JSON that its <c>to_jsonb</c> would make of them.</summary>
static class JsonValues
{
    /// <param name="json">Where to.</param>
    /// <param name="column">Says the type.</param>
    /// <param name="text">The value as text; null for null.</param>
    internal static void Write(Utf8JsonWriter json, PublishedColumn column, string? text)
    {
        if (text is null)
            json.WriteNullValue();
        else if (column.ElementType.Length > 0 && text.Length > 0 && text[0] is '{' or '[')
            new ArrayText(text, column.ElementType).Write(json);
        else
            WriteScalar(json, column.BaseType, text);
    }

    static void WriteScalar(Utf8JsonWriter json, string type, string text)
    {
        switch (type)
        {
            case "bool":
                json.WriteBooleanValue(text == "t");
                break;
            case "int2" or "int4" or "int8" or "float4" or "float8" or "numeric" when text[^1] is >= '0' and <= '9': // not NaN, not Infinity
                json.WriteRawValue(text, skipInputValidation: true);
                break;
            case "json" or "jsonb":
                json.WriteRawValue(text, skipInputValidation: true);
                break;
            case "timestamp":
                json.WriteStringValue(Instant(text));
                break;
            case "timestamptz":
                json.WriteStringValue(Instant(text).Replace("+00", "+00:00", StringComparison.Ordinal)); // The log's time zone is UTC.
                break;
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    static string Instant(string text) => text.IndexOf(' ', StringComparison.Ordinal) is var at and >= 0 ? $"{text[..at]}T{text[(at + 1)..]}" : text;

    /// <summary>An array's text: <c>{a,"b c",NULL,{…}}</c>, perhaps after its bounds, <c>[0:1]={…}</c>.</summary>
    ref struct ArrayText(string text, string elementType)
    {
        readonly ReadOnlySpan<char> _text = text[0] == '[' ? text.AsSpan(text.IndexOf('=', StringComparison.Ordinal) + 1) : text;
        readonly char _delimiter = elementType == "box" ? ';' : ',';
        int _at;

        internal void Write(Utf8JsonWriter json)
        {
            json.WriteStartArray();
            _at++; // {
            while (_text[_at] != '}')
            {
                if (_text[_at] == _delimiter)
                    _at++;
                if (_text[_at] == '{')
                    Write(json);
                else if (_text[_at] == '"')
                    WriteScalar(json, elementType, Quoted());
                else
                    WriteBare(json);
            }

            _at++;
            json.WriteEndArray();
        }

        void WriteBare(Utf8JsonWriter json)
        {
            var start = _at;
            while (_text[_at] != _delimiter && _text[_at] != '}')
                _at++;
            var bare = _text[start.._at];
            if (bare is "NULL")
                json.WriteNullValue();
            else
                WriteScalar(json, elementType, bare.ToString());
        }

        string Quoted()
        {
            var value = new StringBuilder();
            for (_at++; _text[_at] != '"'; _at++)
            {
                if (_text[_at] == '\\')
                    _at++;
                value.Append(_text[_at]);
            }

            _at++;
            return value.ToString();
        }
    }
}
