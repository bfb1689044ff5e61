using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Rest.Read;

/// <summary>The same rows in every form, and the methods and schemas they can be had with.</summary>
[Collection(typeof(Bookshop))]
public sealed class MediaTypeTests(Bookshop shop)
{
    const string Object = "Accept: application/vnd.pgrst.object+json";

    [Theory]
    [InlineData("*/*", "application/json; charset=utf-8")]
    [InlineData("application/json", "application/json; charset=utf-8")]
    [InlineData("application/vnd.pgrst.array+json", "application/json; charset=utf-8")]
    [InlineData("text/html, application/json;q=0.5", "application/json; charset=utf-8")]
    [InlineData("text/csv;q=0.1, */*", "application/json; charset=utf-8")]
    [InlineData("application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.array+json; nulls=stripped; charset=utf-8")]
    public async Task Rows_are_a_list_of_objects(string accept, string contentType)
        => (await shop.SendAsync("GET /genres?id=eq.1", $"Accept: {accept}")).Is(200, """[{"id":1,"name":"Novel"}]""").Has("Content-Type", contentType);

    [Theory]
    [InlineData("/books?select=title,price&order=id&limit=2", "title,price\nOrlando,12.50\n\"The Waves\",9.00")]
    [InlineData("/books?select=title,publisher_id,tags&id=in.(3,5)&order=id", "title,publisher_id,tags\n1984,2,\"{dystopia,classic}\"\nRashomon,,{short}")]
    [InlineData("/books?select=t:title,authors(name)&id=eq.1", "t,authors\nOrlando,\"{\"\"name\"\": \"\"Woolf\"\"}\"")]
    [InlineData("/books?select=title&id=eq.99", "\n")]
    public async Task Rows_can_be_csv(string request, string expected)
    {
        var answer = await shop.SendAsync($"GET {request}", "Accept: text/csv");

        Assert.Equal((200, expected), (answer.Status, answer.Body));
        answer.Has("Content-Type", "text/csv; charset=utf-8").Has("Content-Length", $"{expected.Length}");
    }

    [Fact]
    public async Task A_single_row_can_be_an_object()
        => (await shop.SendAsync("GET /genres?id=eq.1", Object)).Is(200, """{"id":1,"name":"Novel"}""")
            .Has("Content-Type", "application/vnd.pgrst.object+json; charset=utf-8").Has("Content-Range", "0-0/*");

    [Fact]
    public async Task The_first_of_several_rows_can_be_an_object()
        => (await shop.SendAsync("GET /genres?order=id.desc&limit=1", Object, "Prefer: count=exact"))
            .Is(206, """{"id":4,"name":"Poetry"}""").Has("Content-Range", "0-0/4");

    [Theory]
    [InlineData("/genres?id=eq.99", 0)]
    [InlineData("/genres?id=lt.3", 2)]
    [InlineData("/genres", 4)]
    public async Task Any_other_number_of_rows_is_no_object(string request, int rows)
        => (await shop.SendAsync($"GET {request}", Object)).Is(406,
            $$"""{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains {{rows}} rows","hint":null}""")
            .Has("Content-Type", "application/json; charset=utf-8");

    [Theory]
    [InlineData("array", """[{"id":5,"authors":{"name":"Akutagawa"}}]""")]
    [InlineData("object", """{"id":5,"authors":{"name":"Akutagawa"}}""")]
    public async Task Nulls_can_be_left_out(string kind, string expected)
        => (await shop.SendAsync(
                "GET /books?select=id,publisher_id,in_print,authors(name),publishers(name)&id=eq.5", $"Accept: application/vnd.pgrst.{kind}+json;nulls=stripped"))
            .Is(200, expected)
            .Has("Content-Type", $"application/vnd.pgrst.{kind}+json; nulls=stripped; charset=utf-8");

    [Fact]
    public async Task An_aggregate_makes_a_type_of_its_own_from_whole_rows()
    {
        var answer = await shop.SendAsync("GET /genres?id=lt.3&order=id", "Accept: text/x-list");

        Assert.Equal((200, "- Novel\n- Satire\n"), (answer.Status, answer.Body));
        answer.Has("Content-Type", "text/x-list").Has("Content-Range", "0-1/*");
        Assert.Equal(406, (await shop.SendAsync("GET /genres?select=name", "Accept: text/x-list")).Status);
        Assert.Equal(406, (await shop.SendAsync("GET /books", "Accept: text/x-list")).Status);
    }

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("text/html, application/xml;q=0.5", "text/html, application/xml")]
    public async Task What_nobody_makes_is_not_acceptable(string accept, string named)
        => (await shop.SendAsync("GET /genres", $"Accept: {accept}")).Is(406,
            JsonSerializer.Serialize(new { code = "PGRST107", message = $"None of these media types are available: {named}", details = null as string, hint = null as string }));

    [Fact]
    public async Task Instead_of_rows_there_can_be_a_plan()
    {
        var answer = await shop.SendAsync("GET /genres?id=eq.1", "Accept: application/vnd.pgrst.plan+json; options=verbose|settings");

        Assert.Equal(200, answer.Status);
        answer.Has("Content-Type", "application/vnd.pgrst.plan+json; for=\"application/json\"; options=verbose|settings; charset=utf-8");
        var plan = JsonNode.Parse(answer.Body)![0]!;
        Assert.Equal("Aggregate", plan["Plan"]!["Node Type"]!.GetValue<string>());
        Assert.NotNull(plan["Plan"]!["Output"]);
        Assert.Contains("\"Relation Name\": \"genres\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_can_be_text()
    {
        var answer = await shop.SendAsync("GET /genres?id=eq.1", "Accept: application/vnd.pgrst.plan; for=\"application/vnd.pgrst.object\"");

        answer.Has("Content-Type", "application/vnd.pgrst.plan+text; for=\"application/vnd.pgrst.object+json\"; charset=utf-8");
        Assert.StartsWith("Aggregate  (cost=", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_forbids_plans()
        => (await shop.SendStrictAsync("GET /genres", "Accept: application/vnd.pgrst.plan")).Is(406,
            """
            {"code":"PGRST107","message":"None of these media types are available: application/vnd.pgrst.plan+text; for=\"application/json\"",
             "details":null,"hint":null}
            """);

    [Theory]
    [InlineData("application/json", "application/json; charset=utf-8")]
    [InlineData("text/csv", "text/csv; charset=utf-8")]
    public async Task Head_answers_as_get_without_the_body(string accept, string contentType)
    {
        var answer = await shop.SendAsync("HEAD /books?select=id&limit=2", $"Accept: {accept}", "Prefer: count=exact");

        answer.IsEmpty(206).Has("Content-Type", contentType).Has("Content-Range", "0-1/6").Has("Content-Location", "/books?limit=2&select=id");
    }

    [Theory]
    [InlineData("/nothing", 404)]
    [InlineData("/books?nothing=eq.1", 400)]
    [InlineData("/books?offset=7", 416)]
    [InlineData("/genres", 406)]
    public async Task Head_has_the_status_of_an_error(string request, int status)
        => (await shop.SendAsync($"HEAD {request}", "Prefer: count=exact", status == 406 ? Object : "Accept: */*")).IsEmpty(status);

    [Theory]
    [InlineData("/books", "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE")]
    [InlineData("/cheap_books", "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE")]
    [InlineData("/", "OPTIONS, GET, HEAD")]
    [InlineData("/nothing", null)]
    public async Task Options_names_the_methods(string path, string? methods)
    {
        var answer = await shop.SendAsync($"OPTIONS {path}");

        Assert.Equal((methods is null ? 404 : 200, methods), (answer.Status, answer.Header("Allow")));
    }

    [Fact]
    public async Task A_method_that_is_none_is_refused()
        => (await shop.SendAsync("TRACE /books")).Is(405, """{"code":"PGRST117","message":"Unsupported HTTP method: TRACE","details":null,"hint":null}""");

    [Theory]
    [InlineData(null, "api", """[{"id":1,"title":"Orlando"}]""")]
    [InlineData("api", "api", """[{"id":1,"title":"Orlando"}]""")]
    [InlineData("archive", "archive", """[{"id":1,"title":"Beowulf"}]""")]
    public async Task A_header_chooses_the_schema(string? profile, string answered, string expected)
        => (await shop.SendAsync("GET /books?select=id,title&id=eq.1", profile is null ? [] : [$"Accept-Profile: {profile}"]))
            .Is(200, expected).Has("Content-Profile", answered);

    [Fact]
    public async Task A_schema_that_is_not_exposed_is_refused()
        => (await shop.SendAsync("GET /books", "Accept-Profile: auth")).Is(406,
            """{"code":"PGRST106","message":"Invalid schema: auth","details":null,"hint":"Only the following schemas are exposed: api, archive"}""");

    [Fact]
    public async Task A_table_of_another_schema_is_not_there()
        => Assert.Equal(404, (await shop.SendAsync("GET /authors", "Accept-Profile: archive")).Status);

    [Fact]
    public async Task The_only_schema_is_not_named()
        => (await shop.SendStrictAsync("GET /genres?id=eq.1")).Is(200, """[{"id":1,"name":"Novel"}]""").Has("Content-Profile", null);

    [Fact]
    public async Task Preferences_that_are_none_are_refused_when_strict()
    {
        (await shop.SendAsync("GET /genres?id=eq.1", "Prefer: handling=strict, count=some, x=y")).Is(400,
            """
            {"code":"PGRST122","message":"Invalid preferences given with handling=strict","details":"Invalid preferences: count=some, x=y","hint":null}
            """);
        (await shop.SendAsync("GET /genres?id=eq.1", "Prefer: handling=lenient, count=some, x=y"))
            .Is(200, """[{"id":1,"name":"Novel"}]""").Has("Preference-Applied", "handling=lenient");
    }
}
