using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class OrderParserTests
{
    [Theory]
    [InlineData("a", "'a'")]
    [InlineData("a.asc", "'a' Asc")]
    [InlineData("a.desc", "'a' Desc")]
    [InlineData("a.nullsfirst", "'a' nulls First")]
    [InlineData("a.desc.nullslast", "'a' Desc nulls Last")]
    [InlineData("a,b.desc,c.asc.nullsfirst", "'a', 'b' Desc, 'c' Asc nulls First")]
    [InlineData(" a , b ", "'a', 'b'")]
    [InlineData("\"a.b\".desc", "'a.b' Desc")]
    [InlineData("data->k->>0.desc", "'data'->'k'->>+0 Desc")]
    [InlineData("data->>k,a", "'data'->>'k', 'a'")]
    [InlineData("r(a)", "'r' of 'a'")]
    [InlineData("r(data->>k).desc.nullslast,b", "'r' of 'data'->>'k' Desc nulls Last, 'b'")]
    public void Terms_have_a_direction_and_a_place_for_nulls(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(OrderParser.Parse(text)));

    [Theory]
    [InlineData("", "(line 1, column 1) unexpected end of input expecting field name (* or [a..z0..9_$])")]
    [InlineData("a,", "(line 1, column 3) unexpected end of input expecting field name (* or [a..z0..9_$])")]
    [InlineData("a.up", "(line 1, column 3) unexpected \"u\" expecting \"asc\", \"desc\", \"nullsfirst\" or \"nullslast\"")]
    [InlineData("a.desc.up", "(line 1, column 8) unexpected \"u\" expecting \"nullsfirst\" or \"nullslast\"")]
    [InlineData("a.nullslast.desc", "(line 1, column 12) unexpected '.' expecting \",\" or end of input")]
    [InlineData("r(a", "(line 1, column 2) unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end of input")]
    [InlineData("r(a).up", "(line 1, column 2) unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end of input")]
    [InlineData(".desc", "(line 1, column 1) unexpected \".\" expecting field name (* or [a..z0..9_$])")]
    public void A_term_that_cannot_be_read_is_told_with_its_place(string text, string expected)
    {
        var (message, details) = Syntax.Refusal(() => OrderParser.Parse(text));

        Assert.StartsWith($"\"failed to parse order ({text})\" ", message, StringComparison.Ordinal);
        Assert.Equal(expected, $"{message[$"\"failed to parse order ({text})\" ".Length..]} {details}");
    }
}
