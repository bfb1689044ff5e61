using System.Text.RegularExpressions;

namespace Evolv.Tests.Rest.Query;

/// <summary>Filters in, WHERE out. Values are parameters without exception.</summary>
public sealed partial class ConditionTests
{
    [Theory]
    [InlineData("id=eq.5", ":id = $1", "5")]
    [InlineData("id=neq.5", ":id <> $1", "5")]
    [InlineData("id=gt.5", ":id > $1", "5")]
    [InlineData("id=gte.5", ":id >= $1", "5")]
    [InlineData("id=lt.5", ":id < $1", "5")]
    [InlineData("id=lte.5", ":id <= $1", "5")]
    [InlineData("id=isdistinct.5", ":id IS DISTINCT FROM $1", "5")]
    [InlineData("title=like.*a%25", ":title like $1", "%a%")]
    [InlineData("title=ilike.a*", ":title ilike $1", "a%")]
    [InlineData("title=match.^a*", ":title ~ $1", "^a*")]
    [InlineData("title=imatch.^a", ":title ~* $1", "^a")]
    [InlineData("id=not.eq.5", "NOT :id = $1", "5")]
    [InlineData("title=eq.'%3B drop table films --", ":title = $1", "'; drop table films --")]
    public void A_comparison_has_its_operator(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("id=eq(any).{1,2}", ":id = ANY($1)", "{1,2}")]
    [InlineData("id=gte(all).{1,2}", ":id >= ALL($1)", "{1,2}")]
    [InlineData("title=like(any).{a*,*b}", ":title like ANY($1)", "{a%,%b}")]
    [InlineData("title=ilike(all).{*a*}", ":title ilike ALL($1)", "{%a%}")]
    [InlineData("title=not.match(any).{^a,b$}", "NOT :title ~ ANY($1)", "{^a,b$}")]
    public void A_quantifier_takes_an_array(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("id=in.(1,2,3)", ":id = ANY ($1)", """{"1","2","3"}""")]
    [InlineData("title=in.(\"a,b\",c\\d)", ":title = ANY ($1)", """{"a,b","c\\d"}""")]
    [InlineData("id=not.in.(1)", "NOT :id = ANY ($1)", """{"1"}""")]
    [InlineData("id=in.()", ":id = ANY('{}')", "")]
    public void A_list_is_one_parameter_however_long(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("id=is.null", ":id IS NULL")]
    [InlineData("id=is.not_null", ":id IS NOT NULL")]
    [InlineData("id=is.true", ":id IS TRUE")]
    [InlineData("id=is.false", ":id IS FALSE")]
    [InlineData("id=is.unknown", ":id IS UNKNOWN")]
    [InlineData("id=not.is.null", "NOT :id IS NULL")]
    public void A_truth_value_is_a_keyword(string filter, string condition)
        => AssertCondition(filter, condition, "");

    [Theory]
    [InlineData("tags=cs.{a}", ":tags @> $1", "{a}")]
    [InlineData("tags=cd.{a,b}", ":tags <@ $1", "{a,b}")]
    [InlineData("tags=ov.{a}", ":tags && $1", "{a}")]
    [InlineData("tags=sl.[1,2)", ":tags << $1", "[1,2)")]
    [InlineData("tags=sr.[1,2)", ":tags >> $1", "[1,2)")]
    [InlineData("tags=nxr.[1,2)", ":tags &< $1", "[1,2)")]
    [InlineData("tags=nxl.[1,2)", ":tags &> $1", "[1,2)")]
    [InlineData("tags=adj.[1,2)", ":tags -|- $1", "[1,2)")]
    public void Arrays_and_ranges_have_operators_of_their_own(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("words=fts.a", ":words @@ to_tsquery($1)", "a")]
    [InlineData("words=plfts.a", ":words @@ plainto_tsquery($1)", "a")]
    [InlineData("words=phfts(german).a", ":words @@ phraseto_tsquery($1, $2)", "german | a")]
    [InlineData("words=wfts.a", ":words @@ websearch_to_tsquery($1)", "a")]
    [InlineData("title=fts.a", "to_tsvector(:title) @@ to_tsquery($1)", "a")]
    [InlineData("title=fts(german).a", "to_tsvector($1, :title) @@ to_tsquery($2, $3)", "german | german | a")]
    [InlineData("data->>k=fts.a", "to_tsvector(:data->>$1) @@ to_tsquery($2)", "k | a")]
    [InlineData("computed=fts.a", ":computed @@ to_tsquery($1)", "a")]
    public void A_search_makes_a_document_of_what_is_none(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("data->>k=eq.a", ":data->>$1 = $2", "k | a")]
    [InlineData("data->k->0=eq.1", ":data->$1->$2::int = $3", "k | +0 | 1")]
    [InlineData("data->-1=is.null", ":data->$1::int IS NULL", "-1")]
    [InlineData("tags->0=eq.\"a\"", "to_jsonb(:tags)->$1::int = $2", "+0 | \"a\"")]
    public void A_json_path_is_made_of_parameters(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("or=(id.eq.1,title.is.null)", "(:id = $1 OR :title IS NULL)", "1")]
    [InlineData("and=(id.eq.1,title.is.null)", "(:id = $1 AND :title IS NULL)", "1")]
    [InlineData("not.or=(id.eq.1,id.eq.2)", "NOT (:id = $1 OR :id = $2)", "1 | 2")]
    [InlineData("or=(id.eq.1,not.and(id.gt.2,or(title.not.eq.a,title.in.(b,c))))",
        "(:id = $1 OR NOT (:id > $2 AND (NOT :title = $3 OR :title = ANY ($4))))", """1 | 2 | a | {"b","c"}""")]
    [InlineData("id=gt.1&id=lt.5", ":id > $1 AND :id < $2", "1 | 5")]
    [InlineData("id=gt.1&or=(id.lt.5)", "(:id < $1) AND :id > $2", "5 | 1")]
    public void Conditions_are_joined(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Theory]
    [InlineData("color=eq.red", ":color = api.color_parse($1)", "red")]
    [InlineData("color=neq.red", ":color <> api.color_parse($1)", "red")]
    [InlineData("color=in.(red,blue)", ":color = ANY (SELECT api.color_parse(unnest($1::text[])))", """{"red","blue"}""")]
    [InlineData("color=eq(any).{red,blue}", ":color = ANY(SELECT api.color_parse(unnest($1::text[])))", "{red,blue}")]
    [InlineData("color=isdistinct.red", ":color IS DISTINCT FROM api.color_parse($1)", "red")]
    [InlineData("color=is.null", ":color IS NULL", "")]
    public void A_domain_reads_its_own_form(string filter, string condition, string values)
        => AssertCondition(filter, condition, values);

    [Fact]
    public void Any_name_is_quoted()
    {
        var sql = FilmSchema.Rows("GET /odd%20%22names%22?select=%22c.d%22,x:%22%5C%22%22&%22a%20b%22=eq.1&order=%22c.d%22");

        Assert.Equal(
            """""
            SELECT "api"."odd ""names"""."c.d", "api"."odd ""names"""."""" AS "x" FROM "api"."odd ""names""" WHERE "api"."odd ""names"""."a b" = $1 ORDER BY "api"."odd ""names"""."c.d"
            """"", sql.Raw);
    }

    // A colon stands for the table.
    static void AssertCondition(string filter, string condition, string values)
    {
        var sql = FilmSchema.Rows($"GET /films?select=id&{filter}");

        Assert.Equal(($"SELECT api.films.id FROM api.films WHERE {Table().Replace(condition, "api.films.")}", values), (sql.Text, sql.Values));
    }

    [GeneratedRegex("(?<!:):(?!:)")]
    private static partial Regex Table();
}
