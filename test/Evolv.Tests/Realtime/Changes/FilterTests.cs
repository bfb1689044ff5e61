using System.Text.Json;
using Evolv.Realtime.Changes;
using Evolv.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Filters decide as SQL does, for each operator and type, and bad ones are told.</summary>
public sealed class FilterTests(EvolvCluster cluster)
{
    const string Table = """
        create type public.mood as enum ('sad', 'so so', 'happy');
        create collation public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create domain public.small as int check (value < 1000);
        create table public.things (
            id int primary key, i2 int2, i4 int4, i8 int8, n numeric, f float8, b bool, t text, v varchar(20), c char(4), u uuid, d date,
            ts timestamptz, m public.mood, s public.small, r int4range, j jsonb, a int[], by bytea,
            cc text collate "C", ci text collate public.ci);
        grant select on public.things to anon;
        alter publication supabase_realtime add table public.things;
        """;

    // For each column values that filters compare with and that rows have.
    static readonly (string Column, string Type, string[] Values)[] Columns =
    [
        ("i2", "int2", ["-1", "0", "7"]),
        ("i4", "int4", ["-1", "00", "+7", " 7 "]),
        ("i8", "int8", ["9007199254740993", "0", "-1"]),
        ("n", "numeric", ["1.0", "1.00", "NaN", "-2"]),
        ("f", "float8", ["0.1", "-0", "0", "Infinity"]),
        ("b", "bool", ["true", "f", "yes"]),
        ("t", "text", ["", "a", "A", "a,b", "(x)", "say \"no\"", "back\\slash", " blank ", "null", "ä"]),
        ("v", "varchar(20)", ["a", "b"]),
        ("c", "char(4)", ["a", "a  ", "b"]),
        ("u", "uuid", ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "00000000-0000-0000-0000-000000000000"]),
        ("d", "date", ["2026-01-01", "Jan 2 2026", "infinity"]),
        ("ts", "timestamptz", ["2026-01-01T00:00:00Z", "2026-01-01 02:00:00+02", "2026-06-01"]),
        ("m", "public.mood", ["sad", "so so", "happy"]),
        ("s", "public.small", ["5", "6"]),
        ("r", "int4range", ["[1,5)", "[1,4]", "empty"]),
        ("j", "jsonb", ["{\"a\": 1}", "{\"a\":1.0}", "null"]),
        ("cc", "text", ["a", "B", "ä"]),
        ("ci", "text", ["a", "A", "b"]),
        ("by", "bytea", ["\\xDE", "\\xde00"]),
    ];

    static readonly (string Word, string Sql)[] Comparisons =
        [("eq", "{0} = {1}"), ("neq", "{0} <> {1}"), ("lt", "{0} < {1}"), ("lte", "{0} <= {1}"), ("gt", "{0} > {1}"), ("gte", "{0} >= {1}"), ("isdistinct", "{0} is distinct from {1}")];

    static readonly (string Word, string Sql)[] Patterns = [("like", "{0} like {1}"), ("ilike", "{0} ilike {1}"), ("match", "{0} ~ {1}"), ("imatch", "{0} ~* {1}")];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Filters_pass_what_SQL_passes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(Table);
        var conditions = Conditions().ToList();
        await using var client = await PhoenixClient.ConnectAsync(server);
        var sqlOf = new Dictionary<(string Topic, int Id), string>();
        foreach (var (number, some) in conditions.Chunk(100).Index())
        {
            var ids = await client.SubscribeAsync($"filters{number}", null, [.. some.Select(condition => Entry(condition.Filter))]);
            foreach (var (id, condition) in ids.Zip(some))
                sqlOf[($"realtime:filters{number}", id)] = condition.Sql;
        }

        await client.SubscribeAsync("end", null, """{"event":"*","schema":"public","table":"things","filter":"id=eq.1000"}""");
        var rows = Columns.Max(column => column.Values.Length) + 1;
        for (var row = 0; row < rows; row++)
            await InsertAsync(server.Database, row);
        await server.Database.ExecuteAsync("insert into public.things (id) values (1000)");

        var passed = new HashSet<(int Row, string Topic, int Id)>();
        foreach (var message in await client.TakeUntilAsync(message => message.Topic == "realtime:end" && message.Event == "postgres_changes"))
            foreach (var id in message.Payload["ids"]?.AsArray() ?? [])
                passed.Add(((int)message.Payload["data"]!["record"]!["id"]!, message.Topic, (int)id!));
        Assert.True(conditions.Count > 500);
        await using var owner = await server.Database.OpenOwnerAsync();
        foreach (var ((topic, id), sql) in sqlOf)
        {
            await using var command = new NpgsqlCommand($"select id, coalesce({sql}, false) from public.things where id < 1000 order by id", owner);
            await using var reader = await command.ExecuteReaderAsync(Token);
            while (await reader.ReadAsync(Token))
                Assert.True(reader.GetBoolean(1) == passed.Contains((reader.GetInt32(0), topic, id)), $"row {reader.GetInt32(0)}: {sql} is {reader.GetBoolean(1)} in SQL");
        }
    }

    [Fact]
    public async Task Conditions_decided_here_are_decided_as_in_SQL()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        (string Type, string Base, string[] Values)[] types =
        [
            ("int2", "int2", ["-32768", "0", "5"]), ("int4", "int4", ["-1", "0", "10", "9"]), ("int8", "int8", ["9223372036854775807", "-5", "10", "9"]),
            ("text", "text", ["", "a", "B", "null", "é"]), ("uuid", "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000"]),
            ("bool", "bool", ["t", "f"]), ("date", "date", ["2026-01-01", "infinity"]),
        ];
        await using var owner = await database.OpenOwnerAsync();
        var decided = 0;
        foreach (var (type, @base, values) in types)
            foreach (var @operator in Enum.GetValues<FilterOperator>())
                foreach (var isNegated in (bool[])[false, true])
                    foreach (var given in Given(@operator, values))
                    {
                        var filter = new ChangeFilter(
                            new FilterText("c", @operator, isNegated, [.. given]), new PublishedColumn("c", type, $"pg_catalog.{type}", @base, "", 0, true, true, false));
                        if (!filter.IsPlain || (@operator == FilterOperator.Is && given[0] != "null" && type != "bool"))
                            continue;
                        foreach (var value in values.Append(null))
                        {
                            await using var command = new NpgsqlCommand(filter.ToSql(), owner);
                            command.Parameters.Add(new NpgsqlParameter { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
                            command.Parameters.Add(@operator == FilterOperator.In
                                ? new NpgsqlParameter { Value = given, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
                                : new NpgsqlParameter { Value = given[0], NpgsqlDbType = NpgsqlDbType.Text });
                            var inSql = (bool)(await command.ExecuteScalarAsync(Token))!;
                            Assert.True(inSql == filter.Passes(value), $"{value ?? "null"} {(isNegated ? "not " : "")}{@operator} {string.Join(',', given)} of {type} is {inSql} in SQL");
                            decided++;
                        }
                    }

        Assert.InRange(decided, 500, int.MaxValue);

        static IEnumerable<string[]> Given(FilterOperator @operator, string[] values) => @operator switch
        {
            FilterOperator.Is => [["null"], ["true"], ["false"], ["unknown"]],
            FilterOperator.In => [[], values, .. values.Select(value => new[] { value })],
            _ => values.Select(value => new[] { value }),
        };
    }

    [Theory]
    [InlineData("nothing=eq.1", "invalid column for filter nothing")]
    [InlineData("secret=eq.1", "invalid column for filter secret")]
    [InlineData("id=eq.x", "invalid input syntax for type integer: \"x\"")]
    [InlineData("id=in.(1,x)", "invalid input syntax for type integer: \"x\"")]
    [InlineData("id=eq.99999999999", "value \"99999999999\" is out of range for type integer")]
    [InlineData("f=gt.x", "invalid input syntax for type double precision: \"x\"")]
    [InlineData("f=in.(1,x)", "invalid input syntax for type double precision: \"x\"")]
    [InlineData("m=eq.angry", "invalid input value for enum mood: \"angry\"")]
    [InlineData("t=match.(", "invalid regular expression: parentheses () not balanced")]
    [InlineData("t=imatch.[", "invalid regular expression: brackets [] not balanced")]
    [InlineData("id=like.1%", "operator does not exist: integer ~~ text")]
    [InlineData("id=is.true", "argument of IS TRUE must be type boolean, not type integer")]
    [InlineData("id=is.1", "is takes null, true, false or unknown")]
    [InlineData("id=between.1", "\"between\" is no operator")]
    [InlineData("id", "expected =")]
    [InlineData("id=eq", "expected .")]
    [InlineData("t=eq.\"open", "expected \"")]
    [InlineData("id=in.1", "expected (")]
    [InlineData("id=eq.1,", "expected =")]
    public async Task Bad_filter_is_told_and_the_channel_stays(string filter, string why)
    {
        await using var server = await StartAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);

        await client.JoinAsync("things", null, $$"""{"postgres_changes":[{{Entry(filter)}}]}""");

        var told = await client.NextAsync(message => message.Event == "system");
        Assert.Equal(("error", "postgres_changes", "things"), ((string?)told.Payload["status"], (string?)told.Payload["extension"], (string?)told.Payload["channel"]));
        var text = (string)told.Payload["message"]!;
        Assert.True(
            text.StartsWith("Unable to subscribe to changes with given parameters. ", StringComparison.Ordinal) || text.StartsWith("Error parsing `filter` params: ", StringComparison.Ordinal), text);
        Assert.Contains(why, text, StringComparison.Ordinal);
        await client.AssertNoneAsync(message => message.Event is "phx_close" or "phx_error");
    }

    [Fact]
    public async Task Filter_of_a_wildcard_and_more_than_a_hundred_values_are_told()
    {
        await using var server = await StartAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);
        var hundred = string.Join(',', Enumerable.Range(0, 100));

        await client.SubscribeAsync("hundred", null, Entry($"id=in.({hundred})"));
        await client.JoinAsync("more", null, $$"""{"postgres_changes":[{{Entry($"id=in.({hundred},100)")}}]}""");
        await client.JoinAsync("wildcard", null, """{"postgres_changes":[{"event":"*","schema":"public","table":"*","filter":"id=eq.1"}]}""");
        await client.JoinAsync("unpublished", null, """{"postgres_changes":[{"event":"*","schema":"public","table":"user_settings"}]}""");
        await server.Database.ExecuteAsync("insert into public.things (id) values (99), (100)");

        Assert.Contains("more than 100 values", await TroubleAsync("more"), StringComparison.Ordinal);
        Assert.StartsWith("Unable to subscribe to changes with given parameters. ", await TroubleAsync("wildcard"), StringComparison.Ordinal);
        Assert.StartsWith(
            "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: user_settings",
            await TroubleAsync("unpublished"), StringComparison.Ordinal);
        Assert.Equal(99, (int)(await client.NextChangeAsync())["data"]!["record"]!["id"]!);
        await client.AssertNoneAsync(message => message.Event == "postgres_changes");

        async Task<string> TroubleAsync(string topic)
            => (string)(await client.NextAsync(message => message.Event == "system" && message.Topic == $"realtime:{topic}")).Payload["message"]!;
    }

    static IEnumerable<(string Filter, string Sql)> Conditions()
    {
        foreach (var (column, type, values) in Columns)
            foreach (var not in (string[])["", "not."])
            {
                foreach (var (word, sql) in Comparisons)
                    foreach (var value in values)
                        yield return Condition($"{not}{word}.{Quote(value)}", string.Format(null, sql, column, $"'{Escape(value)}'::{type}"));
                yield return Condition($"{not}is.null", $"{column} is null");
                yield return Condition($"{not}in.({string.Join(',', values.Skip(1).Select(Quote))})", $"{column} in ({string.Join(',', values.Skip(1).Select(value => $"'{Escape(value)}'::{type}"))})");
                if (column == "b")
                    foreach (var word in (string[])["true", "FALSE", "unknown"])
                        yield return Condition($"{not}is.{word}", $"{column} is {word}");
                if (column is "t" or "v" or "c")
                    foreach (var (word, sql) in Patterns)
                        foreach (var pattern in (string[])["%a%", "_", "^A", "a.b|\\\\", ".*"])
                            yield return Condition($"{not}{word}.{Quote(pattern)}", string.Format(null, sql, column, $"'{Escape(pattern)}'"));

                (string, string) Condition(string text, string sql) => ($"{column}={text}", not.Length > 0 ? $"not ({sql})" : sql);
            }

        yield return ("i4=gte.-1,i4=lt.7,t=not.eq.a", "i4 >= -1 and i4 < 7 and t <> 'a'");
        yield return ("j->a=eq.1", "j -> 'a' = '1'");
        yield return ("j->>a=eq.1", "j ->> 'a' = '1'");
        yield return ("j->>it's \\ $1=is.null", "j ->> 'it''s \\ $1' is null");
    }

    async Task<EvolvServer> StartAsync()
    {
        var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            create type public.mood as enum ('sad', 'happy');
            create table public.things (id int primary key, t text, f float8, m public.mood, secret int);
            grant select (id, t, f, m) on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        return server;
    }

    static string Entry(string filter) => JsonSerializer.Serialize(new { @event = "*", schema = "public", table = "things", filter });

    // Each column's values by turns; the last row has none.
    static async Task InsertAsync(TestDatabase database, int row)
        => await database.ExecuteAsync(
            $"insert into public.things (id, {string.Join(", ", Columns.Select(column => column.Column))}) values ({row}, {string.Join(", ", Columns.Select(column =>
                row < column.Values.Length ? $"'{Escape(column.Values[row])}'::{column.Type}" : "null"))})");

    static string Escape(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
