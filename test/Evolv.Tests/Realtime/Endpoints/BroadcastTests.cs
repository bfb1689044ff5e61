using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Endpoints;

/// <summary>POST /realtime/v1/api/broadcast and its sibling for one message.</summary>
public sealed class BroadcastTests(EvolvCluster cluster)
{
    const string Private = """{"private":true}""";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_of_a_list_reach_their_topics()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await client.JoinAsync("ö😀/%2F", config: """{"broadcast":{"self":false}}""");
        await client.JoinAsync("private", config: Private);

        Assert.Equal((202, ""), await PostAsync(server.Service, "", """
            {"messages":[
                {"topic":"ö😀/%2F","event":"e\"","payload":{"a":"\ud83d"}},
                {"topic":"private","event":"secret","payload":{},"private":"true"},
                {"topic":"private","event":"for the public topic","payload":{}},
                {"topic":"nobody","event":"e","payload":{}}
            ]}
            """));

        var broadcast = await client.NextBroadcastAsync();
        Assert.Equal(("realtime:ö😀/%2F", "e\"", """{"a":"\uFFFD"}"""), (broadcast.Topic, broadcast.Event, broadcast.Text));
        Assert.Equal("secret", (await client.NextBroadcastAsync()).Event);
        await client.AssertNoBroadcastAsync();
    }

    [Theory]
    [InlineData("""{"messages":null}""", 422, "messages", "can't be blank")]
    [InlineData("""{}""", 422, "messages", "can't be blank")]
    [InlineData("""[]""", 422, "messages", "can't be blank")]
    [InlineData("""{"messages":[{"event":"e","payload":{}}]}""", 422, "topic", "can't be blank")]
    [InlineData("""{"messages":[{"topic":"","event":"e","payload":{}}]}""", 422, "topic", "can't be blank")]
    [InlineData("""{"messages":[{"topic":"a\u0000","event":"e","payload":{},"private":true}]}""", 422, "topic", "must not have NUL")]
    [InlineData("""{"messages":[{"topic":"t","event":7,"payload":{}}]}""", 422, "event", "can't be blank")]
    [InlineData("""{"messages":[{"topic":"t","event":"e"}]}""", 422, "payload", "must be an object")]
    [InlineData("""{"messages":[{"topic":"t","event":"e","payload":[]}]}""", 422, "payload", "must be an object")]
    [InlineData("""{"messages":[7]}""", 422, "topic", "can't be blank")]
    public async Task What_is_wrong_is_told_by_field(string body, int status, string field, string why)
    {
        var server = await cluster.SharedServerAsync();

        var (answered, text) = await PostAsync(server.Service, "", body);

        Assert.Equal(status, answered);
        Assert.Equal(why, (string?)JsonNode.Parse(text)!["errors"]![field]![0]);
    }

    [Fact]
    public async Task Bodies_that_are_no_JSON_too_large_or_too_many_are_refused()
    {
        var server = await cluster.SharedServerAsync();
        var message = """{"topic":"t","event":"e","payload":{}}""";

        Assert.Equal(400, (await PostAsync(server.Service, "", "nonsense")).Status);
        Assert.Equal(400, (await PostAsync(server.Service, "", "")).Status);
        Assert.Equal(400, (await PostAsync(server.Service, "", new string('[', 10_000))).Status);
        Assert.Equal(400, (await PostAsync(server.Service, "/t/events/e", [(byte)'"', 0xFF, (byte)'"'], "application/json")).Status);
        Assert.Equal(202, (await PostAsync(server.Service, "", $$"""{"messages":[{{string.Join(',', Enumerable.Repeat(message, 100))}}]}""")).Status);
        Assert.Equal(
            (429, "Too many messages to broadcast, please reduce the batch size"),
            Message(await PostAsync(server.Service, "", $$"""{"messages":[{{string.Join(',', Enumerable.Repeat(message, 101))}}]}""")));
        Assert.Equal(
            (422, "Payload size exceeds tenant limit"),
            Message(await PostAsync(server.Service, "/t/events/e", $"\"{new string('x', 256 * 1024)}\"")));
    }

    [Fact]
    public async Task Who_is_unknown_is_refused()
    {
        var server = await cluster.SharedServerAsync();
        var guest = await server.TokenOfGuestAsync();
        const string Body = """{"messages":[]}""";
        using var forged = server.ClientWith(server.PublishableKey, ChangedTokens.Forge(guest));
        using var expired = server.ClientWith(server.PublishableKey, ChangedTokens.ExpiringIn(server, guest, -1));
        using var person = server.ClientWith(server.PublishableKey, guest);
        using var keyOnly = new HttpClient { BaseAddress = new Uri(server.Url), DefaultRequestHeaders = { { "x-api-key", server.PublishableKey } } };

        foreach (var client in new[] { server.Keyless, forged, expired })
            foreach (var path in new[] { "", "/t/events/e" })
                Assert.Equal((401, "Unauthorized"), Message(await PostAsync(client, path, Body)));
        foreach (var client in new[] { person, keyOnly, server.Anonymous, server.Service })
            Assert.Equal((202, ""), await PostAsync(client, "", Body));
    }

    [Fact]
    public async Task Private_messages_of_who_may_not_write_are_dropped()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await server.Database.ExecuteAsync($"create policy writer on realtime.messages for insert to authenticated with check ((select auth.uid()) = '{ada.Id}' and realtime.topic() = 'room')");
        await using var client = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await client.JoinAsync("room", config: """{"private":true,"broadcast":{"replication_ready":true}}""");
        await client.NextAsync(message => (string?)message.Payload["message"] == "Replication connection established");

        foreach (var (http, name) in new[] { (bob.Http, "bob"), (server.Anonymous, "nobody"), (ada.Http, "ada"), (server.Service, "service") })
        {
            Assert.Equal((202, ""), await PostAsync(http, "", $$$"""{"messages":[{"topic":"room","event":"{{{name}}}","payload":{},"private":true}]}"""));
            Assert.Equal((202, ""), await PostAsync(http, $"/room/events/{name}-one?private=true", "{}"));
            Assert.Equal((202, ""), await PostAsync(http, $"/room/events/{name}-kept?private=true&persist=true", "{}"));
        }

        var events = new List<string>();
        while (events.Count < 6)
            events.Add((await client.NextBroadcastAsync()).Event);
        Assert.Equal(["ada", "ada-kept", "ada-one", "service", "service-kept", "service-one"], events.Order(StringComparer.Ordinal));
        Assert.Equal("ada-kept service-kept", await server.Database.ScalarAsync<string>("select string_agg(event, ' ' order by inserted_at) from realtime.messages"));
    }

    [Fact]
    public async Task One_message_has_its_topic_and_event_in_the_path_and_any_payload()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server);

        foreach (var (topic, @event) in new[] { ("a/b", "c/d"), ("a%2Fb", "%"), ("ö 😀+?#&", "events"), ("broadcast", "a\\b") })
        {
            await client.JoinAsync(topic);
            var path = $"/{Uri.EscapeDataString(topic)}/events/{Uri.EscapeDataString(@event)}";
            Assert.Equal((202, ""), await PostAsync(server.Anonymous, path, """[1,"é"]"""));
            var json = await client.NextBroadcastAsync();
            Assert.Equal(($"realtime:{topic}", @event, true, """[1,"é"]"""), (json.Topic, json.Event, json.IsJson, json.Text));
            Assert.Equal((202, ""), await PostAsync(server.Anonymous, path, [0, 255], "application/octet-stream"));
            var bytes = await client.NextBroadcastAsync();
            Assert.Equal((@event, false), (bytes.Event, bytes.IsJson));
            Assert.Equal([0, 255], bytes.Payload);
        }
    }

    [Fact]
    public async Task One_message_is_refused_when_its_type_or_its_length_or_its_persistence_cannot_be()
    {
        var server = await cluster.SharedServerAsync();

        foreach (var type in new[] { "text/plain", "application/jsonx", "multipart/form-data" })
            Assert.Equal(
                (415, "Unsupported Media Type. Content-Type must be application/json or application/octet-stream"),
                Message(await PostAsync(server.Service, "/t/events/e", "{}"u8.ToArray(), type)));
        Assert.Equal(202, (await PostAsync(server.Service, "/t/events/e", "{}"u8.ToArray(), "application/json; charset=utf-8")).Status);
        Assert.Equal(422, (await PostAsync(server.Service, "/t/events/e?persist=true", "{}")).Status);
        Assert.Equal(422, (await PostAsync(server.Service, $"/{new string('t', 300)}/events/e", [1], "application/octet-stream")).Status);
        Assert.Equal(202, (await PostAsync(server.Service, $"/{new string('t', 300)}/events/e", "{}")).Status);
        var (status, text) = await PostAsync(server.Service, "/t/events/e?private=true&persist=true", """{"a":"\u0000"}""");
        Assert.Equal((422, "unsupported Unicode escape sequence"), (status, (string?)JsonNode.Parse(text)!["errors"]!["payload"]![0]));
    }

    [Fact]
    public async Task Kept_message_arrives_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await using var client = await PhoenixClient.ConnectAsync(server, server.SecretKey);
        await client.JoinAsync("room", config: """{"private":true,"broadcast":{"replication_ready":true}}""");
        await client.NextAsync(message => (string?)message.Payload["message"] == "Replication connection established");

        Assert.Equal((202, ""), await PostAsync(server.Service, "/room/events/kept?private=true&persist=true", """{"a":1}"""));
        Assert.Equal((202, ""), await PostAsync(server.Service, "/room/events/kept%20bytes?private=true&persist[ttl]=60", [1, 2], "application/octet-stream"));

        var json = await client.NextBroadcastAsync();
        Assert.Equal(("kept", """{"a": 1}"""), (json.Event, json.Text));
        Assert.True(Guid.TryParse((string?)json.Meta["id"], out _));
        Assert.Equal([1, 2], (await client.NextBroadcastAsync()).Payload);
        await client.AssertNoBroadcastAsync();
    }

    static Task<(int Status, string Body)> PostAsync(HttpClient client, string path, string json)
        => PostAsync(client, path, Encoding.UTF8.GetBytes(json), "application/json");

    static async Task<(int Status, string Body)> PostAsync(HttpClient client, string path, byte[] body, string type)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        using var answer = await client.PostAsync("/realtime/v1/api/broadcast" + path, content, Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    static (int Status, string? Message) Message((int Status, string Body) answer) => (answer.Status, (string?)JsonNode.Parse(answer.Body)!["message"]);
}
