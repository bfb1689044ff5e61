using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Messages that go through <c>realtime.messages</c>: from SQL, kept ones, and their replay.</summary>
public sealed class DatabaseMessagesTests(EvolvCluster cluster)
{
    const string Private = """{"private":true,"broadcast":{"ack":true}}""";

    [Fact]
    public async Task What_SQL_sends_arrives_with_its_id()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await using var old = await PhoenixClient.ConnectAsync(server, server.SecretKey, "1.0.0");
        foreach (var each in new[] { client, old })
        {
            await each.JoinAsync("room", config: """{"private":true,"broadcast":{"replication_ready":true}}""");
            await each.NextAsync(message => message.Event == "system" && (string?)message.Payload["message"] == "Replication connection established");
        }

        await server.Database.ExecuteAsync(
            """
            select realtime.send('{"text":"private"}', 'greeting', 'room');
            select realtime.send('{"text":"public"}', 'greeting', 'room', false);
            select realtime.send_binary('\x00ff', 'bytes', 'room');
            create table public.notes (id int primary key, text text);
            create function public.tell() returns trigger language plpgsql as $$
            begin
                perform realtime.broadcast_changes('room', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
                return null;
            end $$;
            create trigger tell after insert on public.notes for each row execute function public.tell();
            insert into public.notes values (1, 'new');
            """);

        var greeting = await client.NextBroadcastAsync();
        var id = (string)greeting.Meta["id"]!;
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal(("greeting", "private", id), (greeting.Event, (string?)JsonNode.Parse(greeting.Text)!["text"], (string?)JsonNode.Parse(greeting.Text)!["id"]));
        var bytes = await client.NextBroadcastAsync();
        Assert.Equal(("bytes", false, 255), (bytes.Event, bytes.IsJson, bytes.Payload[1]));
        var change = JsonNode.Parse((await client.NextBroadcastAsync()).Text)!;
        Assert.Equal(("INSERT", "notes", "new"), ((string?)change["operation"], (string?)change["table"], (string?)change["record"]!["text"]));
        await client.AssertNoBroadcastAsync();
        Assert.Equal(id, (string?)(await old.NextAsync(message => message.Event == "broadcast")).Payload["meta"]!["id"]);
    }

    [Fact]
    public async Task Kept_message_arrives_once_and_not_at_its_sender()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await using var bob = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await using var selfish = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await ada.JoinAsync("room", config: Private);
        await bob.JoinAsync("room", config: """{"private":true,"broadcast":{"replication_ready":true}}""");
        await bob.NextAsync(message => (string?)message.Payload["message"] == "Replication connection established");
        await selfish.JoinAsync("room", config: """{"private":true,"broadcast":{"self":true}}""");

        await ada.BroadcastAsync("room", "kept", """{"a":1}""", """{"persist":true}""", "b");
        Assert.Equal("ok", (await ada.NextAsync(reply => reply.Ref == "b")).Status);
        await selfish.BroadcastAsync("room", "kept by selfish", """{"a":2}""", """{"persist":{"ttl":60}}""", "c");
        Assert.Equal("ok", (await selfish.NextAsync(reply => reply.Ref == "c")).Status);

        foreach (var client in new[] { bob, selfish })
        {
            var kept = await client.NextBroadcastAsync();
            Assert.Equal(("kept", """{"a":1}"""), (kept.Event, JsonNode.Parse(kept.Text)!.ToJsonString()));
            Assert.NotNull(kept.Meta["id"]);
            Assert.Equal("kept by selfish", (await client.NextBroadcastAsync()).Event);
            await client.AssertNoBroadcastAsync();
        }

        Assert.Equal("kept by selfish", (await ada.NextBroadcastAsync()).Event);
        await ada.AssertNoBroadcastAsync();
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Message_that_cannot_be_kept_is_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await ada.JoinAsync("public");
        await ada.JoinAsync("room", config: Private);

        await ada.BroadcastAsync("public", "e", "1", """{"persist":true}""", "b");
        await ada.BroadcastAsync("room", "e", """{"a":"\u0000"}""", """{"persist":true}""", "c");

        Assert.Equal("A message on a public channel cannot be stored", (string?)(await ada.NextAsync(reply => reply.Ref == "b")).Response!["error"]);
        Assert.Equal("The message was not stored", (string?)(await ada.NextAsync(reply => reply.Ref == "c")).Response!["error"]);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Replay_brings_the_last_messages_oldest_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            """
            create policy readers on realtime.messages for select to authenticated using (true);
            insert into realtime.messages (topic, extension, event, payload, private, inserted_at)
            select 'room', 'broadcast', 'e' || i, jsonb_build_object('n', i), i <> 27, now() at time zone 'utc' - interval '1 minute' * (31 - i)
            from generate_series(1, 30) i
            union all select 'other', 'broadcast', 'other', '{}', true, now() at time zone 'utc'
            union all select 'room', 'presence', 'presence', '{}', true, now() at time zone 'utc';
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        var tenMinutesAgo = TimeProvider.System.GetUtcNow().AddMinutes(-10).AddSeconds(-30).ToUnixTimeMilliseconds();

        Assert.Equal(Numbers(6, 30).Where(n => n != 27).Prepend(5), await ReplayAsync(client, ada, """{"since":0}"""));
        Assert.Equal(Numbers(6, 30).Where(n => n != 27).Prepend(5), await ReplayAsync(client, ada, "{}"));
        Assert.Equal(Numbers(28, 30), await ReplayAsync(client, ada, """{"since":0,"limit":3}"""));
        Assert.Equal(Numbers(21, 30).Where(n => n != 27), await ReplayAsync(client, ada, $$"""{"since":{{tenMinutesAgo}}}"""));
        Assert.Empty(await ReplayAsync(client, ada, $$"""{"since":{{TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds()}}}"""));

        foreach (var bad in new[] { """{"since":"0"}""", """{"since":-1}""", """{"since":0,"limit":26}""", """{"since":0,"limit":"5"}""", """{"since":1e300}""" })
            Assert.Equal("UnableToReplayMessages: Replay params are not valid", Reason(await client.TryJoinAsync("room", ada.AccessToken, Config(bad))));
        Assert.Equal("UnableToReplayMessages: Replay is not allowed for public channels",
            Reason(await client.TryJoinAsync("room", ada.AccessToken, """{"broadcast":{"replay":{"since":0}}}""")));
        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: room", Reason(await client.TryJoinAsync("room", null, Config("""{"since":0}"""))));
    }

    static async Task<int[]> ReplayAsync(PhoenixClient client, Person person, string replay)
    {
        await client.JoinAsync("room", person.AccessToken, Config(replay));
        await client.CallAsync("phoenix", "heartbeat");
        var replayed = client.Binaries.Select(UserBroadcast.Read).Where(message => message.Meta["replayed"] is not null).ToList();
        client.Binaries.Clear();
        Assert.All(replayed, message => Assert.True(Guid.TryParse((string?)message.Meta["id"], out _)));
        return [.. replayed.Select(message => (int)JsonNode.Parse(message.Text)!["n"]!)];
    }

    static IEnumerable<int> Numbers(int from, int to) => Enumerable.Range(from, to - from + 1);

    static string Config(string replay) => $$$"""{"private":true,"broadcast":{"replay":{{{replay}}}}}""";

    static string? Reason(Received reply) => (string?)reply.Response!["reason"];
}
