using System.Text;

namespace Evolv.Rest.Request;

/// <summary>
/// Fields of CSV as RFC 4180 has them. Own code because libraries guess where a stray quote ends, which makes one line of two:
/// here that is an error.
/// </summary>
ref struct CsvReader(ReadOnlySpan<byte> text)
{
    ReadOnlySpan<byte> _rest = text;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The number of the record that is read next, from 1: a line, unless a field has several.</summary>
    internal int Record { get; private set; } = 1;

    internal bool SkipBlankLine() => _rest[0] is (byte)'\r' or (byte)'\n' && EndRecord();

    /// <returns>Whether another field of the same record follows.</returns>
    /// <exception cref="RestError">PGRST102</exception>
    internal bool ReadField(out ReadOnlySpan<byte> field)
    {
        field = _rest.StartsWith("\""u8) ? ReadQuoted() : ReadPlain();
        if (_rest.IsEmpty)
            return false;
        if (_rest[0] != ',')
            return !EndRecord();
        _rest = _rest[1..];
        return true;
    }

    bool EndRecord()
    {
        var length = _rest.StartsWith("\r\n"u8) ? 2
            : _rest[0] == '\n' ? 1
            : throw Wrong("a field with a quote or a carriage return needs quotes around it");
        _rest = _rest[length..];
        Record++;
        return true;
    }

    ReadOnlySpan<byte> ReadPlain()
    {
        var end = _rest.IndexOfAny(",\"\r\n"u8);
        return Take(end < 0 ? _rest.Length : end);
    }

    ReadOnlySpan<byte> ReadQuoted()
    {
        var (end, hasQuotes) = (1, false);
        while (true)
        {
            var quote = _rest[end..].IndexOf((byte)'"');
            if (quote < 0)
                throw Wrong("a quote is not closed");
            end += quote + 1;
            if (end == _rest.Length || _rest[end] != '"')
                break;
            (end, hasQuotes) = (end + 1, true);
        }

        var field = Take(end)[1..^1];
        return hasQuotes ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(field).Replace("\"\"", "\"", StringComparison.Ordinal)) : field;
    }

    ReadOnlySpan<byte> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    readonly RestError Wrong(string why) => RestError.InvalidBody($"parse error (record {Record} of the CSV: {why})");
}
