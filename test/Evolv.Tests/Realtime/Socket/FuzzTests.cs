using System.Net.WebSockets;
using System.Text;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Socket;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Realtime.Socket;

/// <summary>Frames that are almost right, by the thousand.</summary>
public sealed class FuzzTests(EvolvCluster cluster)
{
    const int Frames = 20_000;
    const int Clients = 8;

    static readonly string[] Texts =
    [
        """[null,"1","phoenix","heartbeat",{}]""",
        """["1","1","realtime:room","phx_join",{"config":{"broadcast":{"ack":true,"self":"true"},"presence":{"key":"k","enabled":true},"private":false}}]""",
        """["1","2","realtime:room","phx_join",{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","filter":"user_id=eq.1"}]}}]""",
        """["1","3","realtime:room","broadcast",{"type":"broadcast","event":"e","payload":{"a":[1,2.5e3,"\ud83d\ude00",null,true]}}]""",
        """["1","4","realtime:room","presence",{"type":"presence","event":"track","payload":{"a":1}}]""",
        """["1","5","realtime:room","presence",{"type":"presence","event":"untrack"}]""",
        """["1","6","realtime:room","access_token",{"access_token":"a.b.c"}]""",
        """["1","7","realtime:room","phx_leave",{}]""",
        """["1","8","realtime:secret","phx_join",{"config":{"private":true,"broadcast":{"replay":{"since":1,"limit":5}}},"access_token":"sb_x"}]""",
    ];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_frame_harms_the_server_or_another_socket()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MessagesPerSecond", "100000"), ("Realtime:JoinsPerSecond", "100000"), ("Realtime:PresenceCallsPer30Seconds", "100000"));
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync("safe");
        await bob.JoinAsync("safe");

        await Task.WhenAll(Enumerable.Range(1, Clients).Select(seed => AttackAsync(server, new Random(seed), Frames / Clients)));

        await ada.BroadcastAsync("safe", "still", """{"here":1}""");
        Assert.Equal("still", (await bob.NextBroadcastAsync()).Event);
        await Rest.Eventually.IsTrueAsync(() => Task.FromResult(server.Services.GetRequiredService<Sockets>().Count == 2));
        await Rest.Eventually.IsTrueAsync(() => Task.FromResult(
            server.Services.GetRequiredService<Topics>().All.Select(topic => topic.Name.Name).SequenceEqual(["safe"])));
    }

    // A socket that the server ends is replaced by a new one.
    static async Task AttackAsync(EvolvServer server, Random random, int count)
    {
        for (var sent = 0; sent < count;)
        {
            using var socket = await RawSocket.OpenAsync(server);
            var reading = RawSocket.ReadCloseAsync(socket);
            try
            {
                await RawSocket.SendTextAsync(socket, Texts[1]);
                for (; sent < count && socket.State == WebSocketState.Open; sent++)
                {
                    var (frame, type) = Frame(random);
                    await socket.SendAsync(frame, type, random.Next(50) > 0, Token);
                }
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException && !Token.IsCancellationRequested)
            {
                // Closed while this was sending.
            }

            socket.Abort();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static (byte[] Bytes, WebSocketMessageType Type) Frame(Random random)
    {
        if (random.Next(3) == 0)
        {
            var binary = UserBroadcast.Push("realtime:room", "e", """{"a":"b"}"""u8.ToArray(), isJson: true, """{"persist":false}""", "9");
            return (random.Next(4) == 0 ? binary : Mutate(random, binary), WebSocketMessageType.Binary);
        }

        var text = Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]);
        return (random.Next(2) == 0 ? text : Mutate(random, text), random.Next(30) == 0 ? WebSocketMessageType.Binary : WebSocketMessageType.Text);
    }

    static byte[] Mutate(Random random, byte[] frame)
    {
        var bytes = frame.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 1; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, random.Next(1, bytes.Count - at + 1));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes[..random.Next(bytes.Count)]);
                    break;
                case 3:
                    bytes[at] = (byte)"\"{}[],:\\0eu"[random.Next(11)];
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(new[] { "\\ud83d", "\\u0000", "\"\":null,", "1e999", "-" }[random.Next(5)]));
                    break;
            }
        }

        return [.. bytes];
    }
}
