using System.Text;

namespace Evolv.Auth.Import;

/// <summary>The characters of a dump, one after the other, and the line they are on.</summary>
sealed class DumpText(TextReader reader)
{
    internal const int End = -1;

    // A value beyond it is none of a person's account, but a file of another kind.
    const int LongestValue = 16 * 1024 * 1024;

    readonly char[] _buffer = new char[64 * 1024];
    int _at;
    int _length;

    internal int Line { get; private set; } = 1;

    internal int Peek() => Has(1) ? _buffer[_at] : End;

    internal int PeekSecond() => Has(2) ? _buffer[_at + 1] : End;

    internal int Next()
    {
        if (!Has(1))
            return End;
        var character = _buffer[_at++];
        if (character == '\n')
            Line++;
        return character;
    }

    internal bool Take(char character)
    {
        if (Peek() != character)
            return false;
        Next();
        return true;
    }

    /// <summary>The rest of the line without its end; null at the end of the text.</summary>
    internal string? ReadLine()
    {
        if (!Has(1))
            return null;
        var line = new StringBuilder();
        while (Has(1))
        {
            var rest = _buffer.AsSpan(_at, _length - _at);
            var end = rest.IndexOf('\n');
            line.Append(end < 0 ? rest : rest[..end]);
            if (line.Length > LongestValue)
                throw Broken("the line is too long");
            _at += end < 0 ? rest.Length : end + 1;
            if (end < 0)
                continue;
            Line++;
            break;
        }

        if (line.Length > 0 && line[^1] == '\r')
            line.Length--;
        return line.ToString();
    }

    /// <summary>The rest of the line, or as much of it as fits into some thousand characters, without moving on.</summary>
    internal string PeekLine()
    {
        Has(8192);
        var rest = _buffer.AsSpan(_at, _length - _at);
        return rest.IndexOf('\n') is var end and >= 0 ? rest[..end].ToString() : rest.ToString();
    }

    internal void Append(StringBuilder text, int character)
    {
        if (character == End)
            throw Broken("it ends within a value");
        if (text.Length >= LongestValue)
            throw Broken("a value is too long");
        text.Append((char)character);
    }

    /// <summary>For what makes everything behind it unreadable, too.</summary>
    internal DumpFormatException Broken(string why) => new(Line, why);

    bool Has(int count)
    {
        while (_length - _at < count)
        {
            _buffer.AsSpan(_at, _length - _at).CopyTo(_buffer);
            (_at, _length) = (0, _length - _at);
            var read = reader.Read(_buffer, _length, _buffer.Length - _length);
            if (read == 0)
                return false;
            _length += read;
        }

        return true;
    }
}

/// <summary>The file is not of a form that can be read.</summary>
sealed class DumpFormatException(int line, string why) : Exception(why)
{
    internal int Line => line;
}
