namespace Evolv.Tests.Rest.Read;

[Collection(typeof(Bookshop))]
public sealed class SelectTests(Bookshop shop)
{
    [Fact]
    public async Task Everything_is_answered_when_nothing_is_selected()
    {
        var answer = await shop.SendAsync("GET /genres");

        answer.Is(200, """[{"id":1,"name":"Novel"},{"id":2,"name":"Satire"},{"id":3,"name":"Short stories"},{"id":4,"name":"Poetry"}]""")
            .Has("Content-Type", "application/json; charset=utf-8")
            .Has("Content-Range", "0-3/*")
            .Has("Content-Location", "/genres")
            .Has("Vary", "Accept-Encoding, Origin, Accept, Prefer, Range");
        Assert.Equal($"{answer.Body.Length}", answer.Header("Content-Length"));
    }

    [Fact]
    public async Task Nothing_found_is_an_empty_list()
        => (await shop.SendAsync("GET /genres?id=eq.99")).Is(200, "[]").Has("Content-Range", "*/*");

    [Theory]
    [InlineData("title", """{"title":"Orlando"}""")]
    [InlineData("title,id", """{"title":"Orlando","id":1}""")]
    [InlineData("name:title", """{"name":"Orlando"}""")]
    [InlineData("\"the name\":title", """{"the name":"Orlando"}""")]
    [InlineData("id::text,price::int", """{"id":"1","price":13}""")]
    [InlineData("no:id::text", """{"no":"1"}""")]
    [InlineData("a:id,b:id", """{"a":1,"b":1}""")]
    [InlineData("details", """{"details":{"lang":"en","ratings":[5,4],"format":{"kind":"paper"}}}""")]
    [InlineData("details->lang", """{"lang":"en"}""")]
    [InlineData("l:details->>lang", """{"l":"en"}""")]
    [InlineData("details->ratings->0", """{"ratings":5}""")]
    [InlineData("details->ratings->>-1", """{"ratings":"4"}""")]
    [InlineData("details->format->>kind", """{"kind":"paper"}""")]
    [InlineData("k:details->format->nothing", """{"k":null}""")]
    [InlineData("lang:details->>lang::char", """{"lang":"e"}""")]
    [InlineData("tags", """{"tags":["fantasy","classic"]}""")]
    [InlineData("tags->0", """{"tags":"fantasy"}""")]
    [InlineData("first:tags->>0", """{"first":"fantasy"}""")]
    [InlineData("ages", """{"ages":"[12,18)"}""")]
    [InlineData("title,title_length", """{"title":"Orlando","title_length":7}""")]
    [InlineData("n:title_length::text", """{"n":"7"}""")]
    public async Task Columns_can_be_named_cast_and_taken_apart(string select, string row)
        => (await shop.SendAsync($"GET /books?id=eq.1&select={select}")).Is(200, $"[{row}]");

    [Fact]
    public async Task Nothing_selected_is_everything()
        => (await shop.SendAsync("GET /genres?select=&id=eq.1")).Is(200, """[{"id":1,"name":"Novel"}]""");

    [Fact]
    public async Task Of_a_column_selected_twice_both_are_there()
        => Assert.Equal("[{\"id\":1,\"id\":1}]", (await shop.SendAsync("GET /books?id=eq.1&select=id,id")).Body);

    [Fact]
    public async Task A_name_may_have_any_letters()
        => (await shop.SendAsync("GET /odd%20names?select=%22a%20b%22,dot:%22c.d%22,%22%C3%BC,(%5C%22x%5C%22)%22&%22c.d%22=eq.dot&order=%22a%20b%22"))
            .Is(200, """[{"a b":1,"dot":"dot","ü,(\"x\")":"quote"}]""")
            .Has("Content-Location", "/odd%20names?%22c.d%22=eq.dot&order=%22a%20b%22&select=%22a%20b%22%2Cdot%3A%22c.d%22%2C%22%C3%BC%2C%28%5C%22x%5C%22%29%22");

    [Theory]
    [InlineData("GET /books?select=nothing", 400, "42703", "column books.nothing does not exist", null, null)]
    [InlineData("GET /books?select=id::nothing", 400, "42704", "type \"nothing\" does not exist", null, null)]
    [InlineData("GET /books?select=title::int", 400, "22P02", "invalid input syntax for type integer: \"Orlando\"", null, null)]
    [InlineData("GET /books?nothing=eq.1", 400, "42703", "column books.nothing does not exist", null, null)]
    [InlineData("GET /books?order=nothing", 400, "42703", "column books.nothing does not exist", null, null)]
    [InlineData("GET /book", 404, "PGRST205", "Could not find the table 'api.book' in the schema cache", null, "Perhaps you meant the table 'api.books'")]
    [InlineData("GET /something_else", 404, "PGRST205", "Could not find the table 'api.something_else' in the schema cache", null, null)]
    [InlineData("GET /books/1", 404, "PGRST125", "Invalid path specified in request URL", null, null)]
    [InlineData("GET /books?select=id,", 400, "PGRST100", "\"failed to parse select parameter (id,)\" (line 1, column 4)",
        "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or \"count()\"", null)]
    public async Task What_is_not_there_is_told(string line, int status, string code, string message, string? details, string? hint)
    {
        var answer = await shop.SendAsync(line);

        answer.Is(status, System.Text.Json.JsonSerializer.Serialize(new { code, message, details, hint }))
            .Has("Content-Type", "application/json; charset=utf-8")
            .Has("Proxy-Status", $"PostgREST; error={code}");
    }
}
