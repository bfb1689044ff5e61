namespace Evolv.Tests.Rest.Around;

public sealed class PreferenceTests(AroundServer server) : IClassFixture<AroundServer>
{
    RestServer Api => server.Api;

    [Theory]
    [InlineData("GET /items", null)]
    [InlineData("POST /items", """{"id":10,"name":"x"}""")]
    [InlineData("PATCH /items", """{"name":"x"}""")]
    [InlineData("DELETE /items", null)]
    [InlineData("GET /rpc/who", null)]
    public async Task Strict_handling_refuses_what_is_no_preference(string line, string? body)
        => (await Api.SendAsync(line, body, "Prefer: handling=strict, anything, count=exact", "Prefer: return=whatever"))
            .Fails(400, "PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: anything, return=whatever");

    [Theory]
    [InlineData("anything", null)]
    [InlineData("anything, handling=lenient", "handling=lenient")]
    [InlineData("handling=lenient, handling=strict, anything", "handling=lenient")]
    [InlineData("tx=rollback", null)]
    [InlineData("handling=strict, tx=rollback", "handling=strict")]
    [InlineData("return=representation, missing=default, resolution=merge-duplicates, count=exact", "count=exact")]
    public async Task Others_are_left_out(string prefer, string? applied)
        => (await Api.SendAsync("GET /items?select=id", body: (string?)null, $"Prefer: {prefer}"))
            .Is(200, """[{"id":1},{"id":2}]""").Has("Preference-Applied", applied);

    [Theory]
    [InlineData("timezone=America/Los_Angeles", "2024-01-01T04:00:00-08:00")]
    [InlineData("timezone=Asia/Kolkata, handling=strict", "2024-01-01T17:30:00+05:30")]
    public async Task A_time_zone_is_applied(string prefer, string time)
        => (await Api.SendAsync("GET /items?select=made&id=eq.1", body: (string?)null, $"Prefer: {prefer}"))
            .Is(200, $$"""[{"made":"{{time}}"}]""")
            .Has("Preference-Applied", string.Join(", ", prefer.Split(", ").Order(StringComparer.Ordinal)));

    [Fact]
    public async Task A_time_zone_ends_with_its_request()
    {
        var before = (await Api.SendAsync("GET /zone")).Body;
        (await Api.SendAsync("GET /zone", body: (string?)null, "Prefer: timezone=Asia/Kolkata")).Is(200, """[{"name":"Asia/Kolkata"}]""");

        Assert.Equal(before, (await Api.SendAsync("GET /zone")).Body);
    }

    [Fact]
    public async Task All_that_is_applied_is_told_in_order()
        => (await Api.SendAsync(
                "POST /queue", """{"id":20}""", "Prefer: timezone=UTC, handling=lenient, count=exact, return=minimal, missing=default, resolution=merge-duplicates"))
            .IsEmpty(202)
            .Has("Preference-Applied", "resolution=merge-duplicates, missing=default, return=minimal, count=exact, handling=lenient, timezone=UTC");
}
