using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Tables of odd names, keys and kinds, and tables that change while somebody listens.</summary>
public sealed class TableTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Odd_names_and_keys_are_asked_about_as_they_are()
    {
        await using var server = await StartAsync(
            """
            create schema "Öd ""d";
            grant usage on schema "Öd ""d" to anon;
            create type "Öd ""d"."Mo od" as enum ('a', 'it''s');
            create table "Öd ""d"."T ä.b'le" ("K ey" text, "sel""ect" "Öd ""d"."Mo od", "at" timestamptz, "C" char(3), primary key ("K ey", "sel""ect", "at", "C"));
            alter table "Öd ""d"."T ä.b'le" enable row level security;
            create policy p on "Öd ""d"."T ä.b'le" for select to anon using ("K ey" <> 'hidden');
            grant select on "Öd ""d"."T ä.b'le" to anon;
            alter publication supabase_realtime add table "Öd ""d"."T ä.b'le";
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, JsonSerializer.Serialize(new { @event = "*", schema = "Öd \"d", table = "T ä.b'le" }));
        string[] keys = ["", " ", "a,b", "{x}", "say \"no\"", "back\\slash", "NULL", "it's", "\n", "𝄞"];

        foreach (var key in keys.Append("hidden").Append("end"))
            await server.Database.ExecuteAsync($"insert into \"Öd \"\"d\".\"T ä.b'le\" values ('{key.Replace("'", "''", StringComparison.Ordinal)}', 'it''s', '2026-01-01 12:00:00.123456+02', 'x')");

        foreach (var key in keys.Append("end"))
        {
            var record = (await client.NextChangeAsync())["data"]!["record"]!;
            Assert.Equal((key, "it's", "x  "), ((string?)record["K ey"], (string?)record["sel\"ect"], (string?)record["C"]));
        }
    }

    [Fact]
    public async Task Partitions_are_told_by_their_names_or_by_their_root_s()
    {
        await using var server = await StartAsync(
            """
            create table public.parts (id int, year int, primary key (id, year)) partition by list (year);
            create table public.parts_2026 partition of public.parts for values in (2026);
            grant select on public.parts, public.parts_2026 to anon;
            alter publication supabase_realtime add table public.parts;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("all", null, """{"event":"*","schema":"public","table":"*"}""");

        await server.Database.ExecuteAsync("insert into public.parts values (1, 2026)");
        Assert.Equal("parts_2026", (string?)(await client.NextChangeAsync())["data"]!["table"]);
        await server.Database.ExecuteAsync("alter publication supabase_realtime set (publish_via_partition_root = true)");
        await client.SubscribeAsync("root", null, """{"event":"*","schema":"public","table":"parts"}""");
        await server.Database.ExecuteAsync("insert into public.parts values (2, 2026)");

        Assert.Equal("parts", (string?)(await client.NextAsync(message => message.Topic == "realtime:root" && message.Event == "postgres_changes")).Payload["data"]!["table"]);
    }

    [Fact]
    public async Task Changed_definition_shows_in_the_next_change()
    {
        await using var server = await StartAsync(
            """
            create table public.things (id int primary key, name text, n int);
            grant select on public.things to anon;
            alter publication supabase_realtime add table public.things;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("all", null, """{"event":"*","schema":"public","table":"things"}""");
        await client.SubscribeAsync("some", null, """{"event":"*","schema":"public","table":"things","filter":"n=gt.5"}""");

        Assert.Equal("""{"id":1,"name":"a","n":9}""", await RecordAsync("insert into public.things values (1, 'a', 9)"));
        Assert.Equal("""{"id":2,"name":"a","n":9,"extra":{"x":1}}""", await RecordAsync("alter table public.things add extra json; insert into public.things values (2, 'a', 9, '{\"x\":1}')"));
        Assert.Equal("""{"id":3,"n":9,"extra":{"x":1}}""", await RecordAsync("alter table public.things drop name; insert into public.things values (3, 9, '{\"x\":1}')"));
        Assert.Equal("""{"id":4,"n":"nine9","extra":"{x"}""", await RecordAsync("alter table public.things alter n type text, alter extra type text; insert into public.things values (4, 'nine9', '{x')"));
        Assert.Equal("""{"id":5,"n":7,"extra":[1,null]}""", await RecordAsync("truncate public.things; alter table public.things alter n type int using 0, alter extra type int[] using null; insert into public.things values (5, 7, '{1,NULL}')"));
        // Committed before the table changed and read after it, perhaps: the types are those of then.
        await server.Database.ExecuteAsync("insert into public.things values (6, 8, '{1}')");
        await server.Database.ExecuteAsync("alter table public.things alter extra type text using 'x', alter n type text");
        Assert.Equal("""{"id":6,"n":8,"extra":[1]}""", (await NextAsync("all"))["record"]!.ToJsonString());

        foreach (var id in (int[])[1, 2, 3, 5, 6])
            Assert.Equal(id, (int)(await NextAsync("some"))["record"]!["id"]!);
        await client.AssertNoneAsync(message => message.Event == "system");

        async Task<string> RecordAsync(string sql)
        {
            await server.Database.ExecuteAsync(sql);
            return (await NextAsync("all"))["record"]!.ToJsonString();
        }

        async Task<JsonNode> NextAsync(string topic)
            => (await client.NextAsync(message => message.Event == "postgres_changes" && message.Topic == $"realtime:{topic}")).Payload["data"]!;
    }

    [Fact]
    public async Task Table_is_heard_by_its_name_and_while_it_is_published()
    {
        await using var server = await StartAsync(
            """
            create table public.things (id int primary key);
            create table public.always (id int primary key);
            grant select on public.things, public.always to anon;
            alter publication supabase_realtime add table public.things, public.always;
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.SubscribeAsync("things", null, """{"event":"*","schema":"public","table":"things"}""", """{"event":"*","schema":"public","table":"always"}""");

        await HeardAsync("insert into public.things values (1)", 1);
        await server.Database.ExecuteAsync("alter table public.things rename to others");
        await server.Database.ExecuteAsync("insert into public.others values (2)");
        await server.Database.ExecuteAsync("alter table public.others rename to things");
        await HeardAsync("insert into public.things values (3)", 3);
        await server.Database.ExecuteAsync("alter publication supabase_realtime drop table public.things");
        await server.Database.ExecuteAsync("insert into public.things values (4)");
        await server.Database.ExecuteAsync("alter publication supabase_realtime add table public.things");
        await HeardAsync("insert into public.things values (5)", 5);
        await server.Database.ExecuteAsync("drop table public.things; create table public.things (id int primary key, name text); grant select on public.things to anon; alter publication supabase_realtime add table public.things");
        await HeardAsync("insert into public.things values (6, 'x')", 6);
        await server.Database.ExecuteAsync("drop publication supabase_realtime");
        await server.Database.ExecuteAsync("insert into public.things values (7)");
        await server.Database.ExecuteAsync("create publication supabase_realtime for table public.things, public.always");
        var id = 8;
        await Eventually.IsTrueAsync(async () =>
        {
            await server.Database.ExecuteAsync($"insert into public.always values ({id++})");
            return client.Messages.Any(message => message.Event == "postgres_changes");
        });
        Assert.DoesNotContain(client.Messages, message => message.Event == "postgres_changes" && (int)message.Payload["data"]!["record"]!["id"]! is 2 or 4 or 7);

        async Task HeardAsync(string sql, int id)
        {
            await server.Database.ExecuteAsync(sql);
            Assert.Equal(id, (int)(await client.NextChangeAsync())["data"]!["record"]!["id"]!);
        }
    }

    async Task<EvolvServer> StartAsync(string sql)
    {
        var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(sql);
        return server;
    }
}
