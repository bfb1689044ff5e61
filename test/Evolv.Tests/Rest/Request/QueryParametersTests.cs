using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class QueryParametersTests
{
    [Fact]
    public void Every_parameter_finds_its_place()
    {
        var query = Parse(
            "select=id,b(c)&id=gt.1&b.c=is.null&or=(x.eq.1,y.eq.2)&b.not.and=(z.eq.3)&order=id.desc&b.order=c&limit=5&offset=2&b.limit=1" +
            "&columns=y,x,y&on_conflict=k,%22l%20m%22");

        Assert.Equal("'id', 'b'('c')", Syntax.Show(query.Select));
        Assert.Equal([": 'id' Greater '1'", "b: 'c' Is Null"], query.Filters.Select(filter => $"{Path(filter.Path)}: {Syntax.Show(filter.Value)}"));
        Assert.Equal(
            [": Or('x' Equal '1'; 'y' Equal '2')", "b: NotAnd('z' Equal '3')"],
            query.Logic.Select(logic => $"{Path(logic.Path)}: {Syntax.Show(logic.Value)}"));
        Assert.Equal([": 'id' Desc", "b: 'c'"], query.Orders.Select(order => $"{Path(order.Path)}: {Syntax.Show(order.Value)}"));
        Assert.Equal([": 2-6", "b: 0-0"], query.Ranges.Select(range => $"{Path(range.Path)}: {range.Value.Offset}-{range.Value.Last}"));
        Assert.Equal(new RowRange(2, 6), query.TopRange);
        Assert.Equal(["x", "y"], query.Columns!.Value);
        Assert.Equal(["k", "l m"], query.OnConflict!.Value);
        Assert.Equal(["b.c", "id"], query.FilterNames.Order());
        Assert.Empty(query.Arguments);
    }

    [Fact]
    public void Nothing_asks_for_everything()
    {
        var query = Parse("");

        Assert.Equal("'*'", Syntax.Show(query.Select));
        Assert.Equal((RowRange.All, null, null), (query.TopRange, query.Columns, query.OnConflict));
        Assert.Empty(query.Filters);
    }

    [Theory]
    [InlineData("id=eq.1&id=lt.5", "'id' Equal '1'|'id' Less '5'")]
    [InlineData("name=eq.a+b%2Bc", "'name' Equal 'a b+c'")]
    [InlineData("data-%3E%3Ek=eq.1", "'data'->>'k' Equal '1'")]
    [InlineData("data->0->>k=eq.1", "'data'->+0->>'k' Equal '1'")]
    [InlineData("%22a.b%22=eq.1", "'a.b' Equal '1'")]
    [InlineData("first name=eq.1", "'first name' Equal '1'")]
    [InlineData("id=eq.1=2", "'id' Equal '1=2'")]
    [InlineData("&&id=eq.1&", "'id' Equal '1'")]
    [InlineData("id", "")]
    [InlineData("name=eq.%C3%A9", "'name' Equal 'é'")]
    public void A_filter_is_decoded_as_a_form_is(string query, string expected)
        => Assert.Equal(expected, string.Join('|', Parse(query).Filters.Select(filter => Syntax.Show(filter.Value))));

    [Theory]
    [InlineData("a.b.c=eq.1", "a/b")]
    [InlineData("%22x.y%22.c=eq.1", "x.y")]
    public void A_path_names_the_embedded_table(string query, string path)
        => Assert.Equal(path, Path(Parse(query).Filters[0].Path));

    [Theory]
    [InlineData("and=(a.eq.1)", ": And('a' Equal '1')")]
    [InlineData("not.or=(a.eq.1)", ": NotOr('a' Equal '1')")]
    [InlineData("x.and=(a.eq.1)", "x: And('a' Equal '1')")]
    [InlineData("x.y.not.and=(a.eq.1)", "x/y: NotAnd('a' Equal '1')")]
    [InlineData("not.x.and=(a.eq.1)", "x: NotAnd('a' Equal '1')")]
    public void A_tree_belongs_to_a_table(string query, string expected)
    {
        var logic = Assert.Single(Parse(query).Logic);

        Assert.Equal(expected, $"{Path(logic.Path)}: {Syntax.Show(logic.Value)}");
    }

    [Fact]
    public void At_a_function_a_value_that_is_no_filter_is_an_argument()
    {
        var query = Parse("a=1&b=eq.2&a=x.y&c=", takesArguments: true);

        Assert.Equal([KeyValuePair.Create("a", "1"), KeyValuePair.Create("a", "x.y"), KeyValuePair.Create("c", "")], query.Arguments);
        Assert.Equal("'b' Equal '2'", Syntax.Show(Assert.Single(query.Filters).Value));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("id=eq.1", "id=eq.1")]
    [InlineData("b=eq.1&a=eq.2", "a=eq.2&b=eq.1")]
    [InlineData("select=id,name&order=id.desc", "order=id.desc&select=id%2Cname")]
    [InlineData("id=gt.1&id=lt.5", "id=gt.1,lt.5")]
    [InlineData("name=eq.a+b", "name=eq.a%20b")]
    [InlineData("name=eq.%C3%A9", "name=eq.%C3%A9")]
    [InlineData("id", "id=")]
    public void Canonical_form_is_sorted_and_encoded(string query, string expected)
        => Assert.Equal(expected, Parse(query).ToCanonical());

    [Theory]
    [InlineData("select=a(", "\"failed to parse select parameter (a()\" (line 1, column 3) unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", \"count()\" or \")\"")]
    [InlineData("id=5", "\"failed to parse filter (5)\" (line 1, column 1) unexpected \"5\" expecting \"not\" or operator (eq, gt, ...)")]
    [InlineData("order=a.up", "\"failed to parse order (a.up)\" (line 1, column 3) unexpected \"u\" expecting \"asc\", \"desc\", \"nullsfirst\" or \"nullslast\"")]
    [InlineData("or=()", "\"failed to parse logic tree (())\" (line 1, column 4) unexpected \")\" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)")]
    [InlineData("columns=", "\"failed to parse columns parameter ()\" (line 1, column 1) unexpected end of input expecting field name (* or [a..z0..9_$])")]
    [InlineData("columns=a,,b", "\"failed to parse columns parameter (a,,b)\" (line 1, column 3) unexpected \",\" expecting field name (* or [a..z0..9_$])")]
    [InlineData("a..b=eq.1", "\"failed to parse tree path (a..b)\" (line 1, column 3) unexpected \".\" expecting field name (* or [a..z0..9_$])")]
    [InlineData(".a=eq.1", "\"failed to parse tree path (.a)\" (line 1, column 1) unexpected \".\" expecting field name (* or [a..z0..9_$])")]
    [InlineData("x..and=(a.eq.1)", "\"failed to parse logic path (x..and)\" (line 1, column 3) unexpected \".\" expecting field name (* or [a..z0..9_$])")]
    [InlineData("x..order=a", "\"failed to parse tree path (x..order)\" (line 1, column 3) unexpected \".\" expecting field name (* or [a..z0..9_$])")]
    public void A_parameter_that_cannot_be_read_is_told_with_its_place(string query, string expected)
    {
        var (message, details) = Syntax.Refusal(() => Parse(query));

        Assert.Equal(expected, $"{message} {details}");
    }

    static QueryParameters Parse(string query, bool takesArguments = false) => QueryParameters.Parse(query, takesArguments);

    static string Path(IEnumerable<string> path) => string.Join('/', path);
}
