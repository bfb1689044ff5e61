namespace Evolv.Tests.Rest.Read;

/// <summary>Which books a filter finds, by their ids.</summary>
[Collection(typeof(Bookshop))]
public sealed class FilterTests(Bookshop shop)
{
    [Theory]
    [InlineData("id=eq.3", "3")]
    [InlineData("id=neq.3", "1 2 4 5 6")]
    [InlineData("pages=gt.248", "1 3")]
    [InlineData("pages=gte.248", "1 3 4")]
    [InlineData("pages=lt.150", "5")]
    [InlineData("pages=lte.150", "5 6")]
    [InlineData("title=eq.The Waves", "2")]
    [InlineData("title=eq.The+Waves", "2")]
    [InlineData("title=like.*o*", "1 4 5 6")]
    [InlineData("title=like.O%25", "1")]
    [InlineData("title=like._____ro", "")]
    [InlineData("title=ilike.*O*", "1 4 5 6")]
    [InlineData("title=ilike.the*", "2")]
    [InlineData("title=match.^[0-9]%2B$", "3")]
    [InlineData("title=match.^the", "")]
    [InlineData("title=imatch.^the", "2")]
    [InlineData("publisher_id=isdistinct.1", "3 4 5 6")]
    [InlineData("publisher_id=neq.1", "3 4")]
    [InlineData("title=eq.", "")]
    public async Task A_value_is_compared(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("id=not.eq.3", "1 2 4 5 6")]
    [InlineData("pages=not.gt.248", "2 4 5 6")]
    [InlineData("title=not.like.*o*", "2 3")]
    [InlineData("id=not.in.(1,2)", "3 4 5 6")]
    [InlineData("publisher_id=not.is.null", "1 2 3 4")]
    [InlineData("publisher_id=not.eq.1", "3 4")]
    [InlineData("tags=not.cs.{classic}", "4 5 6")]
    [InlineData("publisher_id=not.isdistinct.1", "1 2")]
    public async Task A_filter_can_be_negated(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("id=eq(any).{1,3}", "1 3")]
    [InlineData("pages=gt(all).{100,200}", "1 3 4")]
    [InlineData("pages=lt(any).{150,200}", "5 6")]
    [InlineData("title=like(any).{O*,*s}", "1 2")]
    [InlineData("title=ilike(all).{*O*,*R*}", "1 4 5")]
    [InlineData("title=match(any).{^O,^K}", "1 4")]
    [InlineData("title=imatch(all).{o,t}", "6")]
    [InlineData("id=not.eq(any).{1,3}", "2 4 5 6")]
    [InlineData("id=eq(any).{}", "")]
    [InlineData("id=eq(all).{}", "1 2 3 4 5 6")]
    public async Task A_value_is_compared_with_any_or_all(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("id=in.(1,3,99)", "1 3")]
    [InlineData("id=in.(3)", "3")]
    [InlineData("id=in.()", "")]
    [InlineData("id=not.in.()", "1 2 3 4 5 6")]
    [InlineData("title=in.(\"1984\",\"The Waves\")", "2 3")]
    [InlineData("title=in.(Orlando,The Waves)", "1 2")]
    [InlineData("publisher_id=is.null", "5 6")]
    [InlineData("publisher_id=is.not_null", "1 2 3 4")]
    [InlineData("in_print=is.true", "1 3 4 6")]
    [InlineData("in_print=is.false", "2")]
    [InlineData("in_print=is.unknown", "5")]
    [InlineData("in_print=is.TRUE", "1 3 4 6")]
    [InlineData("in_print=eq.true", "1 3 4 6")]
    [InlineData("in_print=not.is.true", "2 5")]
    public async Task Lists_and_truth_values_are_found(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("words=fts.friend", "2 3")]
    [InlineData("words=fts.friend%26brother", "3")]
    [InlineData("words=fts.poet|student", "1 4")]
    [InlineData("words=fts(english).friends", "2 3")]
    [InlineData("words=fts(simple).friends", "")]
    [InlineData("words=plfts.the friends speak", "2")]
    [InlineData("words=phfts.big brother", "3")]
    [InlineData("words=phfts.brother big", "")]
    [InlineData("words=wfts.friends -brother", "2")]
    [InlineData("words=wfts(english).\"big brother\" or teacher", "3 4")]
    [InlineData("words=not.fts.friend", "1 4 5 6")]
    [InlineData("blurb=fts(english).friends", "2 3")]
    [InlineData("blurb=fts(simple).friends", "2 3")]
    [InlineData("blurb=fts(simple).friend", "")]
    [InlineData("details=fts(simple).paper", "1")]
    [InlineData("details->format->>kind=plfts(simple).paper", "1")]
    public async Task Words_are_searched_in_four_ways(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("tags=cs.{classic}", "1 2 3")]
    [InlineData("tags=cs.{classic,dystopia}", "3")]
    [InlineData("tags=cd.{classic,comic,short}", "2 4 5 6")]
    [InlineData("tags=ov.{comic,short}", "5 6")]
    [InlineData("tags=eq.{classic}", "2")]
    [InlineData("ages=cs.[14,16)", "1 2 5")]
    [InlineData("ages=cd.[10,20]", "1 2 5")]
    [InlineData("ages=ov.[17,20]", "1 2 3")]
    [InlineData("ages=sl.[14,20]", "6")]
    [InlineData("ages=sr.[8,14)", "2 3")]
    [InlineData("ages=nxr.[0,16)", "5 6")]
    [InlineData("ages=nxl.[14,20)", "2 3")]
    [InlineData("ages=adj.[16,20)", "5")]
    [InlineData("details=cs.{\"lang\":\"ja\"}", "4 6")]
    [InlineData("details->ratings=cs.[5]", "1 3")]
    public async Task Arrays_ranges_and_documents_are_compared_as_sets(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("details->>lang=eq.ja", "4 6")]
    [InlineData("details->lang=eq.\"ja\"", "4 6")]
    [InlineData("details->format->>kind=eq.paper", "1")]
    [InlineData("details->ratings->0=eq.5", "1 3")]
    [InlineData("details->ratings->>-1=eq.4", "1 3 6")]
    [InlineData("details->ratings->0=gt.3", "1 3 6")]
    [InlineData("details->format=is.null", "2 3 4 5 6")]
    [InlineData("details->>lang=in.(en,fr)", "1 2 3")]
    [InlineData("details->>lang=like.j*", "4 6")]
    [InlineData("tags->>0=eq.classic", "2")]
    [InlineData("title_length=gt.7", "2 5")]
    [InlineData("title_length=in.(4,6)", "3 4")]
    public async Task What_a_path_or_function_finds_can_be_compared(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Theory]
    [InlineData("id=gt.1&id=lt.4", "2 3")]
    [InlineData("or=(id.eq.1,id.eq.4)", "1 4")]
    [InlineData("and=(pages.gt.150,in_print.is.true)", "1 3 4")]
    [InlineData("not.or=(id.eq.1,id.eq.4)", "2 3 5 6")]
    [InlineData("not.and=(pages.gt.150,in_print.is.true)", "2 5 6")]
    [InlineData("or=(id.eq.1,and(pages.lt.200,not.and(in_print.is.true)))", "1 5")]
    [InlineData("or=(title.eq.\"The Waves\",tags.ov.{comic,short},ages.cs.\"[50,60]\")", "2 3 5 6")]
    [InlineData("or=(id.in.(1,2),details->>lang.eq.ja)", "1 2 4 6")]
    [InlineData("or=(id.not.in.(1,2,3),title.like(any).{O*,T*})", "1 2 4 5 6")]
    [InlineData("or=(words.plfts(english).poet,title_length.eq.4)", "1 3")]
    [InlineData("or=(id.eq.1,id.eq.2)&or=(pages.gt.300,id.eq.5)", "1")]
    [InlineData("or=(id.eq.1, id.eq.2 )", "1 2")]
    [InlineData("or=(publisher_id.isdistinct.1,id.eq.1)", "1 3 4 5 6")]
    public async Task Conditions_are_joined_in_trees(string filter, string ids) => await AssertFindsAsync(filter, ids);

    [Fact]
    public async Task A_list_may_be_long()
    {
        var list = string.Join(',', Enumerable.Range(3, 1000));

        await AssertFindsAsync($"id=in.({list})", "3 4 5 6");
    }

    [Theory]
    [InlineData("id=3", 400, "PGRST100", "\"failed to parse filter (3)\" (line 1, column 1)", "unexpected \"3\" expecting \"not\" or operator (eq, gt, ...)", null)]
    [InlineData("or=(id.eq.1", 400, "PGRST100", "\"failed to parse logic tree ((id.eq.1)\" (line 1, column 11)", "unexpected end of input expecting \",\" or \")\"", null)]
    [InlineData("id=eq.x", 400, "22P02", "invalid input syntax for type integer: \"x\"", null, null)]
    [InlineData("title=match.(", 400, "2201B", "invalid regular expression: parentheses () not balanced", null, null)]
    [InlineData("words=fts(klingon).x", 400, "42704", "text search configuration \"klingon\" does not exist", null, null)]
    [InlineData("id=is.true", 400, "42804", "argument of IS TRUE must be type boolean, not type integer", null, null)]
    [InlineData("id=like.1", 404, "42883", "operator does not exist: integer ~~ unknown", null,
        "No operator matches the given name and argument types. You might need to add explicit type casts.")]
    public async Task What_cannot_be_compared_is_told(string filter, int status, string code, string message, string? details, string? hint)
        => (await shop.SendAsync($"GET /books?{filter}")).Is(status, System.Text.Json.JsonSerializer.Serialize(new { code, message, details, hint }));

    async Task AssertFindsAsync(string filter, string ids)
        => (await shop.SendAsync($"GET /books?select=id&order=id&{filter}"))
            .Is(200, $"[{string.Join(',', ids.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => $$"""{"id":{{id}}}"""))}]");
}
