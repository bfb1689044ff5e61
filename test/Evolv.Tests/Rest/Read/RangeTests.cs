namespace Evolv.Tests.Rest.Read;

/// <summary>Order, limits, ranges and counts at the top.</summary>
[Collection(typeof(Bookshop))]
public sealed class RangeTests(Bookshop shop)
{
    [Theory]
    [InlineData("id", "1 2 3 4 5 6")]
    [InlineData("id.asc", "1 2 3 4 5 6")]
    [InlineData("id.desc", "6 5 4 3 2 1")]
    [InlineData("price", "6 3 2 4 1 5")]
    [InlineData("price.desc", "5 1 4 2 3 6")]
    [InlineData("price.nullsfirst", "5 6 3 2 4 1")]
    [InlineData("price.desc.nullslast", "1 4 2 3 6 5")]
    [InlineData("author_id.desc,pages", "5 6 4 3 2 1")]
    [InlineData("details->>lang.desc.nullslast,id.desc", "6 4 3 2 1 5")]
    [InlineData("details->ratings->0.desc.nullslast,id", "1 3 6 2 4 5")]
    [InlineData("title_length,id", "3 4 1 6 5 2")]
    [InlineData(" id.desc", "6 5 4 3 2 1")]
    public async Task Rows_are_ordered(string order, string ids)
        => (await shop.SendAsync($"GET /books?select=id&order={order}")).Is(200, Ids(ids));

    [Theory]
    [InlineData("limit=2", null, "1 2", "0-1/*")]
    [InlineData("limit=2&offset=3", null, "4 5", "3-4/*")]
    [InlineData("offset=4", null, "5 6", "4-5/*")]
    [InlineData("limit=100", null, "1 2 3 4 5 6", "0-5/*")]
    [InlineData("limit=0", null, "", "*/*")]
    [InlineData("offset=100", null, "", "*/*")]
    [InlineData("limit=x", null, "1 2 3 4 5 6", "0-5/*")]
    [InlineData("", "0-1", "1 2", "0-1/*")]
    [InlineData("", "3-", "4 5 6", "3-5/*")]
    [InlineData("", "2-100", "3 4 5 6", "2-5/*")]
    [InlineData("", "items=0-1", "1 2 3 4 5 6", "0-5/*")]
    [InlineData("limit=3", "1-10", "2 3", "1-2/*")]
    public async Task A_part_of_the_rows_is_answered(string limits, string? range, string ids, string contentRange)
        => (await shop.SendAsync($"GET /books?select=id&order=id&{limits}", Headers(range)))
            .Is(200, Ids(ids)).Has("Content-Range", contentRange);

    [Theory]
    [InlineData("limit=2", null, 206, "1 2", "0-1/6")]
    [InlineData("limit=2&offset=4", null, 206, "5 6", "4-5/6")]
    [InlineData("limit=6", null, 200, "1 2 3 4 5 6", "0-5/6")]
    [InlineData("", null, 200, "1 2 3 4 5 6", "0-5/6")]
    [InlineData("id=lt.3", null, 200, "1 2", "0-1/2")]
    [InlineData("id=lt.4&limit=1", null, 206, "1", "0-0/3")]
    [InlineData("limit=0", null, 206, "", "*/6")]
    [InlineData("offset=6", null, 206, "", "*/6")]
    [InlineData("id=eq.99", null, 200, "", "*/0")]
    [InlineData("", "0-1", 206, "1 2", "0-1/6")]
    [InlineData("", "4-9", 206, "5 6", "4-5/6")]
    public async Task The_rows_in_all_are_counted(string limits, string? range, int status, string ids, string contentRange)
        => (await shop.SendAsync($"GET /books?select=id&order=id&{limits}", [.. Headers(range), "Prefer: count=exact"]))
            .Is(status, Ids(ids)).Has("Content-Range", contentRange).Has("Preference-Applied", "count=exact");

    [Theory]
    [InlineData("/authors?select=id,books!inner(title)&books.price=gt.10&limit=1", "0-0/2")]
    [InlineData("/authors?select=id,books()&books=is.null&limit=1", "0-0/2")]
    [InlineData("/authors?select=id,books(title)&books.price=gt.10&limit=1", "0-0/6")]
    [InlineData("/books?select=id,...publishers!inner(name)&limit=1", "0-0/4")]
    public async Task What_is_below_counts_when_it_chooses(string request, string contentRange)
        => Assert.Equal((206, contentRange), Range(await shop.SendAsync($"GET {request}", "Prefer: count=exact")));

    [Theory]
    [InlineData("offset=7", null, "An offset of 7 was requested, but there are only 6 rows.", "*/6")]
    [InlineData("id=eq.99&offset=1", null, "An offset of 1 was requested, but there are only 0 rows.", "*/0")]
    [InlineData("", "7-9", "An offset of 7 was requested, but there are only 6 rows.", "*/6")]
    [InlineData("limit=-1", null, "Limit should be greater than or equal to zero.", null)]
    [InlineData("", "5-2", "The lower boundary must be lower than or equal to the upper boundary in the Range header.", null)]
    public async Task A_range_that_cannot_be_is_refused(string limits, string? range, string details, string? contentRange)
        => (await shop.SendAsync($"GET /books?select=id&{limits}", [.. Headers(range), "Prefer: count=exact"]))
            .Is(416, System.Text.Json.JsonSerializer.Serialize(new { code = "PGRST103", message = "Requested range not satisfiable", details, hint = null as string }))
            .Has("Content-Range", contentRange);

    // PostgreSQL guesses a third of the rows for a comparison that it knows nothing of.
    [Theory]
    [InlineData("/books?select=id", "planned", 200, "0-5/6")]
    [InlineData("/books?select=id&limit=2", "planned", 206, "0-1/6")]
    [InlineData("/books?select=id&title_length=gt.1000", "planned", 206, "*/2")]
    [InlineData("/books?select=id&title_length=gt.1000", "exact", 200, "*/0")]
    [InlineData("/books?select=id", "estimated", 200, "0-5/6")]
    [InlineData("/books?select=id&title_length=gt.1000", "estimated", 200, "*/0")]
    public async Task Rows_are_counted_or_guessed(string request, string kind, int status, string contentRange)
    {
        var answer = await shop.SendAsync($"GET {request}", $"Prefer: count={kind}");

        Assert.Equal((status, contentRange, $"count={kind}"), (answer.Status, answer.Header("Content-Range"), answer.Header("Preference-Applied")));
    }

    [Theory]
    [InlineData("/books?select=id&order=id", """[{"id":1},{"id":2}]""", "0-1/*")]
    [InlineData("/books?select=id&order=id&limit=1", """[{"id":1}]""", "0-0/*")]
    [InlineData("/books?select=id&order=id&limit=100&offset=3", """[{"id":4},{"id":5}]""", "3-4/*")]
    [InlineData("/books?select=id&order=id&limit=0", "[]", "*/*")]
    [InlineData("/genres?select=id,books(id)&id=eq.1&books.order=id", """[{"id":1,"books":[{"id":1},{"id":2}]}]""", "0-0/*")]
    [InlineData("/genres?select=id,books(id,genres(id))&id=eq.1&books.order=id&books.limit=5",
        """[{"id":1,"books":[{"id":1,"genres":[{"id":1}]},{"id":2,"genres":[{"id":1}]}]}]""", "0-0/*")]
    [InlineData("/genres?select=id,...books(book:id)&id=eq.1&books.order=id.desc", """[{"id":1,"book":[4,3]}]""", "0-0/*")]
    public async Task A_setting_limits_the_rows_on_each_level(string request, string expected, string contentRange)
        => (await shop.SendStrictAsync($"GET {request}")).Is(200, expected).Has("Content-Range", contentRange);

    [Theory]
    [InlineData("exact", "/books?select=id", 206, "0-1/6")]
    [InlineData("planned", "/books?select=id", 206, "0-1/6")]
    [InlineData("estimated", "/books?select=id", 206, "0-1/6")]
    [InlineData("estimated", "/books?select=id&id=lt.3", 200, "0-1/2")]
    [InlineData("estimated", "/books?select=id&title_length=gt.1000", 200, "*/0")]
    public async Task Few_rows_are_counted_and_many_estimated(string kind, string request, int status, string contentRange)
        => Assert.Equal((status, contentRange), Range(await shop.SendStrictAsync($"GET {request}", $"Prefer: count={kind}")));

    [Fact]
    public async Task A_range_is_for_reading_only()
    {
        var answer = await shop.SendAsync("HEAD /books?select=id", "Range: 0-1", "Prefer: count=exact");

        answer.IsEmpty(200).Has("Content-Range", "0-5/6");
    }

    static (int, string?) Range(RestAnswer answer) => (answer.Status, answer.Header("Content-Range"));

    static string[] Headers(string? range) => range is null ? [] : [$"Range: {range}"];

    static string Ids(string ids)
        => $"[{string.Join(',', ids.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => $$"""{"id":{{id}}}"""))}]";
}
