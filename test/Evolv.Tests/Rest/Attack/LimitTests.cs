using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Attack;

/// <summary>A small server: two connections, for which a request waits a second, and bodies up to 200 kB.</summary>
public sealed class SmallWorld(EvolvCluster cluster) : IAsyncLifetime
{
    internal const int MostBytes = 200_000;

    RestServer? _server;

    internal RestServer Server => _server!;

    public async ValueTask InitializeAsync()
        => _server = await RestServer.StartAsync(
            cluster, "Attack/limits.sql", ("DbTxEnd", "rollback"), ("MaxBodyBytes", $"{MostBytes}"), ("Database:PoolAcquisitionTimeout", "1"),
            ("ServerTraceHeader", "X-Trace"), ("OpenapiMode", "disabled"), ("Database:MaxPoolSize", "2"));

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>Too much of anything is refused in words, and whoever is slow stands in nobody's way.</summary>
public sealed class LimitTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    const string TooDeep = """{"code":"EVOLV02","details":null,"hint":"Split it into several requests.","message":"The request nests deeper than 10 levels."}""";
    const string FarTooDeep = """{"code":"EVOLV02","details":null,"hint":"Split it into several requests.","message":"The request nests deeper than 100 levels."}""";
    const string TooDeepJson = """{"code":"EVOLV02","details":null,"hint":"Split it into several requests.","message":"The request nests deeper than 1000 levels."}""";

    const string TooMany =
        """{"code":"EVOLV03","details":null,"hint":"Use in.(…) for lists of values, or split the request.","message":"The request has more than 1000 conditions."}""";

    const string TooLarge = """{"code":"EVOLV01","details":null,"hint":null,"message":"The body is larger than 200000 bytes."}""";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_says_it_is_too_large_is_refused()
        => (await world.Server.SendAsync("POST /things", new byte[SmallWorld.MostBytes + 1])).Is(413, TooLarge);

    [Fact]
    public async Task A_body_that_turns_out_too_large_is_refused()
    {
        using var content = new ChunkedContent(SmallWorld.MostBytes + 1);
        using var answer = await world.Server.Server.Keyless.PostAsync("/rest/v1/things", content, Token);

        Assert.Equal((HttpStatusCode)413, answer.StatusCode);
        Assert.Equal(TooLarge, await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_body_of_the_allowed_size_is_taken_with_and_without_its_length()
    {
        var json = Encoding.UTF8.GetBytes($$"""{"name":"{{new string('x', SmallWorld.MostBytes - 11)}}"}""");
        using var content = new ChunkedContent(json);
        using var answer = await world.Server.Server.Keyless.PostAsync("/rest/v1/things", content, Token);

        Assert.Equal(SmallWorld.MostBytes, json.Length);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        (await world.Server.SendAsync("POST /things", json)).IsEmpty(201);
    }

    [Theory]
    [InlineData("/things")]
    [InlineData("/things?columns=data")]
    public async Task Json_nests_a_thousand_levels_and_no_more(string target)
    {
        static string Nested(int levels, char open, char close) => $$"""{"data":{{new string(open, levels - 1)}}{{new string(close, levels - 1)}}}""";

        (await world.Server.SendAsync($"POST {target}", Nested(1000, '[', ']'))).IsEmpty(201);
        (await world.Server.SendAsync($"POST {target}", Nested(1001, '[', ']'))).Is(400, TooDeepJson);
        (await world.Server.SendAsync($"POST {target}", new string('[', 100_000))).Is(400, TooDeepJson);
        (await world.Server.SendAsync($"POST {target}", string.Concat(Enumerable.Repeat("{\"a\":", 30_000)))).Is(400, TooDeepJson);
        (await world.Server.SendAsync($"POST {target}", $$"""{"data":"{{new string('[', 5000)}}\"[{"}""")).IsEmpty(201);
    }

    [Theory]
    [InlineData("select=", "things(", "", ")")]
    [InlineData("select=", "x:parent(", "id", ")")]
    [InlineData("select=", "...parent(", "id", ")")]
    [InlineData("or=(", "and(", "id.is.null", ")")]
    [InlineData("and=(", "not.or(", "id.is.null,id.is.null", ")")]
    public async Task Nesting_has_an_end(string start, string open, string inside, string close)
    {
        string Request(int levels)
            => $"GET /things?{start}{string.Concat(Enumerable.Repeat(open, levels))}{inside}{string.Concat(Enumerable.Repeat(close, levels))}{(start.EndsWith('(') ? ")" : "")}";

        (await world.Server.SendAsync(Request(11))).Is(400, TooDeep);
        (await world.Server.SendAsync(Request(101))).Is(400, FarTooDeep);
        (await world.Server.SendAsync(Request(5_000))).Is(400, FarTooDeep);
    }

    [Theory]
    [InlineData("select=", "(", 60_000, 200)] // As PostgREST takes what it can read and leaves the rest.
    [InlineData("select=", "id,", 30_000, 400)]
    [InlineData("or=", "(", 60_000, 400)]
    [InlineData("or=(", "and(or(", 15_000, 400)]
    [InlineData("id=in.", "(", 60_000, 400)]
    [InlineData("id=", "not.", 30_000, 400)]
    [InlineData("order=", "id(", 30_000, 400)]
    [InlineData("order=", "id.asc.", 15_000, 400)]
    [InlineData("columns=", "%22", 40_000, 200)]
    [InlineData("", "a.", 60_000, 200)]
    [InlineData("", "a->", 40_000, 200)]
    [InlineData("a", "->a", 40_000, 200)]
    [InlineData("select=data", "->a", 40_000, 400)]
    [InlineData("select=", "...", 40_000, 200)]
    [InlineData("select=", "a!", 50_000, 400)]
    [InlineData("name=eq.", "%5C", 40_000, 200)]
    [InlineData("name=match.", "(", 100_000, 400)]
    public async Task A_long_run_of_anything_ends(string start, string part, int times, int status)
        => Assert.Equal(status, (await world.Server.SendAsync($"GET /things?{start}{string.Concat(Enumerable.Repeat(part, times))}")).Status);

    [Theory]
    [InlineData("select", "id", ",")]
    [InlineData("order", "id", ",")]
    [InlineData("on_conflict", "id", ",")]
    [InlineData("select", "data->a->b->c->d->e->f->g->h->i->j", ",")]
    [InlineData("order", "data->1->2->3->4->5->6->7->8->9->0", ",")]
    [InlineData("data->a->a->a->a->a->a->a->a->a", "is.null", "&data->a->a->a->a->a->a->a->a->a=")]
    [InlineData("and", "(id.is.null)", "&and=")]
    [InlineData("name", "eq.x", "&name=")]
    public async Task Conditions_have_an_end(string name, string value, string separator)
        => (await world.Server.SendAsync($"POST /things?{name}={string.Join(separator, Enumerable.Repeat(value, 1001))}", "{}")).Is(400, TooMany);

    [Fact]
    public async Task A_list_of_a_thousand_names_in_a_url_of_120_kB_finds_its_row()
    {
        var names = string.Join(',', Enumerable.Range(1, 1000).Select(number => string.Create(CultureInfo.InvariantCulture, $"%22{number:D112}%22")));

        (await world.Server.SendAsync($"GET /things?select=name&name=in.({names},one)")).Is(200, """[{"name":"one"}]""");
        Assert.True(names.Length > 118_000);
    }

    [Fact]
    public async Task An_answer_does_not_repeat_a_long_url_in_its_headers()
    {
        var ids = string.Join(',', Enumerable.Range(1, 3200).Select(id => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-0000-0000-{id:D12}")));

        (await world.Server.SendAsync($"GET /things?select=name&id=in.({ids})")).Is(200, """[{"name":"one"}]""").Has("Content-Location", null);
        (await world.Server.SendAsync("GET /things?select=name&id=in.(00000000-0000-0000-0000-000000000001)"))
            .Is(200, """[{"name":"one"}]""")
            .Has("Content-Location", "/things?id=in.%2800000000-0000-0000-0000-000000000001%29&select=name");
    }

    [Fact]
    public async Task A_longer_url_and_larger_headers_are_refused_by_their_own_status()
    {
        (await world.Server.SendAsync($"GET /things?name=eq.{new string('x', 132_000)}")).IsEmpty(414);
        (await world.Server.SendAsync("GET /things", null as string, $"X-Much: {new string('x', 164_000)}")).IsEmpty(431);
        (await world.Server.SendAsync("GET /things?select=name")).Is(200, """[{"name":"one"}]""");
    }

    [Theory]
    [InlineData("GET /things?limit=-9223372036854775808", 416)]
    [InlineData("GET /things?limit=9223372036854775807&offset=9223372036854775807", 200)]
    [InlineData("GET /things?offset=-9223372036854775808&limit=5", 416)]
    [InlineData("GET /things?offset=2147483647000&limit=2147483647000", 200)]
    [InlineData("GET /things?select=data->99999999999999999999", 400)]
    public async Task Numbers_have_no_edge_to_fall_over(string line, int status)
        => Assert.Equal(status, (await world.Server.SendAsync(line)).Status);

    [Theory]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("[{\"a\":1},{\"\\udc00\":1}]")]
    [InlineData("[{\"a\\ud800\":1},{\"a\":1}]")]
    public async Task A_key_with_half_a_character_is_no_json(string body)
        => (await world.Server.SendAsync("POST /things", body))
            .Is(400, """{"code":"PGRST102","details":null,"hint":null,"message":"Empty or invalid json"}""");

    [Fact]
    public async Task Headers_of_a_request_come_back_with_all_their_letters()
    {
        await using var client = new RawClient(world.Server.Server.Url);

        var traced = await client.SendAsync(new WireRequest("GET", "/things?select=name", null, ("X-Trace", "größe")));
        var preflight = await client.SendAsync(new WireRequest(
            "OPTIONS", "/things", null, ("Origin", "http://localhost:5173"), ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "x-größe, x-plain")));

        traced!.Is(200, """[{"name":"one"}]""").Has("X-Trace", "größe");
        preflight!.IsEmpty(200).Has("Access-Control-Allow-Headers", "Authorization, x-größe, x-plain, Accept, Accept-Language, Content-Language");
    }

    [Theory]
    [InlineData("GET /", 404)]
    [InlineData("HEAD /", 404)]
    [InlineData("GET /things?select=name", 200)]
    public async Task The_root_can_be_closed(string line, int status)
    {
        var answer = await world.Server.SendAsync(line);

        Assert.Equal((status, status == 404 ? "PostgREST; error=PGRST126" : null), (answer.Status, answer.Header("Proxy-Status")));
    }

    // GET is rolled back, too: here nothing is left to whoever gets the connection next.
    [Fact]
    public async Task What_a_read_sets_for_its_session_ends_with_a_rollback()
    {
        (await world.Server.SendAsync("GET /rpc/remember?what=me")).Is(200, "\"me\"");
        for (var i = 0; i < 6; i++)
            (await world.Server.SendAsync("GET /rpc/remembered")).Is(200, "null");
    }

    // Kestrel would keep what follows the last flush until the connection ends.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task A_long_answer_arrives_to_its_end(int megabytes)
    {
        var answer = await world.Server.SendAsync($"GET /rpc/long_text?megabytes={megabytes}");

        Assert.Equal(200, answer.Status);
        Assert.Equal($"\"{new string('x', megabytes * 1_000_000)}\"", answer.Body);
    }

    [Fact]
    public async Task A_statement_ends_when_its_time_is_up()
        => (await world.Server.SendAsync("POST /rpc/impatient_nap"))
            .Is(504, """{"code":"57014","details":null,"hint":null,"message":"canceling statement due to statement timeout"}""");

    [Fact]
    public async Task Who_waits_too_long_for_a_connection_is_told_so_and_the_next_gets_one()
    {
        var naps = new[] { world.Server.SendAsync("POST /rpc/nap", """{"seconds":2.5}"""), world.Server.SendAsync("POST /rpc/nap", """{"seconds":2.5}""") };
        await UntilAsync(async () => await SleepersAsync() == 2);

        (await world.Server.SendAsync("GET /things?select=name"))
            .Is(504, """{"code":"PGRST003","details":null,"hint":null,"message":"Timed out acquiring connection from connection pool."}""");
        // What needs no connection is answered all the same.
        (await world.Server.SendAsync("GET /nothing")).Is(
            404, """{"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'api.nothing' in the schema cache"}""");

        foreach (var nap in naps)
            (await nap).Is(200, "\"rested\"");
        (await world.Server.SendAsync("GET /things?select=name")).Is(200, """[{"name":"one"}]""");
    }

    [Fact]
    public async Task Who_hangs_up_lets_go_of_the_connection()
    {
        await using (var client = new RawClient(world.Server.Server.Url))
        {
            await client.WriteAsync(new WireRequest("POST", "/rpc/nap", """{"seconds":2.9}""", ("Content-Type", "application/json"), ("X-Sleep", "1")).ToBytes());
            await UntilAsync(async () => await SleepersAsync() >= 1);
        }

        await UntilAsync(async () => await SleepersAsync() == 0);
        (await world.Server.SendAsync("GET /things?select=name")).Is(200, """[{"name":"one"}]""");
    }

    [Fact]
    public async Task Who_is_slow_is_not_waited_for()
    {
        await using var headers = new RawClient(world.Server.Server.Url);
        await using var body = new RawClient(world.Server.Server.Url);
        await using var reader = new RawClient(world.Server.Server.Url);

        await headers.WriteAsync("GET /rest/v1/things HTTP/1.1\r\nHost: x\r\n"u8.ToArray());
        await body.WriteAsync("POST /rest/v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"u8.ToArray());
        await reader.WriteAsync("GET /rest/v1/rpc/long_text?megabytes=60 HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        // Two of three have no connection of the pool, so the other requests get through.
        (await world.Server.SendAsync("GET /things?select=name")).Is(200, """[{"name":"one"}]""");

        (await body.ReadAsync())!.Is(408, """{"code":"EVOLV04","details":null,"hint":null,"message":"The body came too slowly."}""");
        (await headers.ReadAsync())!.IsEmpty(408);
        await UntilAsync(async () => await world.Server.Database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'evolv' and state <> 'idle'") == 0);
    }

    Task<long> SleepersAsync() => world.Server.Database.ScalarAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'evolv' and wait_event = 'PgSleep'");

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), "it did not happen");
            await Task.Delay(20, Token);
        }
    }

    /// <summary>A body that does not say how long it is.</summary>
    sealed class ChunkedContent : HttpContent
    {
        readonly byte[] _bytes;

        internal ChunkedContent(int length) : this(new byte[length])
        {
        }

        internal ChunkedContent(byte[] bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var chunk in _bytes.Chunk(10_000))
                await stream.WriteAsync(chunk);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
