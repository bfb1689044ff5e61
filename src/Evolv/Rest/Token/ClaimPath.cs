using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Evolv.Rest.Token;

/// <summary>
/// Where in the claims the role is: PostgREST's own notation, <c>.realm."my roles"[0]</c>, and the part of JSONPath
/// (RFC 9535) that names one value, <c>$.realm['my roles'][?search(@, '^app_')]</c>.
/// </summary>
sealed class ClaimPath
{
    delegate IEnumerable<JsonElement> Step(JsonElement from);

    readonly ImmutableArray<Step> _steps;

    ClaimPath(ImmutableArray<Step> steps) => _steps = steps;

    /// <exception cref="FormatException">The text is no path.</exception>
    internal static ClaimPath Parse(string text)
    {
        var reader = new Reader(text);
        return new ClaimPath(reader.ReadPath());
    }

    /// <summary>The first value that the path leads to.</summary>
    internal JsonElement? Find(JsonElement claims) => Follow(_steps, claims).Select(value => (JsonElement?)value).FirstOrDefault();

    static IEnumerable<JsonElement> Follow(ImmutableArray<Step> steps, JsonElement from)
        => steps.Aggregate((IEnumerable<JsonElement>)[from], (values, step) => values.SelectMany(value => step(value)));

    static IEnumerable<JsonElement> Children(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray(),
        JsonValueKind.Object => value.EnumerateObject().Select(member => member.Value),
        _ => [],
    };

    static Step Member(string name)
        => from => from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? [value] : [];

    static Step Item(int index) => from =>
    {
        if (from.ValueKind != JsonValueKind.Array)
            return [];
        var at = index < 0 ? index + from.GetArrayLength() : index;
        return at >= 0 && at < from.GetArrayLength() ? [from[at]] : [];
    };

    /// <summary>Reads a path from left to right.</summary>
    sealed class Reader(string text)
    {
        int _at;

        bool AtEnd => _at >= text.Length;

        internal ImmutableArray<Step> ReadPath()
        {
            var isJsonPath = TrySkip("$");
            var steps = ReadSteps();
            return AtEnd && (isJsonPath || steps.Length > 0) ? steps : throw Wrong();
        }

        ImmutableArray<Step> ReadSteps()
        {
            var steps = ImmutableArray.CreateBuilder<Step>();
            while (true)
            {
                if (TrySkip("."))
                    steps.Add(TrySkip("*") ? Children : Member(AtQuote ? ReadQuoted() : ReadName()));
                else if (TrySkip("["))
                    steps.Add(ReadBracket());
                else
                    return steps.ToImmutable();
            }
        }

        Step ReadBracket()
        {
            SkipSpaces();
            var step = TrySkip("*") ? Children
                : TrySkip("?") ? ReadFilter()
                : AtQuote ? Member(ReadQuoted())
                : Item(ReadIndex());
            SkipSpaces();
            Skip("]");
            return step;
        }

        // [?(@ == "x")], [?@.name == 'x'], [?search(@, 'x')]
        Step ReadFilter()
        {
            SkipSpaces();
            var isInParentheses = TrySkip("(");
            SkipSpaces();
            var isSearch = TrySkip("search(");
            SkipSpaces();
            Skip("@");
            var steps = ReadSteps();
            SkipSpaces();
            var condition = isSearch ? ReadSearch() : ReadComparison();
            SkipSpaces();
            if (isInParentheses)
                Skip(")");
            return from => Children(from).Where(item => Follow(steps, item).Any(
                value => value.ValueKind == JsonValueKind.String && condition(value.GetString()!)));
        }

        Predicate<string> ReadSearch()
        {
            Skip(",");
            SkipSpaces();
            var pattern = ReadQuoted();
            SkipSpaces();
            Skip(")");
            try
            {
                var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                return regex.IsMatch;
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                throw Wrong();
            }
        }

        Predicate<string> ReadComparison()
        {
            // The longer ones first.
            var comparison = ((string[])["==^", "^==", "*==", "==", "!="]).FirstOrDefault(TrySkip) ?? throw Wrong();
            SkipSpaces();
            var wanted = ReadQuoted();
            return comparison switch
            {
                "==" => value => value == wanted,
                "!=" => value => value != wanted,
                "^==" => value => value.StartsWith(wanted, StringComparison.Ordinal),
                "==^" => value => value.EndsWith(wanted, StringComparison.Ordinal),
                _ => value => value.Contains(wanted, StringComparison.Ordinal),
            };
        }

        string ReadName()
        {
            var start = _at;
            while (!AtEnd && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '$' or '@'))
                _at++;
            return _at > start ? text[start.._at] : throw Wrong();
        }

        int ReadIndex()
        {
            var start = _at;
            TrySkip("-");
            while (!AtEnd && char.IsAsciiDigit(text[_at]))
                _at++;
            return int.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
                ? index
                : throw Wrong();
        }

        bool AtQuote => !AtEnd && text[_at] is '"' or '\'';

        string ReadQuoted()
        {
            if (!AtQuote)
                throw Wrong();
            var end = text.IndexOf(text[_at], _at + 1);
            if (end < 0)
                throw Wrong();
            var quoted = text[(_at + 1)..end];
            _at = end + 1;
            return quoted;
        }

        void SkipSpaces()
        {
            while (!AtEnd && text[_at] == ' ')
                _at++;
        }

        bool TrySkip(string expected)
        {
            if (string.CompareOrdinal(text, _at, expected, 0, expected.Length) != 0)
                return false;
            _at += expected.Length;
            return true;
        }

        void Skip(string expected)
        {
            if (!TrySkip(expected))
                throw Wrong();
        }

        FormatException Wrong() => new($"failed to parse role-claim-key value ({text})");
    }
}
