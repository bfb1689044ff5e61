namespace Evolv.Tests.Rest.Calls;

public sealed class ResultTests(CallsServer server) : IClassFixture<CallsServer>
{
    const string Singular = "Accept: application/vnd.pgrst.object+json";

    RestServer Api => server.Api;

    [Theory]
    [InlineData("no_text", "null", "0-0/*")]
    [InlineData("some_json", """{"b":1,"a":[true,null]}""", "0-0/*")]
    [InlineData("numbers", "[1,2]", "0-0/*")]
    [InlineData("count_to?n=3", "[1,2,3]", "0-2/*")]
    [InlineData("count_to?n=0", "[]", "*/*")]
    [InlineData("first_book", """{"id":1,"title":"Dune","shelf_id":1,"pages":412}""", "0-0/*")]
    [InlineData("no_book", """{"id":null,"title":null,"shelf_id":null,"pages":null}""", "0-0/*")]
    [InlineData("books_of?shelf=2", """[{"id":3,"title":"World","shelf_id":2,"pages":90}]""", "0-0/*")]
    [InlineData("books_of?shelf=9", "[]", "*/*")]
    [InlineData("pairs", """[{"number":1,"word":"one"},{"number":2,"word":"two"},{"number":3,"word":null}]""", "0-2/*")]
    [InlineData("column_of_one", """[{"word":"one"},{"word":"two"}]""", "0-1/*")]
    [InlineData("two_out", """{"low":1,"high":9}""", "0-0/*")]
    [InlineData("one_out", """{"low":1}""", "0-0/*")]
    [InlineData("loose", """{"a":1,"b":"x"}""", "0-0/*")]
    [InlineData("in_and_out?value=4", """{"value":5}""", "0-0/*")]
    public async Task A_result_has_the_shape_of_the_function(string call, string body, string range)
    {
        (await Api.SendAsync($"GET /rpc/{call}")).Is(200, body).Has("Content-Range", range).Has("Content-Type", "application/json; charset=utf-8");
        (await Api.SendAsync($"HEAD /rpc/{call}")).IsEmpty(200).Has("Content-Range", range).Has("Content-Length", null)
            .Has("Content-Type", "application/json; charset=utf-8");
    }

    [Fact]
    public async Task Nothing_has_no_content()
        => (await Api.SendAsync("POST /rpc/nothing", "{}")).IsEmpty(204).Has("Content-Type", null).Has("Content-Length", null);

    [Theory]
    [InlineData("GET /rpc/all_books?select=title&pages=gt.100", null, """[{"title":"Dune"},{"title":"Emma"}]""")]
    [InlineData("POST /rpc/all_books?select=title&pages=gt.100", "{}", """[{"title":"Dune"},{"title":"Emma"}]""")]
    [InlineData("POST /rpc/books_of?select=t:title&pages=lt.200", """{"shelf":1}""", """[{"t":"Emma"}]""")]
    [InlineData("GET /rpc/all_books?select=title&order=pages.desc.nullslast&limit=2", null, """[{"title":"Dune"},{"title":"Emma"}]""")]
    [InlineData("GET /rpc/all_books?select=id&order=id.desc&offset=1&limit=2", null, """[{"id":3},{"id":2}]""")]
    [InlineData("GET /rpc/all_books?select=id&or=(id.eq.1,title.like.L*)", null, """[{"id":1},{"id":4}]""")]
    [InlineData("GET /rpc/all_books?select=id,book_title&id=eq.1", null, """[{"id":1,"book_title":"<Dune>"}]""")]
    [InlineData("GET /rpc/all_books?select=title,shelves(name)&id=in.(3,4)", null, """[{"title":"World","shelves":{"name":"Atlases"}},{"title":"Loose","shelves":null}]""")]
    [InlineData("GET /rpc/all_books?select=title,shelves!inner(name)&shelves.name=eq.Atlases", null, """[{"title":"World","shelves":{"name":"Atlases"}}]""")]
    [InlineData("GET /rpc/all_books?select=title,...shelves(shelf:name)&id=eq.1", null, """[{"title":"Dune","shelf":"Novels"}]""")]
    [InlineData("GET /rpc/all_books?select=title,shelves()&shelves=is.null", null, """[{"title":"Loose"}]""")]
    [InlineData("GET /rpc/all_books?select=title,shelves()&or=(shelves.is.null,pages.lt.100)", null, """[{"title":"World"},{"title":"Loose"}]""")]
    [InlineData("GET /rpc/all_books?select=title,shelves(name)&order=shelves(name).desc.nullslast,id&limit=2", null, """[{"title":"Dune","shelves":{"name":"Novels"}},{"title":"Emma","shelves":{"name":"Novels"}}]""")]
    [InlineData("GET /rpc/first_book?select=title,shelves(name)", null, """{"title":"Dune","shelves":{"name":"Novels"}}""")]
    [InlineData("GET /rpc/pairs?select=word&number=gte.2", null, """[{"word":"two"},{"word":null}]""")]
    [InlineData("GET /rpc/pairs?word=is.null", null, """[{"number":3,"word":null}]""")]
    [InlineData("GET /rpc/two_out?select=high", null, """{"high":9}""")]
    public async Task A_result_is_read_as_a_table_is(string line, string? body, string result)
        => (await Api.SendAsync(line, body)).Is(200, result);

    [Theory]
    [InlineData("GET /rpc/all_books?select=id", "Range: 1-2", null, 206, "1-2/4")]
    [InlineData("GET /rpc/all_books?select=id&limit=2&offset=1", null, null, 206, "1-2/4")]
    [InlineData("POST /rpc/all_books?select=id&limit=2&offset=1", null, "{}", 206, "1-2/4")]
    public async Task A_result_has_pages(string line, string? range, string? body, int status, string contentRange)
        => (await Api.SendAsync(line, body, range is null ? ["Prefer: count=exact"] : ["Prefer: count=exact", range]))
            .Is(status, """[{"id":2},{"id":3}]""").Has("Content-Range", contentRange).Has("Preference-Applied", "count=exact");

    [Fact]
    public async Task A_range_says_nothing_for_a_POST()
        => (await Api.SendAsync("POST /rpc/count_to", """{"n":3}""", "Range: 0-0")).Is(200, "[1,2,3]").Has("Content-Range", "0-2/*");

    [Fact]
    public async Task A_page_beyond_the_end_is_refused()
        => (await Api.SendAsync("GET /rpc/all_books?offset=9", body: (string?)null, "Prefer: count=exact"))
            .Fails(416, "PGRST103", "Requested range not satisfiable", "An offset of 9 was requested, but there are only 4 rows.")
            .Has("Content-Range", "*/4");

    [Fact]
    public async Task One_row_comes_as_an_object()
    {
        (await Api.SendAsync("GET /rpc/books_of?shelf=2&select=title", body: (string?)null, Singular)).Is(200, """{"title":"World"}""")
            .Has("Content-Type", "application/vnd.pgrst.object+json; charset=utf-8");
        (await Api.SendAsync("GET /rpc/books_of?shelf=1", body: (string?)null, Singular))
            .Fails(406, "PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows");
        (await Api.SendAsync("GET /rpc/first_book?select=title", body: (string?)null, Singular)).Is(200, """{"title":"Dune"}""");
        (await Api.SendAsync("GET /rpc/some_json", body: (string?)null, Singular)).Is(200, """{"b":1,"a":[true,null]}""");
    }

    [Fact]
    public async Task Nulls_are_left_out_if_so_accepted()
        => (await Api.SendAsync("GET /rpc/pairs?number=eq.3", body: (string?)null, "Accept: application/vnd.pgrst.array+json;nulls=stripped"))
            .Is(200, """[{"number":3}]""");

    [Fact]
    public async Task A_result_comes_as_CSV()
        => (await Api.SendAsync("GET /rpc/pairs", body: (string?)null, "Accept: text/csv")).IsText(200, "number,word\n1,one\n2,two\n3,");

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    public async Task Other_types_need_a_handler(string type)
        => (await Api.SendAsync("GET /rpc/now_is", body: (string?)null, $"Accept: {type}"))
            .Fails(406, "PGRST107", $"None of these media types are available: {type}");

    [Fact]
    public async Task A_filter_on_a_column_that_is_not_there_is_PostgreSQLs_error()
        => (await Api.SendAsync("GET /rpc/pairs?letter=eq.1")).Fails(400, "42703", "column record.letter does not exist");
}
