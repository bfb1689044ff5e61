using System.Text;

namespace Evolv.Auth.Import;

/// <summary>The pieces of SQL of which a dump is made.</summary>
static class SqlTokens
{
    /// <summary>Skips white space and comments.</summary>
    /// <returns>False at the end of the text.</returns>
    internal static bool SkipBlank(DumpText text)
    {
        while (true)
        {
            switch (text.Peek(), text.PeekSecond())
            {
                case (DumpText.End, _):
                    return false;
                case ('-', '-'):
                    text.ReadLine();
                    break;
                case ('/', '*'):
                    SkipComment(text);
                    break;
                case (var next, _) when char.IsWhiteSpace((char)next) || next == '\uFEFF':
                    text.Next();
                    break;
                default:
                    return true;
            }
        }
    }

    /// <summary>Letters, digits and underscores, in lower case; empty where something else stands.</summary>
    internal static string ReadWord(DumpText text)
    {
        var word = new StringBuilder();
        while (text.Peek() is var next and not DumpText.End && (char.IsAsciiLetterOrDigit((char)next) || next is '_' or '.' or '-' or '+'))
            text.Append(word, char.ToLowerInvariant((char)text.Next()));
        return word.ToString();
    }

    /// <summary><c>auth.users</c> of <c>"auth"."users"</c>, too.</summary>
    internal static string ReadTable(DumpText text)
    {
        SkipBlank(text);
        var name = ReadName(text);
        return text.Take('.') ? $"{name}.{ReadName(text)}" : name;
    }

    /// <summary>The names within parentheses; null when none stand here.</summary>
    internal static List<string>? ReadColumns(DumpText text)
    {
        SkipBlank(text);
        if (!text.Take('('))
            return null;
        var names = new List<string>();
        do
        {
            SkipBlank(text);
            names.Add(ReadName(text));
            SkipBlank(text);
        }
        while (text.Take(','));
        return text.Take(')') ? names : throw text.Broken("the list of columns does not end");
    }

    /// <summary>The values within parentheses.</summary>
    internal static List<string?> ReadTuple(DumpText text)
    {
        if (!text.Take('('))
            throw text.Broken("there is no list of values");
        var values = new List<string?>();
        do
        {
            SkipBlank(text);
            values.Add(ReadValue(text));
            SkipBlank(text);
            SkipCasts(text);
        }
        while (text.Take(','));
        return text.Take(')') ? values : throw text.Broken("the list of values does not end");
    }

    /// <summary>To the semicolon that ends it.</summary>
    internal static void SkipStatement(DumpText text)
    {
        var before = 0;
        while (text.Next() is var character and not DumpText.End)
        {
            switch (character)
            {
                case ';':
                    return;
                case '\'':
                    ReadString(text, hasEscapes: before is 'e' or 'E');
                    break;
                case '"':
                    ReadQuoted(text);
                    break;
                case '$' when !char.IsAsciiLetterOrDigit((char)before) && before != '_':
                    SkipDollars(text);
                    break;
                case '-' when text.Peek() == '-':
                    text.ReadLine();
                    break;
                case '/' when text.Take('*'):
                    SkipComment(text, depth: 1);
                    break;
            }

            before = character;
        }
    }

    static string? ReadValue(DumpText text)
    {
        if (text.Take('\''))
            return ReadString(text, hasEscapes: false);
        var word = ReadWord(text);
        if (word == "e" && text.Take('\''))
            return ReadString(text, hasEscapes: true);
        return word switch
        {
            "" => throw text.Broken("there is a value that is neither a string nor a number"),
            "null" or "default" => null,
            _ => word,
        };
    }

    // 'x'::jsonb, and with a length: ::character varying(255)
    static void SkipCasts(DumpText text)
    {
        while (text.Take(':'))
        {
            while (text.Peek() is not (DumpText.End or ',' or ')' or '('))
                text.Next();
            if (!text.Take('('))
                continue;
            while (text.Next() is not (DumpText.End or ')'))
            {
            }

            SkipBlank(text);
        }
    }

    static string ReadName(DumpText text)
    {
        if (text.Take('"'))
            return ReadQuoted(text);
        var name = new StringBuilder();
        while (text.Peek() is var next and not DumpText.End && (char.IsLetterOrDigit((char)next) || next is '_' or '$'))
            text.Append(name, char.ToLowerInvariant((char)text.Next()));
        return name.ToString();
    }

    static string ReadQuoted(DumpText text)
    {
        var name = new StringBuilder();
        while (true)
        {
            var character = text.Next();
            if (character != '"')
                text.Append(name, character);
            else if (text.Take('"'))
                name.Append('"');
            else
                return name.ToString();
        }
    }

    static string ReadString(DumpText text, bool hasEscapes)
    {
        var value = new StringBuilder();
        while (true)
        {
            var character = text.Next();
            if (character == '\\' && hasEscapes)
                text.Append(value, Escaped(text.Next()));
            else if (character != '\'')
                text.Append(value, character);
            else if (text.Take('\''))
                value.Append('\'');
            else
                return value.ToString();
        }
    }

    static int Escaped(int character) => character switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => character };

    // $$ … $$, $body$ … $body$. What is no tag, such as $1, ends nowhere and is left.
    static void SkipDollars(DumpText text)
    {
        var tag = new StringBuilder("$");
        while (text.Peek() is var next and not DumpText.End && (char.IsAsciiLetterOrDigit((char)next) || next == '_'))
            text.Append(tag, text.Next());
        if (!text.Take('$'))
            return;
        tag.Append('$');
        var (end, matched) = (tag.ToString(), 0);
        while (matched < end.Length)
        {
            var character = text.Next();
            if (character == DumpText.End)
                return;
            matched = character == end[matched] ? matched + 1 : character == '$' ? 1 : 0;
        }
    }

    static void SkipComment(DumpText text, int depth = 0)
    {
        do
        {
            switch (text.Next())
            {
                case DumpText.End:
                    return;
                case '*' when text.Take('/'):
                    depth--;
                    break;
                case '/' when text.Take('*'):
                    depth++;
                    break;
            }
        }
        while (depth > 0);
    }
}
