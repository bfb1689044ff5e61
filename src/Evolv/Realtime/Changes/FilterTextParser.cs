using System.Collections.Frozen;
using System.Text;

namespace Evolv.Realtime.Changes;

/// <summary>
/// Reads <c>a=eq.1,b=not.in.("x,y",z)</c>: conditions joined by commas must all hold. Texts with <c>, ( ) " \</c> or outer
/// blanks are quoted.
/// </summary>
ref struct FilterTextParser
{
    const int MostConditions = 20;
    const int MostValues = 100;
    const char End = '\0';

    static readonly FrozenDictionary<string, FilterOperator> Operators =
        Enum.GetValues<FilterOperator>().ToFrozenDictionary(value => value.ToString().ToLowerInvariant());

    readonly ReadOnlySpan<char> _text;
    int _at;

    FilterTextParser(string text) => _text = text;

    readonly char Current => _at < _text.Length ? _text[_at] : End;

    /// <exception cref="FormatException">What is wrong, in words for the client.</exception>
    internal static List<FilterText> Parse(string text)
    {
        var parser = new FilterTextParser(text);
        var filters = new List<FilterText>();
        do
        {
            if (filters.Count == MostConditions)
                throw new FormatException($"more than {MostConditions} conditions");
            filters.Add(parser.Condition());
        }
        while (parser.Take(','));
        return parser._at == text.Length ? filters : throw parser.Wrong("the end or a comma");
    }

    FilterText Condition()
    {
        var column = Until('=').Trim().ToString();
        if (column.Length == 0)
            throw Wrong("the name of a column");
        var word = Until('.').ToString();
        var isNegated = word == "not";
        if (isNegated)
            word = Until('.').ToString();
        if (!Operators.TryGetValue(word, out var @operator))
            throw new FormatException($"\"{word}\" is no operator; there are {string.Join(", ", Operators.Keys.Order(StringComparer.Ordinal))}");
        if (@operator != FilterOperator.In)
        {
            var value = Value(inList: false);
            if (@operator == FilterOperator.Is && (value = value.ToLowerInvariant()) is not ("null" or "true" or "false" or "unknown"))
                throw new FormatException("is takes null, true, false or unknown");
            return new FilterText(column, @operator, isNegated, [value]);
        }

        if (!Take('('))
            throw Wrong("(");
        var values = new List<string>();
        while (!Take(')'))
        {
            if (values.Count > 0 && !Take(','))
                throw Wrong(", or )");
            if (values.Count == MostValues)
                throw new FormatException($"more than {MostValues} values");
            values.Add(Value(inList: true));
        }

        return new FilterText(column, @operator, isNegated, [.. values]);
    }

    string Value(bool inList)
    {
        if (Current == '"')
            return Quoted();
        var start = _at;
        while (_at < _text.Length && Current != ',' && !(inList && Current == ')'))
            _at++;
        return _text[start.._at].ToString();
    }

    string Quoted()
    {
        var value = new StringBuilder();
        for (_at++; Current != '"'; _at++)
        {
            if (Current == '\\')
                _at++;
            if (_at >= _text.Length)
                throw Wrong("\"");
            value.Append(Current);
        }

        _at++;
        return value.ToString();
    }

    ReadOnlySpan<char> Until(char mark)
    {
        var length = _text[_at..].IndexOf(mark);
        if (length < 0)
            throw Wrong(mark.ToString());
        _at += length + 1;
        return _text.Slice(_at - length - 1, length);
    }

    bool Take(char mark)
    {
        if (_at >= _text.Length || Current != mark)
            return false;
        _at++;
        return true;
    }

    readonly FormatException Wrong(string expected) => new($"expected {expected} at character {_at + 1} of `{_text}`");
}
