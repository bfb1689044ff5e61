using System.Collections.Immutable;

namespace Evolv.Rest.Request;

/// <summary><c>select=id,alias:col->>key::text,total:amount.sum(),orders!hint!inner(*),...author(name)</c></summary>
static class SelectParser
{
    static readonly Parser<ImmutableArray<SelectItem>> ItemsParser = Items;
    static readonly Parser<SelectItem>[] ItemParsers = [SpreadItem, EmbedItem, Column];
    static readonly Parser<char> Comma = input => Names.Spaced(input, ',');
    static readonly Parser<string> AliasParser = input => input.Try(Alias);
    static readonly Parser<string> CastParser = Cast;
    static readonly Parser<Params> ParamParser = Param;
    static readonly Parser<Aggregate?> AggregateParser = input => input.Try(AggregateCall);
    static readonly Parser<SelectItem>[] ColumnParsers = [input => input.Try(Star), input => input.Try(Count), AnyColumn];
    static readonly CharacterClass Colon = CharacterClass.AnyOf(":");

    static readonly Parser<bool>[] ColumnEnds = [input => input.LooksAt(")"), input => input.LooksAt(","), input => input.End()];

    static readonly Parser<Aggregate?>[] Aggregates =
    [
        input => input.Word("sum").Select(_ => (Aggregate?)Aggregate.Sum),
        input => input.Word("avg").Select(_ => (Aggregate?)Aggregate.Avg),
        input => input.Word("count").Select(_ => (Aggregate?)Aggregate.Count),
        input => input.Try(static rest => rest.Word("max")).Select(_ => (Aggregate?)Aggregate.Max),
        input => input.Try(static rest => rest.Word("min")).Select(_ => (Aggregate?)Aggregate.Min),
    ];

    static readonly Parser<Params>[] ParamParsers =
    [
        input => input.Try(static rest => rest.Word("left")).Select(_ => new Params(null, JoinType.Left)),
        input => input.Try(static rest => rest.Word("inner")).Select(_ => new Params(null, JoinType.Inner)),
        input => input.Try(Names.Name).Select(hint => new Params(hint, null)),
    ];

    internal static ImmutableArray<SelectItem> Parse(string text)
        => Grammar.Parse(ItemsParser, text, "select parameter");

    // Separated by commas, perhaps none.
    static Reply<ImmutableArray<SelectItem>> Items(Input input)
    {
        var start = input.Position;
        input.Enter();
        var items = input.SeparatedBy(Item, Comma);
        input.Leave();
        if (items.IsOk || items.Consumed)
            return items.Select(ImmutableArray.CreateRange);
        input.Position = start;
        return new(true, false, [], items.Error);
    }

    static Reply<SelectItem> Item(Input input) => input.Choose(ItemParsers);

    static Reply<SelectItem> SpreadItem(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Try(Spread), out var spread) && steps.Take(Nested(input), out var items)
            ? steps.Done<SelectItem>(spread with { Items = items })
            : steps.Fail<SelectItem>();
    }

    static Reply<SelectItem> EmbedItem(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Try(Embed), out var embed) && steps.Take(Nested(input), out var items)
            ? steps.Done<SelectItem>(embed with { Items = items })
            : steps.Fail<SelectItem>();
    }

    static Reply<ImmutableArray<SelectItem>> Nested(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('(')) && steps.Take(Items(input), out var items) && steps.Take(input.Character(')'))
            ? steps.Done(items)
            : steps.Fail<ImmutableArray<SelectItem>>();
    }

    static Reply<SelectItem.Spread> Spread(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Blanks(input)) && steps.Take(input.Word("...")) && steps.Take(Names.Name(input), out var name) &&
            steps.Take(EmbedParams(input), out var given) && steps.Take(input.LooksAt("(")) && steps.Take(Names.Blanks(input))
            ? steps.Done(new SelectItem.Spread(name, given.Hint, given.Join, []))
            : steps.Fail<SelectItem.Spread>();
    }

    static Reply<SelectItem.Embed> Embed(Input input)
    {
        if (MustNotBe(input, ":(!"))
            return input.Zero<SelectItem.Embed>();
        var steps = new Steps();
        if (!steps.Take(Names.Blanks(input)) || !steps.Take(input.Optional(AliasParser), out var alias) ||
            !steps.Take(Names.Name(input), out var name))
            return steps.Fail<SelectItem.Embed>();
        // count() is the aggregate.
        if (name == "count" && !steps.Take(input.Zero<bool>()))
            return steps.Fail<SelectItem.Embed>();
        return steps.Take(EmbedParams(input), out var given) && steps.Take(input.LooksAt("(")) && steps.Take(Names.Blanks(input))
            ? steps.Done(new SelectItem.Embed(name, alias, given.Hint, given.Join, []))
            : steps.Fail<SelectItem.Embed>();
    }

    // A hint and a kind of join, in any order.
    static Reply<Params> EmbedParams(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Optional(ParamParser), out var first) && steps.Take(input.Optional(ParamParser), out var second)
            ? steps.Done(new Params(first.Hint ?? second.Hint, first.Join ?? second.Join))
            : steps.Fail<Params>();
    }

    static Reply<Params> Param(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('!')) && steps.Take(input.Choose(ParamParsers), out var given)
            ? steps.Done(given)
            : steps.Fail<Params>();
    }

    static Reply<SelectItem> Column(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Blanks(input)) && steps.Take(input.Choose(ColumnParsers), out var column) && steps.Take(Names.Blanks(input))
            ? steps.Done(column)
            : steps.Fail<SelectItem>();
    }

    static Reply<SelectItem> Star(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Word("*")) && steps.Take(input.Choose(ColumnEnds))
            ? steps.Done<SelectItem>(new SelectItem.Column(new Field("*", []), null, null, null, null))
            : steps.Fail<SelectItem>();
    }

    static Reply<SelectItem> Count(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Optional(AliasParser), out var alias) && steps.Take(input.Word("count()")) &&
            steps.Take(input.Optional(CastParser), out var cast) && steps.Take(input.Choose(ColumnEnds))
            ? steps.Done<SelectItem>(new SelectItem.Column(new Field("*", []), Aggregate.Count, cast, null, alias))
            : steps.Fail<SelectItem>();
    }

    static Reply<SelectItem> AnyColumn(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Optional(AliasParser), out var alias) && steps.Take(Names.Field(input), out var field) &&
            steps.Take(input.Optional(CastParser), out var cast) && steps.Take(input.Optional(AggregateParser), out var aggregate) &&
            steps.Take(input.Optional(CastParser), out var aggregateCast) && steps.Take(input.Choose(ColumnEnds))
            ? steps.Done<SelectItem>(new SelectItem.Column(field, aggregate, aggregateCast, cast, alias))
            : steps.Fail<SelectItem>();
    }

    // One colon: two begin a cast.
    static Reply<string> Alias(Input input)
    {
        if (MustNotBe(input, ":"))
            return input.Zero<string>();
        var steps = new Steps();
        return steps.Take(Names.Name(input), out var alias) && steps.Take(input.Character(':')) && steps.Take(input.NotFollowedBy(Colon))
            ? steps.Done(alias)
            : steps.Fail<string>();
    }

    // When nobody asks for an explanation, the character behind the name tells enough.
    static bool MustNotBe(Input input, ReadOnlySpan<char> characters)
        => !input.Explains && input.Current != '"' && !Names.IsFollowedBy(input, characters);

    static Reply<string> Cast(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Word("::")) && steps.Take(Names.PlainIdentifier(input), out var type)
            ? steps.Done(type)
            : steps.Fail<string>();
    }

    static Reply<Aggregate?> AggregateCall(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Character('.')) && steps.Take(input.Choose(Aggregates), out var aggregate) && steps.Take(input.Word("()"))
            ? steps.Done(aggregate)
            : steps.Fail<Aggregate?>();
    }

    readonly record struct Params(string? Hint, JoinType? Join);
}
