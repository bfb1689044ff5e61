using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Channels;

/// <summary><c>phx_join</c> and <c>phx_leave</c>.</summary>
public sealed class JoinTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Answer_has_each_entry_as_it_came_with_an_id()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server);
        string[] entries =
        [
            """{"event":"INSERT","schema":"public","table":"posts","filter":"user_id=eq.00000000-0000-0000-0000-000000000001"}""",
            """{"event":"*","schema":"public","table":"posts"}""",
            """{"event":"INSERT","schema":"public","table":"posts","filter":"user_id=eq.00000000-0000-0000-0000-000000000001"}""",
        ];

        var answer = (await client.JoinAsync("room", config: $$"""{"postgres_changes":[{{string.Join(',', entries)}}]}"""))["postgres_changes"]!.AsArray();

        var ids = answer.Select(entry => (int)entry!["id"]!).ToArray();
        Assert.Equal(ids[0], ids[2]);
        Assert.NotEqual(ids[0], ids[1]);
        Assert.DoesNotContain(0, ids);
        foreach (var entry in answer)
            entry!.AsObject().Remove("id");
        Assert.Equal(entries, answer.Select(entry => entry!.ToJsonString()));
        Assert.Equal("""{"postgres_changes":[]}""", (await client.JoinAsync("other")).ToJsonString());
        Assert.Equal("""{"postgres_changes":[]}""", (await client.JoinAsync("third", config: """{"postgres_changes":[]}""")).ToJsonString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("""{"config":null}""")]
    [InlineData("""{"config":[]}""")]
    [InlineData("""{"config":{"broadcast":7,"presence":[],"postgres_changes":{},"private":"no"},"access_token":null,"user_token":7}""")]
    [InlineData("""{"config":{"broadcast":{"ack":"maybe","self":1,"replay":"x"},"presence":{"key":7,"enabled":"FALSE"}}}""")]
    public async Task What_makes_no_sense_is_left_out(string payload)
    {
        var server = await cluster.SharedServerAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);

        var reply = await client.CallAsync("room", "phx_join", payload);

        Assert.Equal(("ok", """{"postgres_changes":[]}"""), (reply.Status, reply.Response!.ToJsonString()));
    }

    [Fact]
    public async Task Booleans_may_be_texts()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server);

        await client.JoinAsync("room", config: """{"broadcast":{"ack":"TRUE","self":"true"},"presence":{"enabled":"True"},"private":"False"}""");
        await client.BroadcastAsync("room", "e", "1", @ref: "b");

        Assert.Equal("ok", (await client.NextAsync(reply => reply.Ref == "b")).Status);
        Assert.Equal("e", (await client.NextBroadcastAsync()).Event);
        await client.NextAsync(message => message.Event == "presence_state");
        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: secret",
            (string?)(await client.TryJoinAsync("secret", config: """{"private":"True"}""")).Response!["reason"]);
    }

    [Fact]
    public async Task Second_join_takes_the_place_of_the_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server);

        await client.SendTextAsync("""["1","1","realtime:room","phx_join",{"config":{"broadcast":{"self":true}}}]""");
        await client.SendTextAsync("""["2","2","realtime:room","phx_join",{"config":{"broadcast":{"self":true}}}]""");
        await client.NextAsync(reply => reply is { Ref: "2", Status: "ok" });
        await client.BroadcastAsync("room", "e", "1");

        Assert.Equal("1", (await client.NextAsync(message => message.Event == "phx_close")).JoinRef);
        await client.NextBroadcastAsync();
        await client.AssertNoBroadcastAsync();
    }

    [Fact]
    public async Task Who_leaves_is_answered_and_hears_nothing_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync("room", config: """{"broadcast":{"ack":true}}""");
        await bob.JoinAsync("room");

        await bob.SendAsync("room", "phx_leave");
        await bob.NextAsync(message => message.Event == "phx_close");
        await ada.BroadcastAsync("room", "e", "1", @ref: "b");
        await ada.NextAsync(reply => reply.Ref == "b");

        Assert.Equal("ok", Assert.Single(bob.Messages).Status); // of the leave; it came before phx_close, which was taken out
        await bob.AssertNoBroadcastAsync();
        Assert.Equal("unmatched topic", (string?)(await bob.CallAsync("room", "broadcast", """{"event":"e"}""")).Response!["reason"]);
    }

    [Fact]
    public async Task Topics_may_have_any_characters_but_not_be_nothing_or_endless()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server, version: "1.0.0");

        foreach (var topic in new[] { "ö😀\"\\\n\u0001", "*", "realtime:realtime:", " ", "a,b:c/%2F'); drop table x; --", new string('x', 1000) })
        {
            await ada.JoinAsync(topic);
            await bob.JoinAsync(topic);
            await bob.SendAsync(topic, "broadcast", """{"type":"broadcast","event":"e","payload":{"a":1}}""");
            await ada.NextAsync(message => message.Event == "broadcast" && message.Topic == $"realtime:{topic}");
        }

        Assert.Equal("TopicNameRequired: You must provide a topic name", (string?)(await ada.TryJoinAsync("")).Response!["reason"]);
        foreach (var bad in new[] { new string('x', 1001), "a\0b" })
            Assert.Equal("TopicNameRequired: A topic name has at most 1000 characters, none of them NUL", (string?)(await ada.TryJoinAsync(bad)).Response!["reason"]);
    }

    [Fact]
    public async Task Join_that_is_too_large_to_be_kept_is_refused()
    {
        var server = await cluster.SharedServerAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);

        var reply = await client.TryJoinAsync("large", config: $$$"""{"presence":{"key":"{{{new string('k', 65_000)}}}{{{new string('k', 1_000)}}}"}}""");

        Assert.Equal("PayloadTooLarge: The payload of a join has at most 65536 bytes", (string?)reply.Response!["reason"]);
    }

    [Fact]
    public async Task Who_waits_for_changes_is_answered_when_they_come_and_refused_when_they_cannot()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        const string Waiting = """ "postgres_changes_options":{"wait":true,"timeout":10000} """;

        await client.JoinAsync("room", ada.AccessToken, $$"""{"postgres_changes":[{"event":"INSERT","schema":"public","table":"posts"}],{{Waiting}}}""");
        await server.Database.ExecuteAsync($"insert into public.posts (user_id, content) values ('{ada.Id}', 'Hello')");
        Assert.Equal("Hello", (string?)(await client.NextChangeAsync())["data"]!["record"]!["content"]);

        var refused = await client.TryJoinAsync("other", ada.AccessToken, $$"""{"postgres_changes":[{"event":"INSERT","schema":"public","table":"nothing"}],{{Waiting}}}""");
        Assert.StartsWith("RealtimeDisabledForConfiguration: Unable to subscribe to changes with given parameters.", (string?)refused.Response!["reason"], StringComparison.Ordinal);
        // Without waiting it is joined and told afterwards.
        await client.JoinAsync("other", ada.AccessToken, """{"postgres_changes":[{"event":"INSERT","schema":"public","table":"nothing"}]}""");
        var system = await client.NextAsync(message => message.Event == "system" && message.Topic == "realtime:other");
        Assert.Equal(("error", "postgres_changes", "other"), ((string?)system.Payload["status"], (string?)system.Payload["extension"], (string?)system.Payload["channel"]));
    }
}
