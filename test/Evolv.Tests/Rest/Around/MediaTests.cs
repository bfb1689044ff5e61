using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Around;

public sealed class MediaServer(EvolvCluster cluster) : RestFixture(cluster, "Around/media.sql", ("DbTxEnd", "commit-allow-override"));

/// <summary>Types that the database makes by itself.</summary>
public sealed class MediaTests(MediaServer server) : IClassFixture<MediaServer>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    RestServer Api => server.Api;

    [Theory]
    [InlineData("/rpc/page", "text/html", "<p>Hello, you — ü</p>", "text/html")]
    [InlineData("/rpc/page?name=Ada", "text/html;q=0.9, application/json;q=0.1", "<p>Hello, Ada — ü</p>", "text/html")]
    [InlineData("/rpc/plain", "text/plain", "a,\"b\"\n", "text/plain; charset=utf-8")]
    [InlineData("/rpc/marked", "text/xml", "<a b=\"1\">ü</a>", "text/xml; charset=utf-8")]
    [InlineData("/items", "text/x-list", "one;two", "text/x-list")]
    [InlineData("/items?order=id.desc", "text/x-list", "two;one", "text/x-list")]
    [InlineData("/items?id=eq.2", "text/x-list", "two", "text/x-list")]
    [InlineData("/items", "application/vnd.count", "2", "application/vnd.count")]
    [InlineData("/items?select=id&id=eq.1", "application/vnd.count", "1", "application/vnd.count")]
    [InlineData("/rpc/some_items", "text/x-list", "two", "text/x-list")]
    [InlineData("/items?id=eq.9", "application/vnd.count", "0", "application/vnd.count")]
    public async Task A_handler_makes_the_body(string path, string accept, string body, string type)
    {
        (await Api.SendAsync($"GET {path}", body: (string?)null, $"Accept: {accept}")).IsText(200, body).Has("Content-Type", type)
            .Has("Content-Length", System.Text.Encoding.UTF8.GetByteCount(body).ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await Api.SendAsync($"HEAD {path}", body: (string?)null, $"Accept: {accept}")).IsEmpty(200).Has("Content-Type", type);
    }

    [Theory]
    [InlineData("/rpc/bytes", "application/octet-stream", "00FF10", "application/octet-stream")]
    [InlineData("/rpc/dot", "image/x-dot", "01", "Image/X-Dot")]
    [InlineData("/pictures?id=eq.1", "application/octet-stream", "00FF10", "application/octet-stream")]
    public async Task Bytes_are_sent_as_they_are(string path, string accept, string hex, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/rest/v1{path}");
        request.Headers.Add("Accept", accept);
        using var answer = await Api.Server.Keyless.SendAsync(request, Token);

        Assert.Equal((200, hex), ((int)answer.StatusCode, Convert.ToHexString(await answer.Content.ReadAsByteArrayAsync(Token))));
        Assert.Equal(type, answer.Content.Headers.ContentType?.ToString(), ignoreCase: true);
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/csv")]
    [InlineData("application/json")]
    public async Task A_handler_of_any_type_takes_them_all(string accept)
        => (await Api.SendAsync("GET /rpc/any_type", body: (string?)null, $"Accept: {accept}")).IsText(200, "body").Has("Content-Type", accept);

    [Fact]
    public async Task Nothing_is_an_empty_body()
        => (await Api.SendAsync("GET /rpc/nothing_plain", body: (string?)null, "Accept: text/plain")).IsText(200, "").Has("Content-Length", "0");

    [Fact]
    public async Task Writes_come_back_through_a_handler()
        => (await Api.SendAsync(
                "POST /items", """[{"id":10,"name":"ten"},{"id":11,"name":"eleven"}]""", "Prefer: return=representation, tx=rollback", "Accept: text/x-list"))
            .IsText(201, "ten;eleven").Has("Content-Type", "text/x-list");

    [Theory]
    [InlineData("/items?select=id", "text/x-list")]
    [InlineData("/pictures", "text/x-list")]
    [InlineData("/items", "text/html")]
    [InlineData("/items", "image/png, text/html;q=0.5")]
    public async Task A_handler_is_for_what_it_was_made(string path, string accept)
        => (await Api.SendAsync($"GET {path}", body: (string?)null, $"Accept: {accept}"))
            .Fails(406, "PGRST107", $"None of these media types are available: {string.Join(", ", accept.Split(", ").Select(type => type.Split(';')[0]))}");

    [Theory]
    [InlineData("*/*", "application/json; charset=utf-8")]
    [InlineData("application/json, text/x-list;q=0.5", "application/json; charset=utf-8")]
    [InlineData("image/png, application/json", "application/json; charset=utf-8")]
    public async Task JSON_is_there_as_ever(string accept, string type)
        => (await Api.SendAsync("GET /items?order=id", body: (string?)null, $"Accept: {accept}"))
            .Is(200, """[{"id":1,"name":"one","price":1.5},{"id":2,"name":"two","price":null}]""").Has("Content-Type", type);

    [Fact]
    public async Task Nulls_are_left_out_if_so_accepted()
    {
        (await Api.SendAsync("GET /items?order=id", body: (string?)null, "Accept: application/vnd.pgrst.array+json;nulls=stripped"))
            .Is(200, """[{"id":1,"name":"one","price":1.5},{"id":2,"name":"two"}]""")
            .Has("Content-Type", "application/vnd.pgrst.array+json; nulls=stripped; charset=utf-8");
        (await Api.SendAsync("GET /items?id=eq.2", body: (string?)null, "Accept: application/vnd.pgrst.object+json;nulls=stripped"))
            .Is(200, """{"id":2,"name":"two"}""");
    }

    // Npgsql has read the types of the database before these were made, and is never told of them.
    [Fact]
    public async Task A_handler_that_is_made_later_is_used()
    {
        await Api.SendAsync("GET /items");

        await Api.Database.ExecuteAsync(
            """
            create type api.mood as enum ('good', 'bad');
            create domain api."text/x-late" as text;
            create domain api."text/x-mood" as api.mood;
            create domain api."text/x-late-bytes" as bytea;
            create domain api."text/x-late-json" as json;
            create type api.point as (x int, y int);
            create domain api."text/x-points" as api.point[];
            create domain api.count as int;
            create domain api."text/x-number" as api.count;
            create function api.late() returns api."text/x-late" stable language sql as $$ select 'late' $$;
            create function api.late_mood() returns api."text/x-mood" stable language sql as $$ select 'good'::api.mood $$;
            create function api.late_bytes() returns api."text/x-late-bytes" stable language sql as $$ select '\x6869'::bytea $$;
            create function api.late_json() returns api."text/x-late-json" stable language sql as $$ select '{"a":1}'::json $$;
            create function api.late_points() returns api."text/x-points" stable language sql as $$ select array[(1, 2), (3, null)]::api.point[] $$;
            create function api.late_number() returns api."text/x-number" stable language sql as 'select 7';
            grant execute on all functions in schema api to anon;
            """);

        await Eventually.IsTrueAsync(async () => (await Api.SendAsync("GET /rpc/late", body: (string?)null, "Accept: text/x-late")).Status == 200);
        (await Api.SendAsync("GET /rpc/late", body: (string?)null, "Accept: text/x-late")).IsText(200, "late").Has("Content-Type", "text/x-late");
        (await Api.SendAsync("GET /rpc/late_bytes", body: (string?)null, "Accept: text/x-late-bytes")).IsText(200, "hi");
        (await Api.SendAsync("GET /rpc/late_json", body: (string?)null, "Accept: text/x-late-json")).IsText(200, "{\"a\":1}");
        (await Api.SendAsync("GET /rpc/late_mood", body: (string?)null, "Accept: text/x-mood")).IsText(200, "good");
        (await Api.SendAsync("GET /rpc/late_points", body: (string?)null, "Accept: text/x-points")).IsText(200, "{\"(1,2)\",\"(3,)\"}");
        (await Api.SendAsync("GET /rpc/late_number", body: (string?)null, "Accept: text/x-number")).IsText(200, "7");
        (await Api.SendAsync("GET /rpc/late_mood")).Is(200, "\"good\"");
    }
}
