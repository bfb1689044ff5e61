using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Presence: who is on a topic.</summary>
public sealed class PresenceTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_sees_who_is_there_and_is_seen()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server, version: "1.0.0");
        await JoinAsync(ada, "ada");
        Assert.Equal("{}", await StateAsync(ada));

        await TrackAsync(ada, """{"mood":"fine","phx_ref":"mine","phx_ref_prev":"mine"}""");
        var joined = await DiffAsync(ada);
        await JoinAsync(bob, "bob");

        Assert.Equal("""{"joins":{"ada":{"metas":[{"mood":"fine","phx_ref":"R"}]}},"leaves":{}}""", Shape(joined));
        Assert.Equal("""{"ada":{"metas":[{"mood":"fine","phx_ref":"R"}]}}""", Shape(JsonNode.Parse(await StateAsync(bob))!));

        await TrackAsync(bob, "{}");
        Assert.Equal("""{"joins":{"bob":{"metas":[{"phx_ref":"R"}]}},"leaves":{}}""", Shape(await DiffAsync(ada)));
        await bob.CallAsync("room", "presence", """{"type":"presence","event":"UNTRACK"}""");
        Assert.Equal("""{"joins":{},"leaves":{"bob":{"metas":[{"phx_ref":"R"}]}}}""", Shape(await DiffAsync(ada)));
        await bob.CallAsync("room", "presence", """{"type":"presence","event":"untrack"}""");
        await ada.DisposeAsync();
        await DiffAsync(bob);
        await DiffAsync(bob);
        Assert.Equal("""{"joins":{},"leaves":{"ada":{"metas":[{"mood":"fine","phx_ref":"R"}]}}}""", Shape(await DiffAsync(bob)));
    }

    [Fact]
    public async Task Update_is_one_diff_that_names_the_reference_before_and_the_same_again_is_none()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await JoinAsync(ada, "ada");
        await TrackAsync(ada, """{"n":1}""");
        var first = (string)(await DiffAsync(ada))["joins"]!["ada"]!["metas"]![0]!["phx_ref"]!;

        await TrackAsync(ada, """{"n":1}""");
        await TrackAsync(ada, """{"n":2}""");

        var diff = await DiffAsync(ada);
        var (left, came) = (diff["leaves"]!["ada"]!["metas"]!.AsArray(), diff["joins"]!["ada"]!["metas"]!.AsArray());
        Assert.Equal(first, (string?)Assert.Single(left)!["phx_ref"]);
        Assert.Equal((2, first), ((int)Assert.Single(came)!["n"]!, (string?)came[0]!["phx_ref_prev"]));
        Assert.NotEqual(first, (string?)came[0]!["phx_ref"]);
    }

    [Fact]
    public async Task Devices_with_one_key_are_metas_of_one_presence()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var phone = await PhoenixClient.ConnectAsync(server);
        await using var laptop = await PhoenixClient.ConnectAsync(server);
        await using var watcher = await PhoenixClient.ConnectAsync(server);
        foreach (var (device, name) in new[] { (phone, "phone"), (laptop, "laptop") })
        {
            await JoinAsync(device, "ada");
            await TrackAsync(device, $$"""{"on":"{{name}}"}""");
        }

        await JoinAsync(watcher, "");
        var metas = JsonNode.Parse(await StateAsync(watcher))!["ada"]!["metas"]!.AsArray();
        Assert.Equal(["phone", "laptop"], metas.Select(meta => (string?)meta!["on"]));
        Assert.Equal(2, metas.Select(meta => (string?)meta!["phx_ref"]).Distinct().Count());
        await phone.SendAsync("room", "phx_leave");
        Assert.Equal("""{"joins":{},"leaves":{"ada":{"metas":[{"on":"phone","phx_ref":"R"}]}}}""", Shape(await DiffAsync(watcher)));
    }

    [Fact]
    public async Task Key_is_made_for_who_has_none_and_who_does_not_want_presence_is_not_told_until_it_tracks()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await using var bob = await PhoenixClient.ConnectAsync(server);
        await ada.JoinAsync("room", config: """{"presence":{"key":"","enabled":true}}""");
        await bob.JoinAsync("room", config: """{"presence":{"enabled":false}}""");

        await TrackAsync(ada, "{}");
        var key = Assert.Single((await DiffAsync(ada))["joins"]!.AsObject()).Key;
        Assert.NotEmpty(key);
        await bob.AssertNoneAsync(message => message.Event.StartsWith("presence", StringComparison.Ordinal));
        await TrackAsync(bob, "{}");
        Assert.Equal(key, Assert.Single(JsonNode.Parse(await StateAsync(bob))!.AsObject()).Key);
        Assert.NotEqual(key, Assert.Single((await DiffAsync(bob))["joins"]!.AsObject()).Key); // then of itself
    }

    [Theory]
    [InlineData("""{"event":"track","payload":[]}""", "Presence track payload must be a map")]
    [InlineData("""{"event":"track","payload":"x"}""", "Presence track payload must be a map")]
    [InlineData("""{"event":"track","payload":null}""", "Presence track payload must be a map")]
    [InlineData("""{"event":"dance"}""", "Presence event is track or untrack")]
    [InlineData("7", "Presence event is track or untrack")]
    public async Task What_is_no_presence_is_refused(string payload, string reason)
    {
        var server = await cluster.SharedServerAsync();
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await JoinAsync(ada, "ada");

        var reply = await ada.CallAsync("room", "presence", payload);

        Assert.Equal(("error", reason), (reply.Status, (string?)reply.Response!["reason"]));
    }

    [Fact]
    public async Task Presence_is_limited_in_size_and_in_changes()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:PresenceCallsPer30Seconds", "5"), ("Realtime:MaxPresenceBytes", "1000"));
        await using var ada = await PhoenixClient.ConnectAsync(server);
        await JoinAsync(ada, "ada");

        Assert.Equal("Presence is too large",
            (string?)(await ada.CallAsync("room", "presence", $$$"""{"event":"track","payload":{"a":"{{{new string('x', 1000)}}}"}}""")).Response!["reason"]);
        for (var i = 1; i < 5; i++)
            await TrackAsync(ada, $$"""{"n":{{i}}}""");
        Assert.Equal("error", (await ada.CallAsync("room", "presence", """{"event":"track","payload":{}}""")).Status);
        Assert.Equal("Client presence rate limit exceeded", await ada.NextEndAsync("room"));
    }

    [Fact]
    public async Task Crowd_that_comes_and_goes_leaves_nobody_behind()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:JoinsPerSecond", "10000"));
        await using var watcher = await PhoenixClient.ConnectAsync(server);
        await JoinAsync(watcher, "watcher");
        var there = new Dictionary<string, string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Token }, async (number, _) =>
        {
            await using var client = await PhoenixClient.ConnectAsync(server);
            await JoinAsync(client, $"k{number % 40}");
            await client.SendAsync("room", "presence", """{"event":"track","payload":{"n":1}}""");
            await client.SendAsync("room", "presence", """{"event":"track","payload":{"n":2}}""");
            if (number % 3 == 0)
                await client.SendAsync("room", "phx_leave");
            if (number % 2 == 0)
                await client.CallAsync("phoenix", "heartbeat");
        });

        // As a client does it: joins add by reference, leaves remove by it.
        await Rest.Eventually.IsTrueAsync(async () =>
        {
            await watcher.CallAsync("phoenix", "heartbeat");
            foreach (var diff in watcher.Messages.Where(message => message.Event == "presence_diff").Select(message => message.Payload))
            {
                foreach (var (key, presence) in diff["joins"]!.AsObject())
                    foreach (var meta in presence!["metas"]!.AsArray())
                        there[(string)meta!["phx_ref"]!] = key;
                foreach (var (_, presence) in diff["leaves"]!.AsObject())
                    foreach (var meta in presence!["metas"]!.AsArray())
                        there.Remove((string)meta!["phx_ref"]!);
            }

            var isEmpty = there.Count == 0;
            there.Clear();
            return isEmpty;
        });
        await JoinAsync(watcher, "watcher");
        await StateAsync(watcher);
        Assert.Equal("{}", await StateAsync(watcher));
    }

    static Task<JsonNode> JoinAsync(PhoenixClient client, string key)
        => client.JoinAsync("room", config: $$$"""{"presence":{"key":"{{{key}}}","enabled":true}}""");

    static async Task TrackAsync(PhoenixClient client, string payload)
        => Assert.Equal("""{"status":"ok","response":{}}""", (await client.CallAsync("room", "presence", $$"""{"type":"presence","event":"track","payload":{{payload}}}""")).Payload.ToJsonString());

    static async Task<JsonNode> DiffAsync(PhoenixClient client) => (await client.NextAsync(message => message.Event == "presence_diff")).Payload;

    static async Task<string> StateAsync(PhoenixClient client) => (await client.NextAsync(message => message.Event == "presence_state")).Payload.ToJsonString();

    static string Shape(JsonNode presence) => System.Text.RegularExpressions.Regex.Replace(presence.ToJsonString(), "\"phx_ref\":\"[0-9a-f]+\"", "\"phx_ref\":\"R\"");
}
