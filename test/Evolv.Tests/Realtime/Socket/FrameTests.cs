using System.Net.WebSockets;
using System.Text;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Socket;

/// <summary>What the server reads and writes, frame by frame.</summary>
public sealed class FrameTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replies_have_the_refs_of_the_request_as_they_came()
    {
        var server = await cluster.SharedServerAsync();

        Assert.Equal(
            [
                """["7","8","phoenix","phx_reply",{"status":"ok","response":{}}]""",
                """[null,5,"phoenix","phx_reply",{"status":"ok","response":{}}]""",
                """["jé","\u0072","realtime:room","phx_reply",{"status":"ok","response":{"postgres_changes":[]}}]""",
                """["other","9","realtime:room","phx_reply",{"status":"ok","response":{}}]""",
                """["jé","10","realtime:room","phx_reply",{"status":"error","response":{"reason":"unknown event"}}]""",
                """[null,"11","realtime:lobby","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]""",
                """[null,"12","room","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]""",
                """["jé","13","realtime:room","phx_reply",{"status":"ok","response":{}}]""",
                """["jé","jé","realtime:room","phx_close",{}]""",
            ],
            await ExchangeAsync(server, "2.0.0", 9,
                """["7","8","phoenix","heartbeat",{}]""",
                """[null,5,"phoenix","heartbeat",{}]""",
                """[null,null,"phoenix","heartbeat",{}]""", // asks for no answer
                """["jé","\u0072","realtime:room","phx_join",{}]""",
                """["other","9","realtime:room","phx_leave",{}]""", // of another join
                """["jé","10","realtime:room","dance",{}]""",
                """[null,"11","realtime:lobby","dance",null]""",
                """[null,"12","room","phx_join",{}]""",
                """["jé","13","realtime:room","phx_leave",[1]]"""));
        Assert.Equal(
            [
                """{"topic":"phoenix","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"8"}""",
                """{"topic":"realtime:r\"ö\uD83D\uDE00","event":"phx_reply","payload":{"status":"ok","response":{"postgres_changes":[]}},"ref":"9"}""",
                """{"topic":"realtime:r\"ö\uD83D\uDE00","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":10}""",
                """{"topic":"realtime:r\"ö\uD83D\uDE00","event":"phx_close","payload":{},"ref":"9"}""",
            ],
            await ExchangeAsync(server, "1.0.0", 4,
                """{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"8","extra":1}""",
                """{"event":"phx_join","topic":"realtime:r\"ö\uD83D\uDE00","ref":"9","join_ref":"9"}""",
                """{"topic":"realtime:r\"ö😀","event":"phx_leave","payload":{},"ref":10}"""));
    }

    [Theory]
    [InlineData("2.0.0", "not json")]
    [InlineData("2.0.0", "")]
    [InlineData("2.0.0", "null")]
    [InlineData("2.0.0", "[]")]
    [InlineData("2.0.0", """[null,"1","phoenix","heartbeat"]""")]
    [InlineData("2.0.0", """[null,"1","phoenix","heartbeat",{},1]""")]
    [InlineData("2.0.0", """[null,"1",7,"heartbeat",{}]""")]
    [InlineData("2.0.0", """[null,"1","phoenix",null,{}]""")]
    [InlineData("2.0.0", """[null,{},"phoenix","heartbeat",{}]""")]
    [InlineData("2.0.0", """[[],"1","phoenix","heartbeat",{}]""")]
    [InlineData("2.0.0", """[null,"1","phoenix","heartbeat",{}] []""")]
    [InlineData("2.0.0", """{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}""")]
    [InlineData("2.0.0", """[null,"0123456789012345678901234567890123456789012345678901234567890123456789","phoenix","heartbeat",{}]""")]
    [InlineData("1.0.0", """[null,"1","phoenix","heartbeat",{}]""")]
    [InlineData("1.0.0", """{"topic":"phoenix","payload":{},"ref":"1"}""")]
    [InlineData("1.0.0", """{"topic":"phoenix","event":"heartbeat","payload":{},"ref":[]}""")]
    public async Task What_is_no_message_ends_the_socket(string version, string text)
    {
        var server = await cluster.SharedServerAsync();
        await using var client = await PhoenixClient.ConnectAsync(server, version: version);

        await client.SendTextAsync(text);
        await client.WaitForCloseAsync();

        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, client.CloseStatus);
        Assert.StartsWith("a message is ", client.CloseReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_nesting_ends_the_socket_and_nothing_else()
    {
        var server = await cluster.SharedServerAsync();
        await using var other = await PhoenixClient.ConnectAsync(server);

        foreach (var depth in new[] { 65, 100_000 })
        {
            await using var client = await PhoenixClient.ConnectAsync(server);
            await client.SendTextAsync(new string('[', depth) + new string(']', depth));
            await client.WaitForCloseAsync();
            Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, client.CloseStatus);
        }

        Assert.Equal("ok", (await other.CallAsync("phoenix", "heartbeat")).Status);
    }

    [Fact]
    public async Task Text_that_is_no_UTF8_ends_the_socket()
    {
        var server = await cluster.SharedServerAsync();
        using var socket = await RawSocket.OpenAsync(server);

        byte[] text = [.. """[null,"1","phoenix","heart"""u8, 0xFF, .. "\",{}]"u8];
        await socket.SendAsync(text, WebSocketMessageType.Text, true, Token);

        // .NET says 1007 and cuts the connection, which can overtake it.
        Assert.Contains(await RawSocket.ReadCloseAsync(socket), new WebSocketCloseStatus?[] { WebSocketCloseStatus.InvalidPayloadData, null });
    }

    [Fact]
    public async Task Half_characters_are_replaced_and_end_nothing()
    {
        var server = await cluster.SharedServerAsync();

        Assert.Equal(
            [
                """[null,"1","realtime:a�","phx_reply",{"status":"ok","response":{"postgres_changes":[]}}]""",
                """[null,"2","realtime:a�","phx_reply",{"status":"error","response":{"reason":"unknown event"}}]""",
                """[null,"3","realtime:a�","phx_reply",{"status":"ok","response":{}}]""",
            ],
            await ExchangeAsync(server, "2.0.0", 3,
                """[null,"1","realtime:a\ud83d","phx_join",{"\udc00":"\ud800"}]""",
                """[null,"2","realtime:a\ud83d","\udc00",{}]""",
                """[null,"3","realtime:a\ud83d","presence",{"event":"track","payload":{"\udc00":"\ud800"}}]"""));
    }

    [Fact]
    public async Task Message_in_pieces_is_one_message()
    {
        var server = await cluster.SharedServerAsync();
        using var socket = await RawSocket.OpenAsync(server);

        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, false, Token);
        foreach (var piece in """[null,"é","phoenix","heartbeat",{}]"""u8.ToArray())
            await socket.SendAsync(new[] { piece }, WebSocketMessageType.Text, false, Token);
        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, true, Token);

        Assert.Equal("""[null,"é","phoenix","phx_reply",{"status":"ok","response":{}}]""", await RawSocket.ReadTextAsync(socket));
    }

    [Fact]
    public async Task Message_of_the_largest_size_passes_and_one_byte_more_closes_with_1009()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:MaxMessageBytes", "2048"));
        await using var client = await PhoenixClient.ConnectAsync(server);
        var message = """[null,"1","phoenix","heartbeat",{}]""";

        await client.SendTextAsync(message + new string(' ', 2048 - message.Length));
        Assert.Equal("ok", (await client.NextAsync(reply => reply.Ref == "1")).Status);
        await client.SendTextAsync(message + new string(' ', 2049 - message.Length));
        await client.WaitForCloseAsync();

        Assert.Equal((WebSocketCloseStatus.MessageTooBig, "a message has at most 2048 bytes"), (client.CloseStatus!.Value, client.CloseReason));
    }

    [Fact]
    public async Task Binary_broadcast_with_longest_fields_arrives()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        var (topic, @event) = (new string('t', 255 - "realtime:".Length), new string('ü', 127) + "e");
        await ada.JoinAsync(topic, config: """{"broadcast":{"ack":true}}""");
        await bob.JoinAsync(topic);

        await ada.SendBinaryAsync(UserBroadcast.Push(
            $"realtime:{topic}", @event, [], isJson: false, metadata: $$"""{"x":"{{new string('m', 247)}}"}""", @ref: new string('r', 255)));

        Assert.Equal("ok", (await ada.NextAsync(reply => reply.Ref == new string('r', 255))).Status);
        var broadcast = await bob.NextBroadcastAsync();
        Assert.Equal(($"realtime:{topic}", @event, "", false, ""), (broadcast.Topic, broadcast.Event, broadcast.Metadata, broadcast.IsJson, broadcast.Text));
    }

    public static TheoryData<byte[]> BadBinaries => new(
        [],
        [3],
        [3, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0], // Phoenix's own push
        [4, 0, 0, 0, 0, 0, 0],
        [3, 0, 0, 0, 0, 0, 2], // no such encoding
        [3, 1, 0, 0, 0, 0, 0],
        [3, 255, 255, 255, 255, 255, 1],
        [3, 0, 0, 0, 0, 1, 0],
        [3, 0, 0, 0, 0, 0, 1], // no JSON
        [3, 0, 0, 0, 0, 1, 0, (byte)'{'],
        [3, 0, 0, 0, 0, 0, 1, .. "{}{}"u8],
        [3, 0, 0, 0, 0, 0, 1, .. "\"a"u8],
        [3, 0, 0, 0, 0, 0, 1, (byte)'"', 0xFF, (byte)'"'],
        [3, 0, 0, 2, 0, 0, 0, 0xC3, 0x28],
        [3, 0, 1, 0, 0, 0, 0, 0xED]);

    [Theory]
    [MemberData(nameof(BadBinaries))]
    public async Task Bad_binary_frame_ends_the_socket(byte[] frame)
    {
        var server = await cluster.SharedServerAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);

        await client.SendBinaryAsync(frame);
        await client.WaitForCloseAsync();

        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, client.CloseStatus);
    }

    [Fact]
    public async Task Binary_frame_to_an_unknown_topic_is_answered_and_the_first_version_has_none()
    {
        var server = await cluster.SharedServerAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var old = await PhoenixClient.ConnectAsync(server, version: "1.0.0");

        await client.SendBinaryAsync(UserBroadcast.Push("realtime:room", "e", "{}"u8.ToArray(), isJson: true, @ref: "a\"b"));
        await old.SendBinaryAsync(UserBroadcast.Push("realtime:room", "e", "{}"u8.ToArray(), isJson: true));
        await old.WaitForCloseAsync();

        Assert.Equal("unmatched topic", (string?)(await client.NextAsync(reply => reply.Ref == "a\"b")).Response!["reason"]);
        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, old.CloseStatus);
    }

    // Who is present is left out.
    static async Task<string[]> ExchangeAsync(EvolvServer server, string version, int answers, params string[] messages)
    {
        using var socket = await RawSocket.OpenAsync(server, version);
        foreach (var message in messages)
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, Token);
        var texts = new List<string>();
        while (texts.Count < answers)
        {
            var text = await RawSocket.ReadTextAsync(socket);
            if (!text.Contains("\"presence_", StringComparison.Ordinal))
                texts.Add(text);
        }

        return [.. texts];
    }
}
