using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Broadcasts from client to client.</summary>
public sealed class BroadcastTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Others_get_it_and_the_sender_only_if_it_wants_to()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        await using var selfish = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync("room", config: """{"broadcast":{"ack":true}}""");
        await ada.JoinAsync("another room");
        await bob.JoinAsync("room");
        await selfish.JoinAsync("room", config: """{"broadcast":{"self":true}}""");

        await ada.BroadcastAsync("room", "from ada", """{"a":[1,"é"]}""", @ref: "b");
        Assert.Equal("""{"status":"ok","response":{}}""", (await ada.NextAsync(reply => reply.Ref == "b")).Payload.ToJsonString());
        foreach (var client in new[] { bob, selfish })
        {
            var got = await client.NextBroadcastAsync();
            Assert.Equal(("realtime:room", "from ada", "", true, """{"a":[1,"é"]}"""), (got.Topic, got.Event, got.Metadata, got.IsJson, got.Text));
        }

        await selfish.BroadcastAsync("room", "from selfish", "1", @ref: "c");
        foreach (var client in new[] { ada, bob, selfish })
            Assert.Equal("from selfish", (await client.NextBroadcastAsync()).Event);
        await ada.AssertNoBroadcastAsync();
        await selfish.AssertNoneAsync(message => message.Ref == "c"); // it did not ask for an acknowledgement
    }

    [Fact]
    public async Task Both_versions_understand_each_other()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var old = await PhoenixClient.ConnectAsync(server, version: "1.0.0");
        await using var bob = await PhoenixClient.ConnectAsync(server);
        foreach (var client in new[] { ada, old, bob })
            await client.JoinAsync("room");

        await ada.SendBinaryAsync(UserBroadcast.Push("realtime:room", "bytes", [0, 255, 1], isJson: false));
        await ada.BroadcastAsync("room", "json", """{"a":1}""");
        Assert.Equal("""{"type":"broadcast","event":"json","payload":{"a":1}}""", (await old.NextAsync(message => message.Event == "broadcast")).Payload.ToJsonString());
        await old.AssertNoneAsync(message => message.Event == "broadcast"); // bytes are not for the first version
        var bytes = await bob.NextBroadcastAsync();
        Assert.Equal(("bytes", false), (bytes.Event, bytes.IsJson));
        Assert.Equal([0, 255, 1], bytes.Payload);
        Assert.Equal("json", (await bob.NextBroadcastAsync()).Event);

        const string Message = """{"type":"broadcast","event":"text","payload":{"b":2},"more":"é"}""";
        await old.SendAsync("room", "broadcast", Message);
        foreach (var client in new[] { ada, bob })
            Assert.Equal(Message, Unescaped((await client.NextAsync(message => message.Event == "broadcast")).Payload));
    }

    [Fact]
    public async Task Public_and_private_topics_of_one_name_are_two()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await using var bob = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await using var eve = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync("room", config: """{"private":true}""");
        await bob.JoinAsync("room", config: """{"private":true}""");
        await eve.JoinAsync("room", config: """{"broadcast":{"ack":true}}""");

        await eve.BroadcastAsync("room", "public", "1", @ref: "b");
        await eve.NextAsync(reply => reply.Ref == "b");
        await ada.BroadcastAsync("room", "private", "1");

        Assert.Equal("private", (await bob.NextBroadcastAsync()).Event);
        await eve.AssertNoBroadcastAsync();
    }

    [Fact]
    public async Task Half_a_character_in_a_payload_reaches_everybody_as_a_replacement()
    {
        var server = await cluster.SharedServerAsync();
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var old = await PhoenixClient.ConnectAsync(server, version: "1.0.0");
        await ada.JoinAsync("half");
        await old.JoinAsync("half");

        await ada.BroadcastAsync("half", "cut", """{"text":"\ud83d"}""");

        Assert.Equal("\uFFFD", (string?)(await old.NextAsync(message => message.Event == "broadcast")).Payload["payload"]!["text"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("""{"event":7,"payload":"x"}""")]
    public async Task Odd_broadcasts_go_on_as_they_came(string payload)
    {
        var server = await cluster.SharedServerAsync();
        var topic = Guid.NewGuid().ToString();
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync(topic, config: """{"broadcast":{"ack":true}}""");
        await bob.JoinAsync(topic);

        Assert.Equal("ok", (await ada.CallAsync(topic, "broadcast", payload)).Status);
        await ada.BroadcastAsync(topic, "next", "1");

        Assert.Equal("next", (await bob.NextBroadcastAsync()).Event);
        Assert.Equal(System.Net.WebSockets.WebSocketState.Open, bob.State);
    }

    static string Unescaped(JsonNode json) => System.Text.RegularExpressions.Regex.Unescape(json.ToJsonString());
}
