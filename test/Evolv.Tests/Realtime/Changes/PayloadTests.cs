using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Evolv.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>What a message says of a row is what PostgreSQL's own to_jsonb says.</summary>
public sealed class PayloadTests(EvolvCluster cluster)
{
    const string Types = """
        create type public.mood as enum ('sad', 'so so', 'it''s "fine"');
        create domain public.small as int check (value < 100000);
        create domain public.smaller as small check (value < 10000);
        create domain public.word as text check (length(value) < 10000);
        create domain public.smalls as int[];
        create type public.pair as (n int, t text, at timestamptz);
        """;

    // For each column its type and some of its values; CsCheck adds texts and numbers of its own.
    static readonly (string Type, string[] Values)[] Columns =
    [
        ("int2", ["0", "-32768", "32767"]),
        ("int4", ["0", "-2147483648"]),
        ("int8", ["9223372036854775807", "-1", "9007199254740993"]),
        ("numeric", ["NaN", "Infinity", "-Infinity", "0.00", "1e-20", "123456789012345678901234567890.123456789"]),
        ("float4", ["NaN", "Infinity", "1.1", "1e-40", "3.4e38"]),
        ("float8", ["NaN", "-Infinity", "1e300", "0.1", "-0", "5e-324"]),
        ("bool", ["true", "false"]),
        ("text", ["", "NULL", "null", "{a,b}", "a\"b\\c/d", "\u2028\u0001\t\n\r", "<script>&'", "𝄞"]),
        ("varchar(20)", ["", "é"]),
        ("char(5)", ["", "ab"]),
        ("\"char\"", ["x", ""]),
        ("name", ["a name"]),
        ("uuid", ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]),
        ("date", ["2026-02-28", "infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]),
        ("time", ["00:00", "24:00:00", "12:34:56.789"]),
        ("timetz", ["12:34:56.7+05:30", "00:00-08"]),
        ("timestamp", ["2026-02-28 12:34:56", "2026-02-28 12:34:56.000001", "infinity", "0044-03-15 10:00 BC", "12345-01-01"]),
        ("timestamptz", ["2026-02-28 12:34:56+02", "1900-01-01 00:00:00.5Z", "-infinity", "0044-03-15 10:00+00 BC"]),
        ("interval", ["1 year 2 months -3 days 04:05:06.7", "0", "-00:00:01"]),
        ("json", ["{\"a\" : [1.0, null, \"\\u00e9\"]}", "null", "\"x\"", "[]", "\n{}"]),
        ("jsonb", ["{\"b\":1.50,\"a\":{}}", "null", "1e5", "\"\\\\\""]),
        ("bytea", ["\\x", "\\xdeadBEEF"]),
        ("int2[]", ["{}", "{1,NULL,-3}"]),
        ("int4[]", ["{{1,2},{3,4}}", "[0:1]={5,6}", "{{{1}}}"]),
        ("numeric[]", ["{NaN,1.50,Infinity}"]),
        ("float8[]", ["{1e10,NaN}"]),
        ("bool[]", ["{t,f,NULL}"]),
        ("text[]", ["{}", "{NULL,\"NULL\",\"\"}", "{\"a\\\"b\",\"c\\\\d\",\"e,f\",\"{g}\",\" h \"}", "{{a,b},{c,NULL}}"]),
        ("uuid[]", ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"]),
        ("date[]", ["{2026-01-01,infinity}"]),
        ("timestamp[]", ["{\"2026-01-01 00:00\"}"]),
        ("timestamptz[]", ["{\"2026-01-01 00:00+00\",infinity,NULL}", "{\"0044-03-15 10:00+00 BC\"}"]),
        ("interval[]", ["{\"1 day\"}"]),
        ("json[]", ["{\"{\\\"a\\\": 1}\",\"null\",NULL}"]),
        ("jsonb[]", ["{\"[1, \\\"x\\\"]\"}"]),
        ("bytea[]", ["{\"\\\\xdead\",\"\\\\x\"}"]),
        ("int4range", ["[1,5)", "empty", "(,)"]),
        ("int4multirange", ["{[1,2),[5,7)}"]),
        ("tstzrange[]", ["{\"[2026-01-01 00:00+00,2026-01-02 00:00+00)\"}"]),
        ("public.mood", ["sad", "it's \"fine\""]),
        ("public.mood[]", ["{sad,\"so so\"}"]),
        ("public.small", ["7"]),
        ("public.smaller", ["7"]),
        ("public.smaller[]", ["{1,2,NULL}"]),
        ("public.smalls", ["{1,2}"]),
        ("public.word", ["", "a\"b"]),
        ("public.pair", ["(1,\"a, b\",\"2026-01-01 00:00+00\")", "(,,)"]),
        ("public.pair[]", ["{\"(1,x,)\",NULL}"]),
        ("inet", ["10.0.0.1", "10.0.0.0/8", "::1/128"]),
        ("macaddr", ["08:00:2b:01:02:03"]),
        ("money", ["1234.5", "-1"]),
        ("bit(3)", ["101"]),
        ("varbit", ["1"]),
        ("oid", ["4294967295"]),
        ("regclass", ["pg_class"]),
        ("int2vector", ["1 2 3", ""]),
        ("point", ["(1,2.5)"]),
        ("box[]", ["{(2,2),(0,0);(3,3),(1,1)}"]),
        ("tsvector", ["'a':1 'b c':2"]),
        ("xml", ["<a b=\"c\">d</a>"]),
        ("pg_lsn", ["16/B374D848"]),
    ];

    static readonly Gen<string> AnyText = Gen.Char.Where(value => value != '\0' && !char.IsSurrogate(value)).Array[0, 12].Select(value => new string(value));

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Record_is_what_to_jsonb_makes_of_the_row()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var database = server.Database;
        await database.ExecuteAsync(
            $"""
            {Types}
            create table public.things (id int primary key, {string.Join(", ", Columns.Select((column, i) => $"c{i} {column.Type}"))});
            alter table public.things replica identity full;
            grant select on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, """{"event":"*","schema":"public","table":"things"}""");
        await using var owner = await database.OpenOwnerAsync();
        var id = 0;

        await Gen.Select(Gen.Int[0, 1_000_000].Array[Columns.Length], AnyText.Array[4], Gen.Double, Gen.Float, Gen.Decimal, Gen.Long).Array[8].SampleAsync(
            async rows =>
            {
                var first = id + 1;
                foreach (var (picks, texts, @double, @float, @decimal, @long) in rows)
                    await InsertAsync(owner, ++id, [.. Columns.Select((column, i) => Pick(column, picks[i], texts, @double, @float, @decimal, @long))]);
                await using (var update = new NpgsqlCommand($"update public.things set id = id where id >= {first}", owner))
                    await update.ExecuteNonQueryAsync(Token);
                for (var row = first; row <= id; row++)
                    await AssertSameAsync(database, row, await client.NextAsync(message => IsOf(message, "INSERT", row)), hasOld: false);
                for (var row = first; row <= id; row++)
                    await AssertSameAsync(database, row, await client.NextAsync(message => IsOf(message, "UPDATE", row)), hasOld: true);
            },
            threads: 1, iter: 10);
        Assert.Equal(80, id);

        static bool IsOf(Received message, string type, int row)
            => message.Event == "postgres_changes" && (string?)message.Payload["data"]!["type"] == type && (int)message.Payload["data"]!["record"]!["id"]! == row;
    }

    [Fact]
    public async Task Message_has_the_reference_s_shape_for_each_kind_of_change()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create table public.keyed (id int primary key, name text, big text);
            create table public.whole (id int primary key, name text, big text);
            create table public.policed (id int primary key, name text);
            alter table public.keyed alter big set storage external;
            alter table public.whole alter big set storage external;
            alter table public.whole replica identity full;
            alter table public.policed replica identity full;
            alter table public.policed enable row level security;
            create policy policed_select on public.policed for select to anon using (true);
            grant select on public.keyed, public.whole, public.policed to anon;
            alter publication supabase_realtime add table public.keyed, public.whole, public.policed;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        var ids = await client.SubscribeAsync("all", null, """{"event":"*","schema":"public","table":"*"}""");
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-1);

        await server.Database.ExecuteAsync("insert into public.keyed values (1, 'a', null)");
        var inserted = await client.NextChangeAsync();
        var at = (string)inserted["data"]!["commit_timestamp"]!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", at);
        Assert.InRange(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), before, TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.Equal(
            $$$"""{"ids":[{{{ids[0]}}}],"data":{"schema":"public","table":"keyed","commit_timestamp":"{{{at}}}","type":"INSERT","columns":[{"name":"id","type":"int4"},{"name":"name","type":"text"},{"name":"big","type":"text"}],"record":{"id":1,"name":"a","big":null},"errors":null}}""",
            inserted.ToJsonString());

        await server.Database.ExecuteAsync(
            """
            update public.keyed set name = 'b'; update public.keyed set id = 2; delete from public.keyed;
            insert into public.keyed values (3, 'a', repeat('x', 5000)); update public.keyed set name = 'b'; truncate public.keyed;
            insert into public.whole values (1, 'a', repeat('x', 5000)); update public.whole set name = 'b'; delete from public.whole;
            insert into public.policed values (1, 'a'); update public.policed set name = 'b'
            """);
        await AssertNextAsync("UPDATE", """{"id":1,"name":"b","big":null}""", """{"id":1}""");
        await AssertNextAsync("UPDATE", """{"id":2,"name":"b","big":null}""", """{"id":1}""");
        await AssertNextAsync("DELETE", null, """{"id":2}""");
        var big = new string('x', 5000);
        await AssertNextAsync("INSERT", $$"""{"id":3,"name":"a","big":"{{big}}"}""", null);
        await AssertNextAsync("UPDATE", """{"id":3,"name":"b"}""", """{"id":3}""");
        await AssertNextAsync("INSERT", $$"""{"id":1,"name":"a","big":"{{big}}"}""", null);
        await AssertNextAsync("UPDATE", $$"""{"id":1,"name":"b","big":"{{big}}"}""", $$"""{"id":1,"name":"a","big":"{{big}}"}""");
        await AssertNextAsync("DELETE", null, $$"""{"id":1,"name":"b","big":"{{big}}"}""");
        await AssertNextAsync("INSERT", """{"id":1,"name":"a"}""", null);
        await AssertNextAsync("UPDATE", """{"id":1,"name":"b"}""", """{"id":1,"name":"a"}""");
        await server.Database.ExecuteAsync("delete from public.policed");
        await AssertNextAsync("DELETE", null, """{"id":1}""");

        async Task AssertNextAsync(string type, string? record, string? old)
        {
            var data = (await client.NextChangeAsync())["data"]!;
            Assert.Equal((type, record, old), ((string?)data["type"], data["record"]?.ToJsonString(), data["old_record"]?.ToJsonString()));
            Assert.Null(data["errors"]);
        }
    }

    [Theory]
    [InlineData("id int primary key, name text", "grant select (name) on public.things to anon", "Error 401: Unauthorized")]
    [InlineData("id int primary key, name text", "select 1", "Error 401: Unauthorized")]
    [InlineData("id int, name text", "grant select on public.things to anon", "Error 400: Bad Request, no primary key")]
    public async Task Change_that_may_not_be_told_is_only_an_error(string columns, string grant, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync($"create table public.things ({columns}); {grant}; alter publication supabase_realtime add table public.things");
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, """{"event":"*","schema":"public","table":"things"}""");

        await server.Database.ExecuteAsync("insert into public.things values (1, 'secret')");

        var data = (await client.NextChangeAsync())["data"]!;
        Assert.Equal(["schema", "table", "commit_timestamp", "type", "columns", "errors"], data.AsObject().Select(property => property.Key));
        Assert.Equal(("[]", $"""["{error}"]"""), (data["columns"]!.ToJsonString(), data["errors"]!.ToJsonString()));
    }

    [Fact]
    public async Task Columns_that_are_not_granted_or_not_wanted_are_left_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create table public.things (id int primary key, name text, secret text, "odd ""Näme" int);
            alter table public.things replica identity full;
            grant select (id, name, "odd ""Näme") on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("all", null, """{"event":"*","schema":"public","table":"things"}""");
        await client.SubscribeAsync("some", null, """{"event":"*","schema":"public","table":"things","select":["odd \"Näme"]}""");

        await server.Database.ExecuteAsync("insert into public.things values (1, 'a', 's', 2); update public.things set secret = 't'");

        var told = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var message = await client.NextAsync(message => message.Event == "postgres_changes");
            var data = message.Payload["data"]!;
            var names = string.Join(' ', data["columns"]!.AsArray().Select(column => (string)column!["name"]!));
            told.Add($"{message.Topic} {data["type"]} {names} {data["record"]!.AsObject().Count} {data["old_record"]?.AsObject().Count}");
        }

        Assert.Equal(
            [
                "realtime:all INSERT id name odd \"Näme 3 ", "realtime:all UPDATE id name odd \"Näme 3 3",
                "realtime:some INSERT id odd \"Näme 2 ", "realtime:some UPDATE id odd \"Näme 2 2",
            ],
            told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Row_over_a_megabyte_comes_with_its_small_values_only()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create table public.things (id int primary key, name text, big text);
            grant select on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, """{"event":"*","schema":"public","table":"things"}""");

        await server.Database.ExecuteAsync("insert into public.things values (1, repeat('n', 64), repeat('x', 1024 * 1024)), (2, repeat('n', 65), 'x'), (3, repeat('é', 40), repeat('é', 600 * 1024))");

        var (large, small, wide) = ((await client.NextChangeAsync())["data"]!, (await client.NextChangeAsync())["data"]!, (await client.NextChangeAsync())["data"]!);
        Assert.Equal($$"""{"id":1,"name":"{{new string('n', 64)}}"}""", large["record"]!.ToJsonString());
        Assert.Equal("""["Error 413: Payload Too Large"]""", large["errors"]!.ToJsonString());
        Assert.Equal(3, small["record"]!.AsObject().Count);
        Assert.Null(small["errors"]);
        Assert.Equal(["id"], wide["record"]!.AsObject().Select(value => value.Key));
        Assert.Equal("""["Error 413: Payload Too Large"]""", wide["errors"]!.ToJsonString());
    }

    static string? Pick((string Type, string[] Values) column, int pick, string[] texts, double @double, float @float, decimal @decimal, long @long)
    {
        var any = pick % (column.Values.Length + 2);
        if (any < column.Values.Length)
            return column.Values[any];
        if (any == column.Values.Length)
            return null;
        return column.Type switch
        {
            "int2" => ((short)@long).ToString(CultureInfo.InvariantCulture),
            "int4" => ((int)@long).ToString(CultureInfo.InvariantCulture),
            "int8" => @long.ToString(CultureInfo.InvariantCulture),
            "numeric" => @decimal.ToString(CultureInfo.InvariantCulture),
            "float4" => @float.ToString("R", CultureInfo.InvariantCulture).Replace("∞", "Infinity", StringComparison.Ordinal),
            "float8" => @double.ToString("R", CultureInfo.InvariantCulture).Replace("∞", "Infinity", StringComparison.Ordinal),
            "text" => texts[0],
            "varchar(20)" => texts[1],
            "text[]" => ArrayOf(texts),
            "json" or "jsonb" => JsonSerializer.Serialize(texts),
            "json[]" or "jsonb[]" => ArrayOf([.. texts.Select(text => JsonSerializer.Serialize(text))]),
            _ => column.Values[0],
        };

        static string ArrayOf(string[] texts)
            => $"{{{string.Join(',', texts.Select(text => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}}}";
    }

    static async Task InsertAsync(NpgsqlConnection owner, int id, IReadOnlyList<string?> values)
    {
        await using var command = new NpgsqlCommand(
            $"insert into public.things values ({id}, {string.Join(", ", Columns.Select((column, i) => $"${i + 1}::text::{column.Type}"))})", owner);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(Token);
    }

    static async Task AssertSameAsync(TestDatabase database, int id, Received message, bool hasOld)
    {
        var data = message.Payload["data"]!;
        var expected = JsonNode.Parse(await database.ScalarAsync<string>($"set timezone to 'UTC'; select to_jsonb(t)::text from public.things t where id = {id}"))!.AsObject();
        foreach (var record in hasOld ? new[] { data["record"]!, data["old_record"]! } : [data["record"]!])
        {
            Assert.Equal(expected.Count, record.AsObject().Count);
            foreach (var (name, value) in expected)
                Assert.True(JsonNode.DeepEquals(value, record[name]), $"{name} {Type(name)}: to_jsonb {value?.ToJsonString()}, told {record[name]?.ToJsonString()}");
        }

        Assert.Equal(hasOld, data["old_record"] is not null);
        var types = await database.ScalarAsync<string>(
            "select string_agg(attname || ' ' || typname, ', ' order by attnum) from pg_attribute join pg_type t on t.oid = atttypid where attrelid = 'public.things'::regclass and attnum > 0");
        Assert.Equal(types, string.Join(", ", data["columns"]!.AsArray().Select(column => $"{column!["name"]} {column["type"]}")));

        static string Type(string name) => name == "id" ? "" : Columns[int.Parse(name[1..], CultureInfo.InvariantCulture)].Type;
    }
}
