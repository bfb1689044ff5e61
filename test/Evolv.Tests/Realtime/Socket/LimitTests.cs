using System.Diagnostics;
using System.Net.WebSockets;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Socket;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Realtime.Socket;

/// <summary>Clients that take too much: only they lose.</summary>
public sealed class LimitTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silent_socket_is_closed_and_one_with_heartbeats_is_not()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:HeartbeatTimeoutSeconds", "2"));
        await using var silent = await PhoenixClient.ConnectAsync(server);
        await using var lively = await PhoenixClient.ConnectAsync(server);

        var closed = silent.WaitForCloseAsync();
        while (!closed.IsCompleted)
        {
            Assert.Equal("ok", (await lively.CallAsync("phoenix", "heartbeat")).Status);
            await Task.WhenAny(closed, Task.Delay(200, Token));
        }

        await closed;
        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "no heartbeat"), (silent.CloseStatus!.Value, silent.CloseReason));
        Assert.Equal(WebSocketState.Open, lively.State);
    }

    [Fact]
    public async Task Channel_that_gets_too_many_messages_is_closed_and_then_the_socket_of_whoever_goes_on()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MessagesPerSecond", "20"));
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.JoinAsync("loud");
        await client.JoinAsync("quiet", config: """{"broadcast":{"ack":true}}""");

        try
        {
            await Task.WhenAll(Enumerable.Range(0, 45).Select(_ => client.SendAsync("loud", "broadcast", """{"event":"e"}""")));
        }
        catch (WebSocketException)
        {
            // The server closed while this was sending.
        }

        Assert.Equal("Too many messages per second", await client.NextEndAsync("loud"));
        await client.WaitForCloseAsync(); // what went on coming had no channel any more to be closed
        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "Too many messages per second"), (client.CloseStatus!.Value, client.CloseReason));
    }

    [Fact]
    public async Task Channels_of_one_socket_and_sockets_of_one_person_are_limited()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MaxChannelsPerSocket", "2"), ("Realtime:MaxSocketsPerUser", "1"));
        var ada = await server.SignUpAsync("ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var another = await PhoenixClient.ConnectAsync(server);

        await client.JoinAsync("one", ada.AccessToken);
        await client.JoinAsync("two", ada.AccessToken);
        Assert.Equal("ChannelRateLimitReached: Too many channels", (string?)(await client.TryJoinAsync("three")).Response!["reason"]);
        await client.JoinAsync("two"); // takes the place of the one before
        await client.CallAsync("two", "phx_leave");
        await client.JoinAsync("three");

        Assert.Equal("ConnectionRateLimitReached: Too many connected users", (string?)(await another.TryJoinAsync("one", ada.AccessToken)).Response!["reason"]);
        await another.JoinAsync("one"); // as nobody
        await another.SendAsync("one", "access_token", $$"""{"access_token":"{{ada.AccessToken}}"}""");
        Assert.Equal("Too many connected users", await another.NextEndAsync("one"));
    }

    [Fact]
    public async Task Who_reads_too_slowly_is_dropped_while_others_get_everything()
    {
        await using var server = await EvolvServer.StartAsync(cluster,
            ("Realtime:MaxQueuedBytes", "1000000"), ("Realtime:MessagesPerSecond", "100000"), ("Realtime:MaxMessageBytes", "300000"));
        await using var sender = await PhoenixClient.ConnectAsync(server);
        await using var reader = await PhoenixClient.ConnectAsync(server);
        using var sleeper = await RawSocket.OpenAsync(server);
        await sender.JoinAsync("room", config: """{"broadcast":{"ack":true}}""");
        await reader.JoinAsync("room");
        await RawSocket.SendTextAsync(sleeper, """[null,"1","realtime:room","phx_join",{}]""");
        await RawSocket.ReadTextAsync(sleeper);
        var sockets = server.Services.GetRequiredService<Sockets>();
        Assert.Equal(3, sockets.Count);

        var payload = $"\"{new string('x', 200_000)}\"";
        for (var sent = 0; !sockets.All.Any(socket => socket.IsClosing); sent++)
        {
            Assert.True(sent < 300, "60 MB wait for somebody who does not read");
            await sender.BroadcastAsync("room", "e", payload, @ref: $"b{sent}");
            await sender.NextAsync(reply => reply.Ref == $"b{sent}");
            Assert.Equal(payload, (await reader.NextBroadcastAsync()).Text);
        }

        Assert.NotEqual(WebSocketCloseStatus.NormalClosure, await RawSocket.ReadCloseAsync(sleeper));
        await Rest.Eventually.IsTrueAsync(() => Task.FromResult(sockets.Count == 2));
        await sender.BroadcastAsync("room", "last", "1");
        Assert.Equal("last", (await reader.NextBroadcastAsync()).Event);
        Assert.Equal(2, server.Services.GetRequiredService<Topics>().All.Single().Members.Length);
    }

    [Fact]
    public async Task Joins_of_a_herd_are_paced_and_requests_are_answered_meanwhile()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:JoinsPerSecond", "100"), ("Realtime:MaxSocketsPerAddress", "400"));
        var clients = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => PhoenixClient.ConnectAsync(server)));

        var started = Stopwatch.GetTimestamp();
        var joins = Task.WhenAll(clients.Select(client => client.JoinAsync("room")));
        var slowest = TimeSpan.Zero;
        while (!joins.IsCompleted)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await server.Service.GetAsync("/rest/v1/badges?limit=1", Token);
            slowest = Stopwatch.GetElapsedTime(asked) > slowest ? Stopwatch.GetElapsedTime(asked) : slowest;
            await Task.WhenAny(joins, Task.Delay(20, Token));
        }

        await joins;
        var elapsed = Stopwatch.GetElapsedTime(started);
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));

        Assert.InRange(elapsed, TimeSpan.FromSeconds(1.8), TimeSpan.FromSeconds(8)); // 100 at once, then 100 a second
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Flood_of_connections_from_one_address_is_refused_and_leaves_nothing_behind()
    {
        await using var process = new EvolvProcess(("EVOLV__REALTIME__MAXSOCKETSPERADDRESS", "200"));
        await process.StartAsync();
        var key = await process.StatusAsync("PUBLISHABLE_KEY");
        using var http = await process.ServiceAsync();
        await ConnectManyAsync(process.Url, key, 300); // what is made once is made before
        await UntilNobodyIsThereAsync(process.Url, key);
        var before = Resident(process);

        var started = Stopwatch.GetTimestamp();
        var (open, refused) = await ConnectManyAsync(process.Url, key, 5_000, async () => Assert.True((await http.GetAsync("/readyz", Token)).IsSuccessStatusCode));

        Assert.Equal((200, 4_800), (open, refused));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(60));
        await UntilNobodyIsThereAsync(process.Url, key);
        Assert.InRange(Resident(process), 0, before * 1.25);
    }

    // Holds all that open until the last is answered.
    static async Task<(int Open, int Refused)> ConnectManyAsync(string url, string key, int count, Func<Task>? meanwhile = null)
    {
        var sockets = new List<ClientWebSocket>();
        var refused = 0;
        for (var begun = 0; begun < count; begun += 50)
        {
            foreach (var socket in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TryOpenAsync(url, key))))
            {
                if (socket is null)
                    refused++;
                else
                    sockets.Add(socket);
            }

            if (meanwhile is not null)
                await meanwhile();
        }

        foreach (var socket in sockets)
            socket.Dispose();
        return (sockets.Count, refused);
    }

    static async Task<ClientWebSocket?> TryOpenAsync(string url, string key)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new Uri($"{url.Replace("http://", "ws://", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={key}"), Token);
            return socket;
        }
        catch (WebSocketException)
        {
            Assert.Equal(429, (int)socket.HttpStatusCode);
            socket.Dispose();
            return null;
        }
    }

    static Task UntilNobodyIsThereAsync(string url, string key) => Rest.Eventually.IsTrueAsync(async () =>
    {
        var sockets = new List<ClientWebSocket?>();
        for (var i = 0; i < 200; i++)
            sockets.Add(await TryOpenAsync(url, key));
        sockets.ForEach(socket => socket?.Dispose());
        return sockets.All(socket => socket is not null);
    });

    static long Resident(EvolvProcess process)
    {
        using var running = Process.GetProcessById(process.Id);
        return running.WorkingSet64;
    }
}
