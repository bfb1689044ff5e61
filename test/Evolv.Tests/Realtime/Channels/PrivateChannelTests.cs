using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Private channels: what policies on <c>realtime.messages</c> say.</summary>
public sealed class PrivateChannelTests(EvolvCluster cluster)
{
    const string Private = """{"private":true,"broadcast":{"ack":true}}""";
    const string WithPresence = """{"private":true,"presence":{"key":"k","enabled":true}}""";

    [Fact]
    public async Task Reader_hears_and_is_not_heard()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("create policy readers on realtime.messages for select to authenticated using (extension = 'broadcast')");
        await using var reader = await PhoenixClient.ConnectAsync(server);
        await using var service = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await reader.JoinAsync("room", ada.AccessToken, """{"private":true,"presence":{"enabled":true}}""");
        await service.JoinAsync("room", config: """{"private":true,"presence":{"enabled":true}}""");
        await service.NextAsync(message => message.Event == "presence_state");

        await reader.BroadcastAsync("room", "from reader", "1", @ref: "b");
        Assert.Equal("ok", (await reader.CallAsync("room", "presence", """{"event":"track","payload":{}}""")).Status);
        await service.BroadcastAsync("room", "from service", "1");
        await service.CallAsync("room", "presence", """{"event":"track","payload":{"a":1}}""");

        Assert.Equal("from service", (await reader.NextBroadcastAsync()).Event);
        await service.AssertNoBroadcastAsync();
        var diff = await service.NextAsync(message => message.Event == "presence_diff");
        Assert.Single(diff.Payload["joins"]!.AsObject()); // the service itself
        await service.AssertNoneAsync(message => message.Event == "presence_diff");
        await reader.AssertNoneAsync(message => message.Ref == "b" || message.Event.StartsWith("presence", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_wants_an_acknowledgement_is_told_that_nothing_was_sent()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("create policy readers on realtime.messages for select to authenticated using (true)");
        await using var reader = await PhoenixClient.ConnectAsync(server);
        await reader.JoinAsync("room", ada.AccessToken, Private);

        foreach (var (metadata, number) in new[] { ("", "b"), ("""{"persist":true}""", "c") })
        {
            await reader.BroadcastAsync("room", "e", "1", metadata, number);
            Assert.Equal(
                "Unauthorized: You do not have permissions to write to this Channel topic: room",
                (string?)(await reader.NextAsync(reply => reply.Ref == number)).Response!["reason"]);
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Who_may_only_write_or_only_see_presence_without_wanting_to_cannot_join()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            """
            create policy writers on realtime.messages for insert to authenticated with check (true);
            create policy watchers on realtime.messages for select to authenticated using (realtime.topic() = 'watched' and extension = 'presence');
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var service = await PhoenixClient.ConnectAsync(server, server.SecretKey);

        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: written", await ReasonAsync(client, "written", ada));
        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: watched", await ReasonAsync(client, "watched", ada));
        await client.JoinAsync("watched", ada.AccessToken, WithPresence);
        await client.NextAsync(message => message.Event == "presence_state");
        await service.JoinAsync("watched", config: Private);
        await service.BroadcastAsync("watched", "not for watchers", "1", @ref: "b");
        await service.NextAsync(reply => reply.Ref == "b");
        await service.CallAsync("watched", "presence", """{"event":"track","payload":{}}""");
        await client.NextAsync(message => message.Event == "presence_diff");
        await client.AssertNoBroadcastAsync();
    }

    [Fact]
    public async Task Policy_that_raises_keeps_everybody_out_of_its_topic_and_nobody_out_of_another()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            """
            create policy broken on realtime.messages for select to authenticated using (
                case realtime.topic() when 'broken' then (1 / (length(realtime.topic()) - 6)) = 1 else true end)
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);

        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: broken", await ReasonAsync(client, "broken", ada));
        Assert.Null(await ReasonAsync(client, "sound", ada));
        Assert.Equal("Unauthorized: You do not have permissions to read from this Channel topic: sound", await ReasonAsync(client, "sound", null));
    }

    static async Task<string?> ReasonAsync(PhoenixClient client, string topic, Person? person)
        => (string?)(await client.TryJoinAsync(topic, person?.AccessToken, Private)).Response!["reason"];
}
