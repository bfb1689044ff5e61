using System.Globalization;

namespace Evolv.Rest.Request;

/// <summary>What a parser found.</summary>
/// <param name="Consumed">Whether it went past its beginning; a choice does not try another way then.</param>
/// <param name="Error">What was missing here; also of a success, as it may explain why the next step fails.</param>
readonly record struct Reply<T>(bool IsOk, bool Consumed, T Value, ParseError? Error);

/// <summary>Reads from the position of the input on.</summary>
delegate Reply<T> Parser<T>(Input input);

/// <summary>
/// The text and how far it is read. PostgREST's errors are Parsec's, word for word, and clients compare them: so the rules
/// by which Parsec collects what it expected are kept here. They cost time, so a text is first read without them and only
/// one that cannot be read is read again, to explain.
/// </summary>
sealed class Input(string text, bool explain)
{
    const int Deepest = 100; // Beyond any setting of Rest:MaxDepth.

    int _depth;

    internal int Position { get; set; }

    internal bool Explains => explain;

    internal bool IsAtEnd => Position >= text.Length;

    /// <summary>NUL at the end, which no grammar takes.</summary>
    internal char Current => Position < text.Length ? text[Position] : '\0';

    internal ReadOnlySpan<char> Rest => text.AsSpan(Position);

    internal string From(int start) => text[start..Position];

    /// <summary>Before what may hold itself: a hostile text must not end the stack.</summary>
    /// <exception cref="RestError">EVOLV02</exception>
    internal void Enter()
    {
        if (++_depth > Deepest)
            throw RestError.TooDeep(Deepest);
    }

    internal void Leave() => _depth--;

    internal ParseError? Nothing() => explain ? new ParseError(Position, []) : null;

    internal ParseError? Unexpected(params ReadOnlySpan<string> expected)
    {
        if (!explain)
            return null;
        var messages = new List<ParseMessage>();
        foreach (var label in expected)
            messages.Add(new(MessageKind.Expected, label));
        messages.Add(new(MessageKind.Unexpected, IsAtEnd ? "" : Quote(Current, '"')));
        return new ParseError(Position, messages);
    }

    internal ParseError? Failed(MessageKind kind, string text, string? expected = null)
        => explain
            ? new ParseError(Position, expected is null ? [new(kind, text)] : [new(MessageKind.Expected, expected), new(kind, text)])
            : null;

    /// <summary>As Haskell shows a character.</summary>
    internal static string Quote(char character, char quote)
    {
        var inside = character switch
        {
            '\\' => @"\\",
            '\n' => @"\n",
            '\t' => @"\t",
            '\r' => @"\r",
            '\0' => @"\NUL",
            _ when character == quote => $@"\{character}",
            < ' ' or > '~' => string.Create(CultureInfo.InvariantCulture, $@"\{(int)character}"),
            _ => character.ToString(),
        };
        return $"{quote}{inside}{quote}";
    }
}

/// <summary>Steps that follow each other: what was consumed and what was expected so far.</summary>
ref struct Steps
{
    bool _consumed;
    ParseError? _error;

    /// <returns>False when the step failed, and with it the sequence.</returns>
    internal bool Take<T>(Reply<T> reply, out T value)
    {
        value = reply.Value;
        return Take(reply);
    }

    internal bool Take<T>(Reply<T> reply)
    {
        _consumed |= reply.Consumed;
        _error = reply.Consumed ? reply.Error : ParseError.Merge(_error, reply.Error);
        return reply.IsOk;
    }

    internal readonly Reply<T> Done<T>(T value) => new(true, _consumed, value, _error);

    internal readonly Reply<T> Fail<T>() => new(false, _consumed, default!, _error);
}

/// <summary>The parsers that all grammars are made of.</summary>
static class Grammar
{
    // Nobody reads the explanation of a longer text, and each item of a list costs as much as a short request.
    const int LongestExplained = 10_000;

    /// <summary>Reads a text as far as the grammar goes.</summary>
    /// <param name="what">For the error: <c>failed to parse filter (x)</c>.</param>
    /// <param name="given">What the error shows, if it is not the text itself.</param>
    /// <exception cref="RestError">PGRST100</exception>
    internal static T Parse<T>(Parser<T> parser, string text, string what, string? given = null)
    {
        var reply = parser(new Input(text, explain: false));
        if (reply.IsOk)
            return reply.Value;
        if (text.Length > LongestExplained)
            throw RestError.Parse($"\"failed to parse {what}\"", "It is too long to say where it is wrong.");
        var error = parser(new Input(text, explain: true)).Error!;
        var (line, column) = Locate(text, error.Position);
        throw RestError.Parse(
            string.Create(CultureInfo.InvariantCulture, $"\"failed to parse {what} ({given ?? text})\" (line {line}, column {column})"),
            error.ToString());
    }

    internal static Reply<T> Return<T>(this Input input, T value) => new(true, false, value, input.Nothing());

    internal static Reply<T> Zero<T>(this Input input) => new(false, false, default!, input.Nothing());

    /// <summary>One character of a class.</summary>
    internal static Reply<char> One(this Input input, CharacterClass wanted)
    {
        if (input.IsAtEnd || !wanted.Contains(input.Current))
            return new(false, false, default, input.Unexpected(wanted.Labels));
        var character = input.Current;
        input.Position++;
        return new(true, true, character, input.Nothing());
    }

    internal static Reply<char> Character(this Input input, char wanted)
    {
        if (input.IsAtEnd || input.Current != wanted)
            return new(false, false, default, input.Explains ? input.Unexpected(Input.Quote(wanted, '"')) : null);
        input.Position++;
        return new(true, true, wanted, input.Nothing());
    }

    /// <summary>The longest run of characters of a class, perhaps none.</summary>
    internal static Reply<string> Many(this Input input, CharacterClass wanted)
    {
        var start = input.Position;
        while (!input.IsAtEnd && wanted.Contains(input.Current))
            input.Position++;
        return new(true, input.Position > start, input.From(start), input.Unexpected(wanted.Labels));
    }

    internal static Reply<string> Many1(this Input input, CharacterClass wanted)
    {
        var reply = input.Many(wanted);
        return reply.Consumed ? reply : new(false, false, "", reply.Error);
    }

    /// <summary>A word. It is consumed as soon as its first character fits, and its errors are at its beginning.</summary>
    internal static Reply<bool> Word(this Input input, string word)
    {
        var rest = input.Rest;
        var common = rest.CommonPrefixLength(word);
        if (common == word.Length)
        {
            input.Position += common;
            return new(true, true, true, input.Nothing());
        }

        if (!input.Explains)
            return new(false, common > 0, false, null);
        var found = common == rest.Length ? "" : Input.Quote(rest[common], '"');
        var error = input.Failed(MessageKind.Unexpected, found, $"\"{word}\"");
        return new(false, common > 0, false, error);
    }

    /// <summary>A word in any case.</summary>
    internal static Reply<bool> WordIgnoringCase(this Input input, string word)
    {
        var steps = new Steps();
        foreach (var letter in word)
        {
            var upper = char.ToUpperInvariant(letter);
            var start = input.Position;
            var lower = input.Character(letter);
            if (!steps.Take(lower.IsOk || upper == letter ? lower : Or(input, start, lower, input.CharacterAt(start, upper))))
                return steps.Fail<bool>();
        }

        return steps.Done(true);
    }

    internal static Reply<bool> End(this Input input)
        => input.IsAtEnd
            ? new(true, false, true, input.Nothing())
            : new(false, false, false, input.Explains
                ? input.Failed(MessageKind.Forbidden, Input.Quote(input.Current, '\''), "end of input") : null);

    /// <summary>Succeeds where the character does not follow.</summary>
    internal static Reply<bool> NotFollowedBy(this Input input, CharacterClass unwanted)
        => input.IsAtEnd || !unwanted.Contains(input.Current)
            ? new(true, false, true, input.Nothing())
            : new(false, false, false, input.Explains ? input.Failed(MessageKind.Forbidden, Input.Quote(input.Current, '\'')) : null);

    /// <summary>A parser for a word that stands for a value; a failure takes nothing from the input.</summary>
    internal static Parser<T> WordFor<T>(string word, T value) => input =>
    {
        var start = input.Position;
        var reply = input.Word(word);
        if (!reply.IsOk)
            input.Position = start;
        return new(reply.IsOk, reply.IsOk, value, reply.Error);
    };

    /// <summary>The same parser, of which a failure takes nothing from the input.</summary>
    internal static Parser<T> Trying<T>(Parser<T> parser) => input => input.Try(parser);

    /// <summary>A failure takes nothing from the input.</summary>
    internal static Reply<T> Try<T>(this Input input, Parser<T> parser)
    {
        var start = input.Position;
        var reply = parser(input);
        if (reply.IsOk)
            return reply;
        input.Position = start;
        return reply with { Consumed = false };
    }

    /// <summary>A success takes nothing from the input, either.</summary>
    internal static Reply<bool> LooksAt(this Input input, string word)
    {
        var start = input.Position;
        var reply = input.Word(word);
        input.Position = start;
        return reply.IsOk ? new(true, false, true, input.Nothing()) : reply with { Consumed = false };
    }

    internal static Reply<bool> LooksAtCharacter(this Input input, char wanted)
    {
        var start = input.Position;
        var reply = input.Character(wanted);
        input.Position = start;
        return reply.IsOk ? new(true, false, true, input.Nothing()) : new(false, false, false, reply.Error);
    }

    /// <summary>The first parser that takes something or fails after taking something.</summary>
    internal static Reply<T> Choose<T>(this Input input, params ReadOnlySpan<Parser<T>> parsers)
    {
        var start = input.Position;
        var reply = input.Zero<T>();
        foreach (var parser in parsers)
        {
            input.Position = start;
            var next = parser(input);
            reply = next.Consumed ? next : next with { Error = ParseError.Merge(reply.Error, next.Error) };
            if (next.IsOk || next.Consumed)
                return reply;
        }

        input.Position = start;
        return reply;
    }

    /// <summary>Default when the parser fails without taking anything.</summary>
    internal static Reply<T?> Optional<T>(this Input input, Parser<T> parser)
    {
        var start = input.Position;
        var reply = parser(input);
        if (reply.IsOk || reply.Consumed)
            return new(reply.IsOk, reply.Consumed, reply.Value, reply.Error);
        input.Position = start;
        return new(true, false, default, reply.Error);
    }

    internal static Reply<List<T>> Many<T>(this Input input, Parser<T> parser)
    {
        var items = new List<T>();
        while (true)
        {
            var start = input.Position;
            var reply = parser(input);
            if (reply.IsOk)
            {
                items.Add(reply.Value);
                continue;
            }

            if (reply.Consumed)
                return new(false, true, items, reply.Error);
            input.Position = start;
            return new(true, items.Count > 0, items, reply.Error);
        }
    }

    /// <summary>At least one, with a separator between two.</summary>
    internal static Reply<List<T>> SeparatedBy<T>(this Input input, Parser<T> parser, Parser<char> separator)
    {
        var steps = new Steps();
        if (!steps.Take(parser(input), out var first))
            return steps.Fail<List<T>>();
        var items = new List<T>(4) { first };
        while (true)
        {
            var start = input.Position;
            var next = new Steps();
            var reply = next.Take(separator(input)) && next.Take(parser(input), out var item) ? next.Done(item) : next.Fail<T>();
            if (reply.IsOk)
            {
                items.Add(reply.Value);
                continue;
            }

            if (reply.Consumed)
                return new(false, true, items, reply.Error);
            input.Position = start;
            // The end of the list tells what might have followed; of the items themselves nothing is expected any more.
            _ = steps.Take(new Reply<bool>(true, items.Count > 1, true, reply.Error));
            return steps.Done(items);
        }
    }

    /// <summary>Names what was expected, unless something was taken.</summary>
    internal static Reply<T> Labelled<T>(this Reply<T> reply, string label)
        => reply.Consumed || reply.Error is not { } error || (reply.IsOk && error.Messages.Count == 0)
            ? reply
            : reply with { Error = error.Expecting(label) };

    internal static Reply<TResult> Select<T, TResult>(this Reply<T> reply, Func<T, TResult> convert)
        => new(reply.IsOk, reply.Consumed, reply.IsOk ? convert(reply.Value) : default!, reply.Error);

    static Reply<char> CharacterAt(this Input input, int position, char wanted)
    {
        input.Position = position;
        return input.Character(wanted);
    }

    static Reply<char> Or(Input input, int start, Reply<char> first, Reply<char> second)
    {
        if (!second.IsOk)
            input.Position = start;
        return second.Consumed ? second : second with { Error = ParseError.Merge(first.Error, second.Error) };
    }

    static (int Line, int Column) Locate(string text, int position)
    {
        var (line, column) = (1, 1);
        foreach (var rune in text.AsSpan(0, position).EnumerateRunes())
        {
            (line, column) = rune.Value switch
            {
                '\n' => (line + 1, 1),
                '\t' => (line, column + 8 - (column - 1) % 8),
                _ => (line, column + 1),
            };
        }

        return (line, column);
    }
}

/// <summary>Characters that a grammar takes alike.</summary>
/// <param name="Labels">Their names in errors; none for classes that Parsec does not name.</param>
sealed record CharacterClass(Func<char, bool> Contains, params string[] Labels)
{
    internal static CharacterClass AnyOf(string characters) => new(character => characters.Contains(character, StringComparison.Ordinal));

    internal static CharacterClass NoneOf(string characters) => new(character => !characters.Contains(character, StringComparison.Ordinal));
}
