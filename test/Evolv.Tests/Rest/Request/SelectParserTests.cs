using Evolv.Rest;
using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class SelectParserTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("*", "'*'")]
    [InlineData("id", "'id'")]
    [InlineData("id,name", "'id', 'name'")]
    [InlineData(" id , name ", "'id', 'name'")]
    [InlineData("last name", "'last name'")]
    [InlineData("first-name", "'first-name'")]
    [InlineData("größe,名前,$x_1", "'größe', '名前', '$x_1'")]
    [InlineData("\"a,b:c(d)\"", "'a,b:c(d)'")]
    [InlineData(@"""say \""hi\"" \\o/""", @"'say ""hi"" \o/'")]
    [InlineData("full:name", "'full' = 'name'")]
    [InlineData("\"full name\":name", "'full name' = 'name'")]
    [InlineData("id::text", "'id'::'text'")]
    [InlineData("no:id::text", "'no' = 'id'::'text'")]
    [InlineData("at::timestamp with time zone", "'at'::'timestamp with time zone'")]
    public void Columns_have_aliases_and_casts(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(SelectParser.Parse(text)));

    [Theory]
    [InlineData("data->a", "'data'->'a'")]
    [InlineData("data->>a", "'data'->>'a'")]
    [InlineData("data->a->b->>c", "'data'->'a'->'b'->>'c'")]
    [InlineData("data->0->>1", "'data'->+0->>+1")]
    [InlineData("data->-1", "'data'->-1")]
    [InlineData("data->1a", "'data'->'1a'")]
    [InlineData("data->a-b", "'data'->'a-b'")]
    [InlineData("data->\"x.y\"->>\"->\"", "'data'->'x.y'->>'->'")]
    [InlineData("n:data->>a::int", "'n' = 'data'->>'a'::'int'")]
    [InlineData("data->0::text", "'data'->+0::'text'")]
    [InlineData("data->a.sum()", "'data'->'a' Sum")]
    public void Json_paths_go_by_key_and_index(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(SelectParser.Parse(text)));

    [Theory]
    [InlineData("count()", "'*' Count")]
    [InlineData("rows:count()", "'rows' = '*' Count")]
    [InlineData("count()::text", "'*' Count::'text'")]
    [InlineData("count", "'count'")]
    [InlineData("id.count()", "'id' Count")]
    [InlineData("a.sum(),a.avg(),a.max(),a.min()", "'a' Sum, 'a' Avg, 'a' Max, 'a' Min")]
    [InlineData("total:a::int.sum()::text", "'total' = 'a'::'int' Sum::'text'")]
    public void Aggregates_may_be_cast_before_and_after(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(SelectParser.Parse(text)));

    [Theory]
    [InlineData("a(*)", "'a'('*')")]
    [InlineData("a()", "'a'()")]
    [InlineData("a ( id )", "'a'('id')")]
    [InlineData("x:a(id),b", "'x' = 'a'('id'), 'b'")]
    [InlineData("a!fk(id)", "'a' by 'fk'('id')")]
    [InlineData("a!inner(id)", "'a' Inner('id')")]
    [InlineData("a!left(id)", "'a' Left('id')")]
    [InlineData("a!fk!inner(id)", "'a' by 'fk' Inner('id')")]
    [InlineData("a!inner!fk(id)", "'a' by 'fk' Inner('id')")]
    [InlineData("x:\"a b\"!\"f k\"(id)", "'x' = 'a b' by 'f k'('id')")]
    [InlineData("a(b(c(d,e),f),g),h", "'a'('b'('c'('d', 'e'), 'f'), 'g'), 'h'")]
    [InlineData("...a(id)", "...'a'('id')")]
    [InlineData("...a!fk!inner(x:id,...b(c))", "...'a' by 'fk' Inner('x' = 'id', ...'b'('c'))")]
    [InlineData("counts(id)", "'counts'('id')")]
    public void Embeds_have_hints_and_joins_in_any_order(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(SelectParser.Parse(text)));

    [Theory]
    [InlineData("a(", 3, "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", \"count()\" or \")\"")]
    [InlineData("id,", 4, "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or \"count()\"")]
    [InlineData("id name(", 9, "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", \"count()\" or \")\"")]
    [InlineData("a.foo()", 3, "unexpected \"f\" expecting \"sum\", \"avg\", \"count\", \"max\" or \"min\"")]
    [InlineData("a:b:c", 4, "unexpected \"c\" expecting \"::\"")]
    [InlineData("*,(a)", 3, "unexpected \"(\" expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or \"count()\"")]
    [InlineData("data->", 7, "unexpected end of input expecting \"-\", digit or any non reserved character different from: .,>()")]
    [InlineData("data->>,b", 8, "unexpected \",\" expecting \"-\", digit or any non reserved character different from: .,>()")]
    [InlineData("a!(id)", 2, "unexpected '!' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end of input")]
    [InlineData("a:::b", 4, "unexpected \":\" expecting letter or digit")]
    [InlineData("\"a", 3, "unexpected end of input expecting \"\\\"\"")]
    [InlineData("a(b(c)", 7, "unexpected end of input expecting \",\" or \")\"")]
    [InlineData("a\n\tb,#", 2, "unexpected '\\n' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end of input")]
    public void What_cannot_be_read_is_told_with_its_place(string text, int column, string details)
        => Assert.Equal(
            ($"\"failed to parse select parameter ({text})\" (line 1, column {column})", details), Syntax.Refusal(() => SelectParser.Parse(text)));

    // As PostgREST does: the grammar reads as far as it can.
    [Theory]
    [InlineData("id)", "'id'")]
    [InlineData("....a(b)", "")]
    [InlineData("#", "")]
    public void What_follows_the_last_item_is_not_looked_at(string text, string expected)
        => Assert.Equal(expected, Syntax.Show(SelectParser.Parse(text)));

    [Fact]
    public void Nesting_without_end_does_not_end_the_stack()
    {
        var text = string.Concat(Enumerable.Repeat("a(", 100_000));

        var error = Assert.Throws<RestError>(() => SelectParser.Parse(text));

        Assert.Equal((400, "EVOLV02", "The request nests deeper than 100 levels."), (error.Status, error.Code, error.Message));
    }
}
