using Evolv.Rest;
using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class FilterParserTests
{
    static readonly Field Column = new("a", []);

    [Theory]
    [InlineData("eq.5", "Equal '5'")]
    [InlineData("eq.", "Equal ''")]
    [InlineData("eq.a.b,c(d)\"e\"", "Equal 'a.b,c(d)\"e\"'")]
    [InlineData("gt.5", "Greater '5'")]
    [InlineData("gte.5", "GreaterOrEqual '5'")]
    [InlineData("lt.5", "Less '5'")]
    [InlineData("lte.5", "LessOrEqual '5'")]
    [InlineData("like.*x*", "Like '*x*'")]
    [InlineData("ilike.*x*", "CaseInsensitiveLike '*x*'")]
    [InlineData("match.^x", "Match '^x'")]
    [InlineData("imatch.^x", "CaseInsensitiveMatch '^x'")]
    [InlineData("eq(any).{1,2}", "Equal(Any) '{1,2}'")]
    [InlineData("like(all).{x*,*y}", "Like(All) '{x*,*y}'")]
    [InlineData("neq.5", "NotEqual '5'")]
    [InlineData("cs.{a,b}", "Contains '{a,b}'")]
    [InlineData("cd.[1,2]", "ContainedIn '[1,2]'")]
    [InlineData("ov.(1,2)", "Overlaps '(1,2)'")]
    [InlineData("sl.(1,2)", "StrictlyLeft '(1,2)'")]
    [InlineData("sr.(1,2)", "StrictlyRight '(1,2)'")]
    [InlineData("nxr.(1,2)", "NotExtendsRight '(1,2)'")]
    [InlineData("nxl.(1,2)", "NotExtendsLeft '(1,2)'")]
    [InlineData("adj.(1,2)", "Adjacent '(1,2)'")]
    [InlineData("isdistinct.5", "IsDistinctFrom '5'")]
    public void An_operator_is_followed_by_its_value(string text, string expected)
        => Assert.Equal($"'a' {expected}", Syntax.Show(FilterParser.Parse(Column, text)));

    [Theory]
    [InlineData("not.eq.5", "Equal '5'")]
    [InlineData("not.in.(1)", "In ['1']")]
    [InlineData("not.is.null", "Is Null")]
    [InlineData("not.like(any).{a}", "Like(Any) '{a}'")]
    [InlineData("not.fts(english).x", "FullText Query('english') 'x'")]
    public void Any_operator_can_be_negated(string text, string expected)
        => Assert.Equal($"'a' not {expected}", Syntax.Show(FilterParser.Parse(Column, text)));

    [Theory]
    [InlineData("in.(1,2,3)", "In ['1', '2', '3']")]
    [InlineData("in.()", "In ['']")]
    [InlineData("in.(a b, c )", "In ['a b', ' c ']")]
    [InlineData("in.(\"a,b\",\"c)\")", "In ['a,b', 'c)']")]
    [InlineData(@"in.(""say \""hi\"""",""back\\slash"")", @"In ['say ""hi""', 'back\slash']")]
    [InlineData("in.(a\"b,c)", "In ['a\"b', 'c']")]
    [InlineData("in.( 1 , 2 )", "In ['1 ', ' 2 ']")]
    [InlineData("in.(,)", "In ['', '']")]
    [InlineData("is.null", "Is Null")]
    [InlineData("is.not_null", "Is NotNull")]
    [InlineData("is.true", "Is True")]
    [InlineData("is.false", "Is False")]
    [InlineData("is.unknown", "Is Unknown")]
    [InlineData("is.NULL", "Is Null")]
    [InlineData("is.Not_Null", "Is NotNull")]
    [InlineData("is.tRuE", "Is True")]
    public void Lists_and_truth_values_have_their_own_syntax(string text, string expected)
        => Assert.Equal($"'a' {expected}", Syntax.Show(FilterParser.Parse(Column, text)));

    [Theory]
    [InlineData("fts.x & y", "FullText Query 'x & y'")]
    [InlineData("plfts.x y", "FullText Plain 'x y'")]
    [InlineData("phfts.x y", "FullText Phrase 'x y'")]
    [InlineData("wfts.x -y", "FullText Websearch 'x -y'")]
    [InlineData("fts(german).x", "FullText Query('german') 'x'")]
    [InlineData("wfts(simple).x", "FullText Websearch('simple') 'x'")]
    public void A_search_may_name_its_language(string text, string expected)
        => Assert.Equal($"'a' {expected}", Syntax.Show(FilterParser.Parse(Column, text)));

    [Theory]
    [InlineData("or(a.eq.1,b.eq.2)", "Or('a' Equal '1'; 'b' Equal '2')")]
    [InlineData("and(a.eq.1)", "And('a' Equal '1')")]
    [InlineData("not.and(a.eq.1,b.eq.2)", "NotAnd('a' Equal '1'; 'b' Equal '2')")]
    [InlineData("or( a.eq.1 , b.eq.2 )", "Or('a' Equal '1 '; 'b' Equal '2 ')")]
    [InlineData("or(a.not.eq.1,not.or(b.is.null,c.in.(1,2)))", "Or('a' not Equal '1'; NotOr('b' Is Null; 'c' In ['1', '2']))")]
    [InlineData("and(a.gt.1,or(b.lt.2,and(c.eq.3,d.neq.4)))", "And('a' Greater '1'; Or('b' Less '2'; And('c' Equal '3'; 'd' NotEqual '4')))")]
    [InlineData("or(a.eq.\"x,y\",b.eq.\"(z)\")", "Or('a' Equal 'x,y'; 'b' Equal '(z)')")]
    [InlineData("or(a.cs.{x,y},b.ov.{z})", "Or('a' Contains '{x,y}'; 'b' Overlaps '{z}')")]
    [InlineData("or(a.like(any).{x*,y*},b.is.true)", "Or('a' Like(Any) '{x*,y*}'; 'b' Is True)")]
    [InlineData("or(a.fts(english).x,b.isdistinct.1)", "Or('a' FullText Query('english') 'x'; 'b' IsDistinctFrom '1')")]
    [InlineData("or(data->>k.eq.1,data->0->x.is.null)", "Or('data'->>'k' Equal '1'; 'data'->+0->'x' Is Null)")]
    [InlineData("or(\"a.b\".eq.1,and.eq.2)", "Or('a.b' Equal '1'; 'and' Equal '2')")]
    public void Conditions_form_trees(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(FilterParser.ParseLogic(text, "given")));

    [Theory]
    [InlineData("5", "(line 1, column 1) unexpected \"5\" expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("", "(line 1, column 1) unexpected end of input expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("foo.5", "(line 1, column 1) unexpected \"f\" expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("EQ.5", "(line 1, column 1) unexpected \"E\" expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("eq", "(line 1, column 3) unexpected end of input expecting operator (eq, gt, ...)")]
    [InlineData("not.5", "(line 1, column 5) unexpected \"5\" expecting operator (eq, gt, ...)")]
    [InlineData("eq(some).5", "(line 1, column 4) unexpected \"s\" expecting operator (eq, gt, ...)")]
    [InlineData("neq(any).5", "(line 1, column 4) unexpected \"(\" expecting operator (eq, gt, ...)")]
    [InlineData("in.1,2", "(line 1, column 4) unexpected \"1\" expecting \"(\"")]
    [InlineData("in.(1,2", "(line 1, column 8) unexpected end of input expecting \",\" or \")\"")]
    [InlineData("is.nul", "(line 1, column 7) unexpected end of input expecting isVal: (null, not_null, true, false, unknown)")]
    [InlineData("is.5", "(line 1, column 4) unexpected \"5\" expecting isVal: (null, not_null, true, false, unknown)")]
    [InlineData("fts(a-b).x", "(line 1, column 6) unexpected \"-\" expecting operator (eq, gt, ...)")]
    [InlineData("fts().x", "(line 1, column 5) unexpected \")\" expecting operator (eq, gt, ...)")]
    public void A_value_without_an_operator_is_told_what_was_expected(string text, string expected)
    {
        var (message, details) = Syntax.Refusal(() => FilterParser.Parse(Column, text));

        Assert.Equal(expected, $"{message[$"\"failed to parse filter ({text})\" ".Length..]} {details}");
        Assert.StartsWith($"\"failed to parse filter ({text})\" (line 1, ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("or()", "(line 1, column 4) unexpected \")\" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)")]
    [InlineData("or(a.eq.1", "(line 1, column 10) unexpected end of input expecting \",\" or \")\"")]
    [InlineData("or(a.eq.1,)", "(line 1, column 11) unexpected \")\" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)")]
    [InlineData("or)", "(line 1, column 3) unexpected \")\" expecting \"(\"")]
    [InlineData("xor(a.eq.1)", "(line 1, column 4) unexpected \"(\" expecting letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)")]
    [InlineData("or(a.foo.1)", "(line 1, column 6) unexpected \"f\" expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("or(a,b)", "(line 1, column 5) unexpected \",\" expecting letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)")]
    [InlineData("and(a.eq.1,b.in.1)", "(line 1, column 17) unexpected \"1\" expecting \"(\"")]
    [InlineData("and(a.is.yes)", "(line 1, column 10) unexpected \"y\" expecting isVal: (null, not_null, true, false, unknown)")]
    public void A_tree_that_cannot_be_read_is_told_with_its_place(string text, string expected)
    {
        var (message, details) = Syntax.Refusal(() => FilterParser.ParseLogic(text, "given"));

        Assert.Equal(expected, $"{message["\"failed to parse logic tree (given)\" ".Length..]} {details}");
    }

    [Theory]
    [InlineData("5")]
    [InlineData("")]
    [InlineData("foo.bar")]
    [InlineData("equal")]
    [InlineData("1.5")]
    [InlineData("not")]
    public void A_value_that_is_no_filter_is_an_argument(string text)
        => Assert.Null(FilterParser.ParseIfFilter(Column, text));

    [Theory]
    [InlineData("in.1")]
    [InlineData("is.x")]
    [InlineData("not.x")]
    public void A_value_that_begins_as_a_filter_must_be_one(string text)
        => Assert.Throws<RestError>(() => FilterParser.ParseIfFilter(Column, text));

    [Fact]
    public void Nesting_without_end_does_not_end_the_stack()
    {
        var text = string.Concat(Enumerable.Repeat("or(", 100_000));

        var error = Assert.Throws<RestError>(() => FilterParser.ParseLogic(text, text));

        Assert.Equal((400, "EVOLV02"), (error.Status, error.Code));
    }
}
