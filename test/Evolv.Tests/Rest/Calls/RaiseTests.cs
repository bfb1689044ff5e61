using System.Net.Http.Json;
using System.Text.Json;

namespace Evolv.Tests.Rest.Calls;

/// <summary>What a function can say with <c>raise</c>.</summary>
public sealed class RaiseTests(CallsServer server) : IClassFixture<CallsServer>
{
    const string NoSuchRaise = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    RestServer Api => server.Api;

    [Theory]
    [InlineData("PT402", 402)]
    [InlineData("PT418", 418)]
    [InlineData("PT500", 500)]
    [InlineData("PTXYZ", 500)]
    [InlineData("P0001", 400)]
    [InlineData("P0002", 500)]
    [InlineData("42501", 401)]
    [InlineData("23505", 409)]
    [InlineData("22023", 400)]
    [InlineData("28000", 403)]
    [InlineData("40001", 500)]
    [InlineData("ABCDE", 400)]
    public async Task The_state_is_the_status(string state, int status)
        => (await RaiseAsync(state, "Told so", "because", "ask")).Fails(status, state, "Told so", "because", "ask");

    [Theory]
    [InlineData("53000")]
    [InlineData("08000")]
    public async Task Who_is_busy_is_asked_again(string state)
        => (await RaiseAsync(state, "Busy")).Fails(503, state, "Busy", hint: "").Has("Retry-After", "1");

    [Fact]
    public async Task A_state_of_its_own_has_its_own_reason()
    {
        using var answer = await Api.Server.Keyless.PostAsJsonAsync(
            "/rest/v1/rpc/raise", new { state = "PT402", message = "Pay first" }, Token);

        Assert.Equal((402, "Pay first"), ((int)answer.StatusCode, answer.ReasonPhrase));
    }

    [Theory]
    [InlineData("two\r\nSet-Cookie: lines=1")]
    [InlineData("bitte zahlen, schöne Grüße")]
    public async Task A_reason_is_never_more_than_a_reason(string message)
    {
        var answer = await RaiseAsync("PT402", message);

        answer.Fails(402, "PT402", message, hint: "").Has("Set-Cookie", null);
    }

    [Fact]
    public async Task All_of_an_answer_can_be_raised()
    {
        var answer = await RaiseAsync(
            "PGRST", """{"code":"X1","message":"All mine","details":"d","hint":"h"}""",
            """{"status":432,"headers":{"X-One":"1","Retry-After":"9"},"status_text":"Own"}""");

        answer.Fails(432, "X1", "All mine", "d", "h").Has("X-One", "1").Has("Retry-After", "9");
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task A_status_without_a_body_has_none(int status)
    {
        (await RaiseAsync($"PT{status}", "Nothing")).IsEmpty(status).Has("Proxy-Status", $"PostgREST; error=PT{status}");
        (await RaiseAsync("PGRST", """{"code":"X1","message":"m"}""", $$$"""{"status":{{{status}}},"headers":{}}""")).IsEmpty(status);
    }

    [Fact]
    public async Task A_code_is_never_more_than_a_code()
        => (await RaiseAsync("PGRST", """{"code":"X\r\nSet-Cookie: a","message":"m"}""", """{"status":400,"headers":{}}"""))
            .IsText(400, """{"code":"X\r\nSet-Cookie: a","details":null,"hint":null,"message":"m"}""")
            .Has("Proxy-Status", "PostgREST; error=X  Set-Cookie: a").Has("Set-Cookie", null);

    [Fact]
    public async Task Details_and_hint_may_be_left_out()
        => (await RaiseAsync("PGRST", """{"code":"X1","message":"All mine"}""", """{"status":200,"headers":{}}""")).Fails(200, "X1", "All mine");

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("""{"code":"X1"}""")]
    [InlineData("""{"message":"m"}""")]
    [InlineData("""{"code":1,"message":"m"}""")]
    [InlineData("""{"code":"X1","message":"m","hint":1}""")]
    public async Task A_message_that_cannot_be_read_is_shown(string message)
        => (await RaiseAsync("PGRST", message, """{"status":200,"headers":{}}"""))
            .Fails(
                500, "PGRST121", NoSuchRaise, $"Invalid JSON value for MESSAGE: '{message}'",
                "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.");

    [Theory]
    [InlineData("no json")]
    [InlineData("""{"status":200}""")]
    [InlineData("""{"headers":{}}""")]
    [InlineData("""{"status":"200","headers":{}}""")]
    [InlineData("""{"status":20.5,"headers":{}}""")]
    [InlineData("""{"status":1000,"headers":{}}""")]
    [InlineData("""{"status":99,"headers":{}}""")]
    [InlineData("""{"status":200,"headers":{"a":"two\nlines"}}""")]
    [InlineData("""{"status":200,"headers":{"a b":"c"}}""")]
    [InlineData("""{"status":200,"headers":[]}""")]
    [InlineData("""{"status":200,"headers":{"a":1}}""")]
    [InlineData("""{"status":200,"headers":{},"status_text":1}""")]
    public async Task A_detail_that_cannot_be_read_is_shown(string detail)
        => (await RaiseAsync("PGRST", """{"code":"X1","message":"m"}""", detail))
            .Fails(
                500, "PGRST121", NoSuchRaise, $"Invalid JSON value for DETAIL: '{detail}'",
                "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.");

    [Fact]
    public async Task A_detail_is_needed()
        => (await RaiseAsync("PGRST", """{"code":"X1","message":"m"}"""))
            .Fails(
                500, "PGRST121", NoSuchRaise, "DETAIL is missing in the RAISE statement",
                "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.");

    [Fact]
    public async Task Mistakes_inside_are_PostgreSQLs_errors()
    {
        (await Api.SendAsync("GET /rpc/divide?a=1&b=0")).Fails(400, "22012", "division by zero");
        (await Api.SendAsync("GET /rpc/lost_table")).Fails(404, "42P01", "relation \"api.does_not_exist\" does not exist");
        (await Api.SendAsync("GET /rpc/lost"))
            .Fails(
                404, "42883", "function api.does_not_exist(integer) does not exist",
                hint: "No function matches the given name and argument types. You might need to add explicit type casts.");
    }

    Task<RestAnswer> RaiseAsync(string state, string message, string? detail = null, string hint = "")
        => Api.SendAsync("POST /rpc/raise", JsonSerializer.Serialize(
            detail is null ? new Dictionary<string, string> { ["state"] = state, ["message"] = message, ["hint"] = hint }
                : new Dictionary<string, string> { ["state"] = state, ["message"] = message, ["detail"] = detail, ["hint"] = hint }));
}
