using System.Collections.Immutable;

namespace Evolv.Rest.Request;

/// <summary><c>order=name.desc.nullslast,data->>key,clients(name).asc</c></summary>
static class OrderParser
{
    static readonly Parser<List<OrderTerm>> TermsParser = input => input.SeparatedBy(Term, static rest => rest.Character(','));
    static readonly Parser<OrderTerm>[] Terms = [input => input.Try(RelatedTerm), ColumnTerm];
    static readonly Parser<OrderDirection?> DirectionParser = input => input.Choose(Directions!);
    static readonly Parser<NullsOrder?> NullsParser = input => input.Choose(NullsOrders!);

    static readonly Parser<OrderDirection?>[] Directions =
    [
        Suffix<OrderDirection?>("asc", OrderDirection.Asc), Suffix<OrderDirection?>("desc", OrderDirection.Desc),
    ];

    static readonly Parser<NullsOrder?>[] NullsOrders =
    [
        Suffix<NullsOrder?>("nullsfirst", NullsOrder.First), Suffix<NullsOrder?>("nullslast", NullsOrder.Last),
    ];

    static readonly Parser<bool>[] Ends = [input => input.LooksAtCharacter(','), input => input.End()];

    internal static ImmutableArray<OrderTerm> Parse(string text)
        => [.. Grammar.Parse(TermsParser, text, "order")];

    static Reply<OrderTerm> Term(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Blanks(input)) && steps.Take(input.Choose(Terms), out var term) && steps.Take(Names.Blanks(input))
            ? steps.Done(term)
            : steps.Fail<OrderTerm>();
    }

    static Reply<OrderTerm> ColumnTerm(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Field(input), out var field) && steps.Take(Suffixes(input), out var suffixes)
            ? steps.Done(suffixes with { Field = field })
            : steps.Fail<OrderTerm>();
    }

    static Reply<OrderTerm> RelatedTerm(Input input)
    {
        var steps = new Steps();
        return steps.Take(Names.Name(input), out var relation) && steps.Take(input.Character('(')) &&
            steps.Take(Names.Field(input), out var field) && steps.Take(input.Character(')')) &&
            steps.Take(Suffixes(input), out var suffixes)
            ? steps.Done(suffixes with { Relation = relation, Field = field })
            : steps.Fail<OrderTerm>();
    }

    static Reply<OrderTerm> Suffixes(Input input)
    {
        var steps = new Steps();
        return steps.Take(input.Optional(DirectionParser), out var direction) && steps.Take(input.Optional(NullsParser), out var nulls) &&
            steps.Take(input.Choose(Ends))
            ? steps.Done(new OrderTerm(null, null!, direction, nulls))
            : steps.Fail<OrderTerm>();
    }

    static Parser<T> Suffix<T>(string word, T value) => Grammar.Trying(input =>
    {
        var steps = new Steps();
        return steps.Take(Names.Delimiter(input)) && steps.Take(input.Word(word)) ? steps.Done(value) : steps.Fail<T>();
    });
}
