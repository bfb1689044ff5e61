using System.Text.Json;

namespace Evolv.Tests.Rest.Around;

/// <summary>What SQL knows of a request and says of its answer.</summary>
public sealed class HookTests(AroundServer server) : IClassFixture<AroundServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task SQL_knows_the_request()
    {
        (await Api.SendAsync("GET /rpc/setting?name=request.method")).Is(200, "\"GET\"");
        (await Api.SendAsync("POST /rpc/setting", """{"name":"request.method"}""")).Is(200, "\"POST\"");
        (await Api.SendAsync("GET /rpc/setting?name=request.path")).Is(200, "\"/rpc/setting\"");
        (await Api.SendAsync("GET /rpc/setting?name=request.cookies", body: (string?)null, "Cookie: a=1; b=2"))
            .Is(200, "\"{\\\"a\\\":\\\"1\\\",\\\"b\\\":\\\"2\\\"}\"");
        (await Api.SendAsync("GET /rpc/setting?name=request.cookies", body: (string?)null, "Cookie: a=x%20y=z; b=; c"))
            .Is(200, "\"{\\\"a\\\":\\\"x%20y=z\\\",\\\"b\\\":\\\"\\\",\\\"c\\\":\\\"\\\"}\"");
        (await Api.SendAsync("GET /rpc/header?name=x-name", body: (string?)null, "X-Name: a \"quoted\" one")).Is(200, "\"a \\\"quoted\\\" one\"");
        (await Api.SendAsync("GET /rpc/header?name=cookie", body: (string?)null, "Cookie: a=1")).Is(200, "null");
        (await Api.SendAsync("GET /rpc/setting?name=app.settings.place")).Is(200, "\"test\"");
        (await Api.SendAsync("GET /rpc/setting?name=app.settings.odd")).Is(200, "\"a=b\"");
        (await Api.SendAsync("GET /rpc/setting?name=search_path")).Is(200, "\"\\\"api\\\", \\\"hooks\\\"\"");
        (await Api.SendAsync("GET /rpc/setting?name=search_path", body: (string?)null, "Accept-Profile: other")).Fails(
            404, "PGRST202", "Could not find the function other.setting(name) in the schema cache",
            "Searched for the function other.setting with parameter name, but no matches were found in the schema cache.");
        (await Api.SendAsync("GET /rpc/quadrupled?n=3")).Is(200, "12");
    }

    [Fact]
    public async Task SQL_chooses_headers_and_they_win()
    {
        var answer = await RespondAsync("""[{"X-One":"1"},{"Content-Type":"text/x-own"},{"X-Two":"a"},{"x-two":"b"},{"Cache-Control":"no-store"}]""");

        answer.IsText(200, "\"said\"").Has("X-One", "1").Has("Content-Type", "text/x-own").Has("X-Two", "a, b").Has("Cache-Control", "no-store");
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("{}")]
    [InlineData("""{"X-One":"1"}""")]
    [InlineData("""["X-One"]""")]
    [InlineData("""[{"X-One":1}]""")]
    [InlineData("""[{"X-One":null}]""")]
    [InlineData("""[{"X-One":"1","X-Two":"2"}]""")]
    [InlineData("""[{}]""")]
    public async Task Headers_that_cannot_be_read_are_an_error(string headers)
        => (await RespondAsync(headers))
            .Fails(500, "PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value");

    [Theory]
    [InlineData("""[{"X-One":"two\r\nSet-Cookie: lines"}]""")]
    [InlineData("""[{"X-One\r\nSet-Cookie":"x"}]""")]
    [InlineData("""[{"X One":"x"}]""")]
    [InlineData("""[{"":"x"}]""")]
    [InlineData("""[{"Content-Length":"1"}]""")]
    [InlineData("""[{"transfer-encoding":"chunked"}]""")]
    public async Task Headers_that_would_be_others_are_an_error(string headers)
        => (await RespondAsync(headers))
            .Fails(500, "PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value")
            .Has("Set-Cookie", null).Has("Content-Range", null);

    [Fact]
    public async Task Headers_may_have_any_letters()
        => Assert.Equal("Größe", System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(
            (await RespondAsync("""[{"X-One":"Größe"}]""")).IsText(200, "\"said\"").Header("X-One")!)));

    [Theory]
    [InlineData("201")]
    [InlineData("418")]
    [InlineData("599")]
    public async Task SQL_chooses_the_status(string status)
        => (await RespondAsync(null, status)).IsText(int.Parse(status, System.Globalization.CultureInfo.InvariantCulture), "\"said\"");

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task A_status_without_a_body_has_none(int status)
    {
        (await RespondAsync(null, status.ToString(System.Globalization.CultureInfo.InvariantCulture))).IsEmpty(status);
        (await Api.SendAsync($"GET /rpc/respond_stably?status={status}")).IsEmpty(status);
        (await Api.SendAsync("GET /items?select=id", body: (string?)null, "X-Hook: none")).Is(200, """[{"id":1},{"id":2}]""");
    }

    [Theory]
    [InlineData("many")]
    [InlineData("20")]
    [InlineData("150")]
    [InlineData("1000")]
    [InlineData("-200")]
    [InlineData("200.5")]
    public async Task A_status_that_cannot_be_read_is_an_error(string status)
        => (await RespondAsync(null, status)).Fails(500, "PGRST112", "response.status guc must be a valid status code");

    [Fact]
    public async Task A_trigger_says_it_as_well()
        => (await Api.SendAsync("POST /queue", """{"id":1}""")).IsEmpty(202).Has("X-Written", "yes");

    [Theory]
    [InlineData("GET /items", null)]
    [InlineData("GET /", null)]
    [InlineData("POST /items", """{"id":99,"name":"x"}""")]
    [InlineData("DELETE /items", null)]
    [InlineData("POST /rpc/who", "{}")]
    public async Task The_function_before_refuses(string line, string? body)
        => (await Api.SendAsync(line, body, "X-Hook: refuse")).Fails(403, "PT403", "Not today", hint: "Come tomorrow.");

    [Theory]
    [InlineData("GET /items?select=id&id=eq.1", """[{"id":1}]""")]
    [InlineData("GET /rpc/quadrupled?n=1", "4")]
    public async Task The_function_before_adds_headers_and_status(string line, string body)
    {
        (await Api.SendAsync(line, body: (string?)null, "X-Hook: headers")).Is(200, body).Has("X-Hook", "was here").Has("Set-Cookie", "a=1, b=2");
        (await Api.SendAsync(line, body: (string?)null, "X-Hook: status")).Is(299, body);
        // What one request said is not left to the next on its connection.
        (await Api.SendAsync(line)).Is(200, body).Has("X-Hook", null).Has("Set-Cookie", null);
    }

    [Fact]
    public async Task The_function_before_changes_who_asks()
    {
        (await Api.SendAsync("GET /kept")).Fails(401, "42501", "permission denied for table kept");
        (await Api.SendAsync("GET /kept", body: (string?)null, "X-Hook: become")).Is(200, "[]");
        (await Api.SendAsync("GET /rpc/claims", body: (string?)null, "X-Hook: claims")).Is(200, """{"role":"anon","from":"hook"}""");
        (await Api.SendAsync("GET /kept")).Fails(401, "42501", "permission denied for table kept");
        (await Api.SendAsync("GET /rpc/claims")).Is(200, """{"role":"anon"}""");
    }

    [Fact]
    public async Task Stages_are_timed()
    {
        const string Stage = @";dur=\d+\.\d{1,3}";

        Assert.Matches($"^jwt{Stage}, parse{Stage}, plan{Stage}, transaction{Stage}, response{Stage}$", (await Api.SendAsync("GET /items")).Header("Server-Timing"));
        Assert.Matches($"^jwt{Stage}, parse{Stage}, plan{Stage}, transaction{Stage}, response{Stage}$", (await Api.SendAsync("GET /")).Header("Server-Timing"));
        Assert.Matches($"^jwt{Stage}, parse{Stage}, plan{Stage}, transaction{Stage}, response{Stage}$", (await Api.SendAsync("POST /rpc/who", "{}")).Header("Server-Timing"));
        Assert.Matches($"^jwt{Stage}, parse{Stage}, plan{Stage}$", (await Api.SendAsync("GET /nothing")).Header("Server-Timing"));
    }

    [Fact]
    public async Task A_trace_goes_back()
    {
        (await Api.SendAsync("GET /items", body: (string?)null, "X-Trace: abc")).Has("X-Trace", "abc");
        (await Api.SendAsync("HEAD /items", body: (string?)null, "X-Trace: abc")).IsEmpty(200).Has("X-Trace", "abc");
        (await Api.SendAsync("GET /nothing", body: (string?)null, "X-Trace: abc")).Has("X-Trace", "abc");
        (await Api.SendAsync("GET /items")).Has("X-Trace", null);
    }

    [Fact]
    public async Task A_profile_is_a_schema()
    {
        (await Api.SendAsync("GET /items?select=id&id=eq.1")).Is(200, """[{"id":1}]""").Has("Content-Profile", "api");
        (await Api.SendAsync("GET /things", body: (string?)null, "Accept-Profile: other")).Is(200, """[{"id":7}]""").Has("Content-Profile", "other");
        (await Api.SendAsync("POST /rpc/who", "{}", "Content-Profile: other")).Is(200, "\"other\"").Has("Content-Profile", "other");
        (await Api.SendAsync("GET /things", body: (string?)null, "Content-Profile: other"))
            .Fails(404, "PGRST205", "Could not find the table 'api.things' in the schema cache");
        (await Api.SendAsync("GET /items", body: (string?)null, "Accept-Profile: other"))
            .Fails(404, "PGRST205", "Could not find the table 'other.items' in the schema cache").Has("Content-Profile", null);
        (await Api.SendAsync("GET /items", body: (string?)null, "Accept-Profile: hooks"))
            .Fails(406, "PGRST106", "Invalid schema: hooks", hint: "Only the following schemas are exposed: api, other");
    }

    Task<RestAnswer> RespondAsync(string? headers, string? status = null)
        => Api.SendAsync("POST /rpc/respond", JsonSerializer.Serialize(new { headers, status }));
}
