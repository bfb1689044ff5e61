namespace Evolv.Rest.Request;

/// <summary>Filters: <c>id=eq.5</c>, <c>name=not.like(any).{a*,b*}</c>, <c>tags=cs.{a}</c>, <c>or=(a.eq.1,not.and(b.gt.2,c.is.null))</c>.</summary>
static class FilterParser
{
    static readonly CharacterClass Any = new(_ => true);
    static readonly CharacterClass NotEndOfItem = CharacterClass.NoneOf(",)");
    static readonly CharacterClass NotBrace = CharacterClass.NoneOf("{}");

    static readonly Parser<string> WholeValue = input => input.Many(Any);
    static readonly Parser<string> ListedText = input => input.Many(NotEndOfItem);
    static readonly Parser<string> QuotedItem = input => input.Try(Quoted);
    static readonly Parser<string>[] LogicValues = [QuotedItem, input => input.Try(ArrayLiteral), ListedText];
    static readonly Parser<string> LogicValue = input => input.Choose(LogicValues);
    static readonly Parser<string> ListItem = input => input.Choose(QuotedItem, ListedText);
    static readonly Parser<char> Comma = input => input.Character(',');
    static readonly Parser<char> SpacedComma = input => Names.Spaced(input, ',');
    static readonly Parser<Negatable<Operation>> WholeExpression = input => Expression(input, Whole!);
    static readonly Parser<Logic> LogicParser = Logic;

    static readonly Parser<Operation>[] Whole = Operations(WholeValue);
    static readonly Parser<Operation>[] InLogic = Operations(LogicValue);

    static readonly Parser<bool> NotWord = input => input.Try(static rest => Prefix(rest, "not"));
    static readonly Parser<bool>[] Not = [NotWord, input => input.Return(false)];

    static readonly Parser<LogicOperator>[] LogicOperators =
    [
        input => input.Try(static rest => rest.Word("and")).Select(_ => LogicOperator.And),
        input => input.Word("or").Select(_ => LogicOperator.Or),
    ];

    static readonly Parser<IsValue>[] IsValues =
    [
        IsWord("null", IsValue.Null), IsWord("not_null", IsValue.NotNull), IsWord("true", IsValue.True),
        IsWord("false", IsValue.False), IsWord("unknown", IsValue.Unknown),
    ];

    static readonly Parser<SimpleOperator>[] SimpleOperators =
    [
        Word("neq", SimpleOperator.NotEqual), Word("cs", SimpleOperator.Contains), Word("cd", SimpleOperator.ContainedIn),
        Word("ov", SimpleOperator.Overlaps), Word("sl", SimpleOperator.StrictlyLeft), Word("sr", SimpleOperator.StrictlyRight),
        Word("nxr", SimpleOperator.NotExtendsRight), Word("nxl", SimpleOperator.NotExtendsLeft), Word("adj", SimpleOperator.Adjacent),
    ];

    static readonly Parser<QuantifiableOperator>[] QuantifiableOperators =
    [
        Word("eq", QuantifiableOperator.Equal), Word("gte", QuantifiableOperator.GreaterOrEqual), Word("gt", QuantifiableOperator.Greater),
        Word("lte", QuantifiableOperator.LessOrEqual), Word("lt", QuantifiableOperator.Less), Word("like", QuantifiableOperator.Like),
        Word("ilike", QuantifiableOperator.CaseInsensitiveLike), Word("match", QuantifiableOperator.Match),
        Word("imatch", QuantifiableOperator.CaseInsensitiveMatch),
    ];

    static readonly Parser<FullTextOperator>[] FullTextOperators =
    [
        Word("fts", FullTextOperator.Query), Word("plfts", FullTextOperator.Plain), Word("phfts", FullTextOperator.Phrase),
        Word("wfts", FullTextOperator.Websearch),
    ];

    static readonly Parser<Quantifier?> QuantifierParser = input => input.Try(QuantifierInBrackets);

    static readonly Parser<Quantifier?>[] Quantifiers =
    [
        input => input.Try(static rest => rest.Word("any")).Select(_ => (Quantifier?)Quantifier.Any),
        input => input.Word("all").Select(_ => (Quantifier?)Quantifier.All),
    ];

    static readonly Parser<Logic>[] LogicTerms = [input => input.Try(LogicLeaf), LogicBranch];

    static readonly Parser<string> LanguageParser = input => input.Try(Language);

    /// <summary>The value of a parameter as a filter on a field.</summary>
    internal static Filter Parse(Field field, string text)
    {
        var (negated, operation) = Grammar.Parse(WholeExpression, text, "filter");
        return new Filter(field, negated, operation);
    }

    /// <summary>Null when the value is none: at a function it may be an argument.</summary>
    /// <exception cref="RestError">It begins as an operator and does not go on as one.</exception>
    internal static Filter? ParseIfFilter(Field field, string text)
    {
        var reply = WholeExpression(new Input(text, explain: false));
        return !reply.IsOk && !reply.Consumed ? null : Parse(field, text);
    }

    /// <param name="text">With its operator in front: <c>not.or(a.eq.1,b.eq.2)</c>.</param>
    /// <param name="given">The value of the parameter, for the error.</param>
    internal static Logic ParseLogic(string text, string given)
        => Grammar.Parse(LogicParser, text, "logic tree", given);

    static Parser<Operation>[] Operations(Parser<string> value) =>
    [
        In,
        Is,
        input => IsDistinct(input, value),
        Grammar.Trying(input => FullText(input, value)),
        Grammar.Trying(input => Simple(input, value)),
        Grammar.Trying(input => Quantifiable(input, value)),
    ];

    static Reply<Negatable<Operation>> Expression(Input input, Parser<Operation>[] operations)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(Not), out var negated) &&
            steps.Take(input.Choose(operations).Labelled("operator (eq, gt, ...)"), out var operation)
            ? steps.Done(new Negatable<Operation>(negated, operation))
            : steps.Fail<Negatable<Operation>>();
    }

    static Reply<bool> Prefix(Input input, string word)
    {
        var steps = new Steps();
        return steps.Take(input.Word(word)) && steps.Take(Names.Delimiter(input)) ? steps.Done(true) : steps.Fail<bool>();
    }

    static Reply<Operation> In(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Try(static rest => Prefix(rest, "in"))) && steps.Take(Names.Spaced(input, '(')) &&
            steps.Take(input.SeparatedBy(ListItem, Comma), out var values) && steps.Take(Names.Spaced(input, ')'))
            ? steps.Done<Operation>(new Operation.In([.. values]))
            : steps.Fail<Operation>();
    }

    static Reply<Operation> Is(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Try(static rest => Prefix(rest, "is"))) &&
            steps.Take(input.Choose(IsValues).Labelled("isVal: (null, not_null, true, false, unknown)"), out var value)
            ? steps.Done<Operation>(new Operation.Is(value))
            : steps.Fail<Operation>();
    }

    static Reply<Operation> IsDistinct(Input input, Parser<string> valueParser)
    {
        var steps = new Steps();
        return steps.Take(input.Try(static rest => Prefix(rest, "isdistinct"))) && steps.Take(valueParser(input), out var value)
            ? steps.Done<Operation>(new Operation.IsDistinctFrom(value))
            : steps.Fail<Operation>();
    }

    static Reply<Operation> FullText(Input input, Parser<string> valueParser)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(FullTextOperators), out var name) && steps.Take(input.Optional(LanguageParser), out var language) &&
            steps.Take(Names.Delimiter(input)) && steps.Take(valueParser(input), out var value)
            ? steps.Done<Operation>(new Operation.FullText(name, language, value))
            : steps.Fail<Operation>();
    }

    static Reply<Operation> Simple(Input input, Parser<string> valueParser)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(SimpleOperators).Labelled("unknown single value operator"), out var name) &&
            steps.Take(Names.Delimiter(input)) && steps.Take(valueParser(input), out var value)
            ? steps.Done<Operation>(new Operation.Simple(name, value))
            : steps.Fail<Operation>();
    }

    static Reply<Operation> Quantifiable(Input input, Parser<string> valueParser)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(QuantifiableOperators).Labelled("unknown single value operator"), out var name) &&
            steps.Take(input.Optional(QuantifierParser), out var quantifier) && steps.Take(Names.Delimiter(input)) &&
            steps.Take(valueParser(input), out var value)
            ? steps.Done<Operation>(new Operation.Quantifiable(name, quantifier, value))
            : steps.Fail<Operation>();
    }

    static Reply<Quantifier?> QuantifierInBrackets(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('(')) && steps.Take(input.Choose(Quantifiers), out var quantifier) && steps.Take(input.Character(')'))
            ? steps.Done(quantifier)
            : steps.Fail<Quantifier?>();
    }

    static Reply<string> Language(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('(')) && steps.Take(Names.PlainIdentifier(input), out var language) &&
            steps.Take(input.Character(')'))
            ? steps.Done(language)
            : steps.Fail<string>();
    }

    // In quotes to the end of the item; otherwise the quotes are part of the text.
    static Reply<string> Quoted(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Quoted(input), out var text) && steps.Take(input.NotFollowedBy(NotEndOfItem))
            ? steps.Done(text)
            : steps.Fail<string>();
    }

    static Reply<string> ArrayLiteral(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Word("{")) && steps.Take(input.Many(NotBrace), out var text) && steps.Take(input.Word("}"))
            ? steps.Done($"{{{text}}}")
            : steps.Fail<string>();
    }

    static Reply<Logic> Logic(Input input)
    {
        input.Enter();
        var reply = input.Choose(LogicTerms);
        input.Leave();
        return reply;
    }

    static Reply<Logic> LogicLeaf(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Field(input), out var field) && steps.Take(Names.Delimiter(input)) &&
            steps.Take(Expression(input, InLogic), out var expression)
            ? steps.Done<Logic>(new Logic.Leaf(new Filter(field, expression.Negated, expression.Value)))
            : steps.Fail<Logic>();
    }

    static Reply<Logic> LogicBranch(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Choose(Not).Labelled("negation operator (not)"), out var negated) &&
            steps.Take(input.Choose(LogicOperators).Labelled("logic operator (and, or)"), out var name) &&
            steps.Take(Names.Spaced(input, '(')) && steps.Take(input.SeparatedBy(LogicParser, SpacedComma), out var terms) &&
            steps.Take(Names.Spaced(input, ')'))
            ? steps.Done<Logic>(new Logic.Branch(negated, name, [.. terms]))
            : steps.Fail<Logic>();
    }

    static Parser<IsValue> IsWord(string word, IsValue value)
        => Grammar.Trying(input => input.WordIgnoringCase(word).Select(_ => value));

    static Parser<T> Word<T>(string word, T value) => Grammar.WordFor(word, value);

    readonly record struct Negatable<T>(bool Negated, T Value);
}
