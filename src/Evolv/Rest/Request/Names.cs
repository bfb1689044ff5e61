using System.Collections.Immutable;
using System.Text;

namespace Evolv.Rest.Request;

/// <summary>Names of columns and tables, and JSON paths: what all parameters have in common.</summary>
static class Names
{
    /// <summary>Letters of any script, digits, underscore, space and dollar.</summary>
    internal static readonly CharacterClass Identifier = new(
        character => char.IsLetter(character) || char.IsAsciiDigit(character) || character is '_' or ' ' or '$' || char.IsSurrogate(character),
        "letter", "digit");

    internal static readonly CharacterClass Digit = new(char.IsAsciiDigit, "digit");
    static readonly CharacterClass Blank = CharacterClass.AnyOf(" \t");
    static readonly CharacterClass JsonKey = CharacterClass.NoneOf("(-:.,>)");
    static readonly CharacterClass Greater = CharacterClass.AnyOf(">");
    static readonly CharacterClass Unquoted = CharacterClass.NoneOf("\\\"");
    static readonly CharacterClass AnyCharacter = new(_ => true);

    static readonly Parser<string> IdentifierPart = input => input.Many1(Identifier).Select(text => text.Trim());
    static readonly Parser<string> JsonKeyPart = input => input.Many1(JsonKey).Select(text => text.Trim());
    static readonly Parser<char> DashParser = input => input.Try(Dash);
    static readonly Parser<string> QuotedParser = Quoted;
    static readonly Parser<string> IdentifierWithDashes = input => WithDashes(input, IdentifierPart);
    static readonly Parser<string> JsonKeyWithDashes = input => WithDashes(input, JsonKeyPart);
    static readonly Parser<char> Minus = input => input.Character('-');
    static readonly Parser<JsonStep> StepParser = Step;
    static readonly Parser<JsonStep> IndexParser = input => input.Try(Index);
    static readonly Parser<JsonStep> KeyParser = input => input.Try(Key);
    static readonly Parser<bool> LongArrow = input => input.Try(static rest => rest.Word("->>"));
    static readonly Parser<bool> ShortArrow = input => input.Try(static rest => rest.Word("->").Select(_ => false));
    static readonly Parser<bool>[] AfterIndex =
    [
        input => input.LooksAt("->"), input => input.LooksAt("::"), input => input.LooksAt("."), input => input.LooksAt(","),
        input => input.End(),
    ];

    internal static Reply<string> Name(Input input)
        => input.Choose(QuotedParser, IdentifierWithDashes).Labelled("field name (* or [a..z0..9_$])");

    /// <summary>
    /// Whether a name without quotes begins here and one of the characters follows it. It saves texts that are thrown away:
    /// grammars read a name first to see what kind of item it belongs to.
    /// </summary>
    internal static bool IsFollowedBy(Input input, ReadOnlySpan<char> characters)
    {
        var rest = input.Rest;
        var end = 0;
        while (end < rest.Length && (Identifier.Contains(rest[end]) || (rest[end] == '-' && !rest[(end + 1)..].StartsWith('>'))))
            end++;
        return end < rest.Length && characters.Contains(rest[end]);
    }

    internal static Reply<char> Delimiter(Input input) => input.Character('.').Labelled("delimiter (.)");

    /// <summary>A name as casts and languages have it: no quotes, no dashes.</summary>
    internal static Reply<string> PlainIdentifier(Input input) => IdentifierPart(input);

    internal static Reply<Field> Field(Input input)
    {
        var steps = new Steps();
        return steps.Take(Blanks(input)) && steps.Take(Name(input), out var name) && steps.Take(Path(input), out var path) &&
            steps.Take(Blanks(input))
            ? steps.Done(new Field(name, path))
            : steps.Fail<Field>();
    }

    internal static Reply<ImmutableArray<JsonStep>> Path(Input input)
        => input.Current == '-' || input.Explains
            ? input.Many(StepParser).Select(ImmutableArray.CreateRange)
            : input.Return(ImmutableArray<JsonStep>.Empty);

    internal static Reply<string> Blanks(Input input) => input.Many(Blank);

    /// <summary>The character with white space around it.</summary>
    internal static Reply<char> Spaced(Input input, char character)
    {
        var steps = new Steps();
        return steps.Take(Blanks(input)) && steps.Take(input.Character(character)) && steps.Take(Blanks(input))
            ? steps.Done(character)
            : steps.Fail<char>();
    }

    /// <summary><c>"…"</c>, in which a backslash takes the next character as it is.</summary>
    internal static Reply<string> Quoted(Input input)
    {
        var steps = new Steps();
        if (!steps.Take(input.Character('"')))
            return steps.Fail<string>();
        var text = new StringBuilder();
        while (true)
        {
            if (!steps.Take(input.Many(Unquoted), out var part))
                return steps.Fail<string>();
            text.Append(part);
            if (input.Current != '\\' || input.IsAtEnd)
                break;
            input.Position++;
            if (!steps.Take(input.One(AnyCharacter), out var escaped))
                return new Reply<string>(false, true, "", input.Unexpected());
            text.Append(escaped);
        }

        return steps.Take(input.Character('"')) ? steps.Done(text.ToString()) : steps.Fail<string>();
    }

    static Reply<string> WithDashes(Input input, Parser<string> part)
    {
        var first = part(input);
        return first.IsOk && (input.Current == '-' || input.Explains) ? MoreParts(input, first, part) : first;
    }

    static Reply<string> MoreParts(Input input, Reply<string> first, Parser<string> part)
    {
        var steps = new Steps();
        steps.Take(first);
        var more = input.Many(rest =>
        {
            var next = new Steps();
            return next.Take(DashParser(rest)) && next.Take(part(rest), out var text) ? next.Done(text) : next.Fail<string>();
        });
        return steps.Take(more, out var parts) ? steps.Done(string.Join('-', [first.Value, .. parts])) : steps.Fail<string>();
    }

    // Not the beginning of an arrow.
    static Reply<char> Dash(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('-')) && steps.Take(input.NotFollowedBy(Greater)) ? steps.Done('-') : steps.Fail<char>();
    }

    static Reply<JsonStep> Step(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(LongArrow, ShortArrow), out var asText) &&
            steps.Take(input.Choose(IndexParser, KeyParser), out var operand)
            ? steps.Done(operand with { AsText = asText })
            : steps.Fail<JsonStep>();
    }

    // Only an integer that ends here: 1 is an index, 1a is a key.
    static Reply<JsonStep> Index(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Optional(Minus), out var sign) && steps.Take(input.Many1(Digit), out var digits) &&
            steps.Take(input.Choose(AfterIndex))
            ? steps.Done(new JsonStep(false, IsIndex: true, (sign == '-' ? "-" : "+") + digits))
            : steps.Fail<JsonStep>();
    }

    static Reply<JsonStep> Key(Input input)
        => input.Choose(QuotedParser, JsonKeyWithDashes).Labelled("any non reserved character different from: .,>()")
            .Select(key => new JsonStep(false, IsIndex: false, key));
}
