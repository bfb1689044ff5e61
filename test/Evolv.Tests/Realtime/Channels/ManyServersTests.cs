using System.Text.Json.Nodes;
using Evolv.Platform.Nodes;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Three servers over one database are one to their clients, without Redis and with it.</summary>
public sealed class ManyServersTests(EvolvCluster cluster)
{
    const string WithPresence = """{"private":true,"broadcast":{"ack":true},"presence":{"enabled":true}}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Broadcasts_presence_and_changes_reach_the_clients_of_all_servers_once(bool withRedis)
    {
        await using var redis = withRedis ? await RedisProcess.StartAsync() : null;
        await using var servers = await Servers.StartAsync(cluster, redis);
        var ada = await servers.All[0].SignUpAsync("ada");
        await servers.All[0].Database.ExecuteAsync(
            """
            create policy readers on realtime.messages for select to authenticated using (true);
            create policy writers on realtime.messages for insert to authenticated with check (true);
            """);
        var clients = new List<PhoenixClient>();
        foreach (var server in servers.All)
        {
            var client = await PhoenixClient.ConnectAsync(server);
            clients.Add(client);
            await client.JoinAsync("private", ada.AccessToken, WithPresence);
            await client.NextAsync(message => message.Event == "presence_state");
            await client.JoinAsync("public");
            await client.SubscribeAsync("changes", ada.AccessToken, """{"event":"INSERT","schema":"public","table":"posts"}""");
        }

        await clients[0].BroadcastAsync("public", "json", """{"a":"é"}""");
        await clients[1].SendBinaryAsync(UserBroadcast.Push("realtime:private", "bytes", [0, 255], isJson: false));
        await clients[2].SendAsync("public", "broadcast", """{"type":"broadcast","event":"text","payload":{}}""");
        await clients[2].BroadcastAsync("private", "kept", "1", """{"persist":true}""");
        using (var answer = await servers.All[2].Service.PostAsync("/realtime/v1/api/broadcast/private/events/http?private=true",
            new StringContent("{}", null, "application/json"), TestContext.Current.CancellationToken))
            Assert.Equal(202, (int)answer.StatusCode);
        await servers.All[0].Database.ExecuteAsync($"select realtime.send('1', 'sql', 'private'); insert into public.posts (user_id, content) values ('{ada.Id}', 'Hello')");

        string[][] expected = [["bytes", "http", "kept", "sql"], ["http", "json", "kept", "sql"], ["bytes", "http", "json", "sql"]];
        for (var i = 0; i < 3; i++)
        {
            var events = new List<string>();
            while (events.Count < 4)
                events.Add((await clients[i].NextBroadcastAsync()).Event);
            Assert.Equal(expected[i], events.Order(StringComparer.Ordinal));
            Assert.Equal("Hello", (string?)(await clients[i].NextChangeAsync())["data"]!["record"]!["content"]);
            if (i < 2)
                await clients[i].NextAsync(message => message.Event == "broadcast" && (string?)message.Payload["event"] == "text");
        }

        await clients[0].CallAsync("private", "presence", """{"event":"track","payload":{"at":"first"}}""");
        foreach (var client in clients)
            Assert.Equal("first", (string?)Metas(await client.NextAsync(message => message.Event == "presence_diff"), "joins").Single()["at"]);
        await using var late = await PhoenixClient.ConnectAsync(servers.All[2]);
        await late.JoinAsync("private", ada.AccessToken, WithPresence);
        Assert.Single((await late.NextAsync(message => message.Event == "presence_state")).Payload.AsObject());

        foreach (var client in clients)
        {
            await client.AssertNoneAsync(message => message.Event is "postgres_changes" or "broadcast");
            Assert.Empty(client.Binaries);
            await client.DisposeAsync();
        }

        await late.NextAsync(message => message.Event == "presence_diff" && Metas(message, "leaves").Length == 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task New_server_learns_who_is_there_and_one_that_stops_takes_its_own_away(bool withRedis)
    {
        await using var redis = withRedis ? await RedisProcess.StartAsync() : null;
        await using var servers = await Servers.StartAsync(cluster, redis, count: 2);
        await using var first = await PhoenixClient.ConnectAsync(servers.All[0]);
        await using var second = await PhoenixClient.ConnectAsync(servers.All[1]);
        var deep = $$$"""{"event":"track","payload":{"deep":{{{new string('[', 57)}}}{{{new string(']', 57)}}}}}""";
        foreach (var (client, key) in new[] { (first, "first"), (second, "second") })
        {
            await client.JoinAsync("room", config: $$$"""{"presence":{"key":"{{{key}}}","enabled":true}}""");
            await client.CallAsync("room", "presence", deep);
        }

        var third = await servers.AddAsync();
        await using var late = await PhoenixClient.ConnectAsync(third);
        await late.JoinAsync("room", config: """{"presence":{"key":"late","enabled":true}}""");
        Assert.Equal(["first", "second"], (await late.NextAsync(message => message.Event == "presence_state")).Payload.AsObject().Select(presence => presence.Key).Order(StringComparer.Ordinal));

        await servers.StopAsync(1);
        var left = await late.NextAsync(message => message.Event == "presence_diff" && Metas(message, "leaves").Length > 0);
        Assert.Equal("second", Assert.Single(left.Payload["leaves"]!.AsObject()).Key);
        await second.WaitForCloseAsync();
        Assert.Equal("service restart", second.CloseReason);
    }

    [Fact]
    public async Task What_changed_while_servers_could_not_talk_is_known_afterwards()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var servers = await Servers.StartAsync(cluster, redis, count: 2);
        await using var watcher = await PhoenixClient.ConnectAsync(servers.All[0]);
        await using var going = await PhoenixClient.ConnectAsync(servers.All[1]);
        await using var coming = await PhoenixClient.ConnectAsync(servers.All[1]);
        foreach (var (client, key) in new[] { (watcher, "watcher"), (going, "going"), (coming, "coming") })
            await client.JoinAsync("room", config: $$$"""{"presence":{"key":"{{{key}}}","enabled":true}}""");
        await going.CallAsync("room", "presence", """{"event":"track","payload":{}}""");
        Assert.Equal("going", Assert.Single((await watcher.NextAsync(message => message.Event == "presence_diff")).Payload["joins"]!.AsObject()).Key);

        await redis.KillAsync();
        await going.CallAsync("room", "presence", """{"event":"untrack"}""");
        await coming.CallAsync("room", "presence", """{"event":"track","payload":{}}""");
        await redis.RestartAsync();

        await watcher.NextAsync(message => message.Event == "presence_diff" && message.Payload["joins"]!["coming"] is not null);
        await watcher.JoinAsync("room", config: """{"presence":{"key":"watcher","enabled":true}}""");
        await Rest.Eventually.IsTrueAsync(async () =>
        {
            await watcher.JoinAsync("room", config: """{"presence":{"key":"watcher","enabled":true}}""");
            var state = await watcher.NextAsync(message => message.Event == "presence_state");
            return state.Payload.AsObject().Select(presence => presence.Key).SequenceEqual(["coming"]);
        });
    }

    static JsonNode[] Metas(Received message, string side) => [.. message.Payload[side]!.AsObject().SelectMany(presence => presence.Value!["metas"]!.AsArray())!];

    /// <summary>Servers over one database that know each other.</summary>
    sealed class Servers : IAsyncDisposable
    {
        readonly List<EvolvServer> _all = [];
        readonly List<EvolvServer> _stopped = [];
        readonly TestDatabase _database;
        readonly RedisProcess? _redis;

        Servers(TestDatabase database, RedisProcess? redis) => (_database, _redis) = (database, redis);

        internal IReadOnlyList<EvolvServer> All => _all;

        internal static async Task<Servers> StartAsync(EvolvCluster cluster, RedisProcess? redis, int count = 3)
        {
            var servers = new Servers(await cluster.CreateDatabaseAsync(), redis);
            while (servers._all.Count < count)
                await servers.AddAsync();
            return servers;
        }

        internal async Task<EvolvServer> AddAsync()
        {
            var server = await EvolvServer.StartAsync(_database, [.. _redis is null ? [] : new[] { ("Redis:ConnectionString", _redis.ConnectionString) }]);
            _all.Add(server);
            foreach (var each in _all)
                await Rest.Eventually.IsTrueAsync(() => Task.FromResult(each.Services.GetRequiredService<NodeBus>().Peers.Count == _all.Count - 1));
            return server;
        }

        // The database stays for the others.
        internal async Task StopAsync(int which)
        {
            var server = _all[which];
            _all.RemoveAt(which);
            _stopped.Add(server);
            await server.StopAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in _all)
                await server.StopAsync(); // The first one to be disposed drops the database.
            foreach (var server in _all.Concat(_stopped))
                await server.DisposeAsync();
        }
    }
}
