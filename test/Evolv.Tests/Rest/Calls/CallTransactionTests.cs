namespace Evolv.Tests.Rest.Calls;

public sealed class CallTransactionTests(CallsServer server) : IClassFixture<CallsServer>
{
    const string ReadOnly = "cannot execute INSERT in a read-only transaction";

    RestServer Api => server.Api;

    [Fact]
    public async Task A_call_is_committed()
    {
        (await Api.SendAsync("POST /rpc/bump", """{"counter":"committed"}""")).IsText(200, "1");
        (await Api.SendAsync("POST /rpc/bump", """{"counter":"committed"}""")).IsText(200, "2");
    }

    [Fact]
    public async Task A_trial_is_rolled_back()
    {
        (await Api.SendAsync("POST /rpc/bump", """{"counter":"trial"}""", "Prefer: tx=rollback")).IsText(200, "1").Has("Preference-Applied", "tx=rollback");
        (await Api.SendAsync("GET /counters?name=eq.trial")).Is(200, "[]");
    }

    [Theory]
    [InlineData("GET /rpc/bump?counter=get", null)]
    [InlineData("POST /rpc/bump_stably", """{"counter":"get"}""")]
    public async Task What_only_reads_may_not_write(string line, string? body)
        => (await Api.SendAsync(line, body)).Fails(405, "25006", ReadOnly);

    [Fact]
    public async Task HEAD_may_not_write_either()
        => (await Api.SendAsync("HEAD /rpc/bump?counter=head")).IsEmpty(405).Has("Proxy-Status", "PostgREST; error=25006");

    [Theory]
    [InlineData("GET", "read_only", "on")]
    [InlineData("POST", "read_only", "off")]
    [InlineData("GET", "read_only_stable", "on")]
    [InlineData("POST", "read_only_stable", "on")]
    public async Task Method_and_volatility_say_what_only_reads(string method, string function, string expected)
        => (await Api.SendAsync($"{method} /rpc/{function}", method == "POST" ? "{}" : null)).Is(200, $"\"{expected}\"");

    [Fact]
    public async Task What_fails_writes_nothing()
    {
        (await Api.SendAsync("POST /rpc/bump_and_fail", """{"counter":"broken"}"""))
            .Fails(400, "P0001", "Counter broken is broken.", "It turned.", "Stop it.");

        (await Api.SendAsync("GET /counters?name=eq.broken")).Is(200, "[]");
    }

    [Fact]
    public async Task What_is_no_single_object_writes_nothing()
    {
        (await Api.SendAsync("POST /rpc/bump_all", """{"counters":["one","two"]}""", "Accept: application/vnd.pgrst.object+json"))
            .Fails(406, "PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows");

        (await Api.SendAsync("GET /counters?name=in.(one,two)")).Is(200, "[]");
    }

    [Fact]
    public async Task More_rows_than_may_be_affected_write_nothing()
    {
        (await Api.SendAsync("POST /rpc/bump_all", """{"counters":["three","four"]}""", "Prefer: handling=strict, max-affected=1"))
            .Fails(400, "PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows");

        (await Api.SendAsync("GET /counters?name=in.(three,four)")).Is(200, "[]");
    }

    [Fact]
    public async Task As_many_rows_as_may_be_affected_are_well()
        => (await Api.SendAsync("POST /rpc/bump_all", """{"counters":["five"]}""", "Prefer: handling=strict, max-affected=1"))
            .Is(200, "[1]").Has("Preference-Applied", "handling=strict, max-affected=1");

    [Fact]
    public async Task A_single_result_has_no_rows_to_affect()
        => (await Api.SendAsync("POST /rpc/bump", """{"counter":"six"}""", "Prefer: handling=strict, max-affected=1"))
            .Fails(400, "PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict");

    [Theory]
    [InlineData("isolation", "read committed")]
    [InlineData("isolation_serializable", "serializable")]
    [InlineData("isolation_repeatable", "repeatable read")]
    public async Task A_function_has_its_isolation(string function, string level)
    {
        (await Api.SendAsync($"POST /rpc/{function}", "{}")).Is(200, $"\"{level}\"");
        (await Api.SendAsync($"GET /rpc/{function}")).Is(200, $"\"{level}\"");
        // What one request has is not left to the next on its connection.
        (await Api.SendAsync("POST /rpc/isolation", "{}")).Is(200, "\"read committed\"");
    }

    [Fact]
    public async Task A_function_may_end_its_own_call()
    {
        (await Api.SendAsync("POST /rpc/hasty", "{}")).Fails(504, "57014", "canceling statement due to statement timeout");
        (await Api.SendAsync("POST /rpc/patient", "{}")).Is(200, "\"7s\"");
        (await Api.SendAsync("GET /rpc/zone_inside")).Is(200, "\"Asia/Tokyo\"");
    }

    [Fact]
    public async Task A_function_may_be_kept_from_somebody()
    {
        var guest = $"Authorization: Bearer {await Api.Server.TokenOfGuestAsync()}";

        (await Api.SendAsync("GET /rpc/kept")).Fails(401, "42501", "permission denied for function kept").Has("WWW-Authenticate", "Bearer");
        (await Api.SendAsync("GET /rpc/kept", body: (string?)null, guest)).Fails(403, "42501", "permission denied for function kept");
    }
}
