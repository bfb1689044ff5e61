using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>One entry of <c>postgres_changes</c>; null is any.</summary>
sealed record Entry(ChangeKind? Kind, string? Schema, string? Table, ImmutableArray<RandomFilter> Filters)
{
    internal string ToJson() => JsonSerializer.Serialize(new
    {
        @event = Kind?.ToString().ToUpperInvariant() ?? "*",
        schema = Schema ?? "*",
        table = Table ?? "*",
        filter = Filters.IsEmpty ? null : string.Join(',', Filters.Select(filter => filter.Text)),
    });

    /// <summary>Whether it asks for the change, but for its filters.</summary>
    internal bool Fits(Change change)
        => (Kind is null || Kind == change.Kind) && (Schema is null || Schema == change.Table.Schema) && (Table is null || Table == change.Table.Name);
}

/// <summary>Somebody with a socket and random subscriptions.</summary>
sealed class LeakListener : IAsyncDisposable
{
    internal const string MarkerTable = "leak_marker";
    const string MarkerTopic = "marker";

    readonly List<(string Topic, ImmutableArray<Entry> Entries, int[] Ids)> _channels = [];

    LeakListener(string name, Caller caller, PhoenixClient client) => (Name, Caller, Client) = (name, caller, client);

    internal string Name { get; }

    internal Caller Caller { get; }

    internal PhoenixClient Client { get; }

    internal IEnumerable<(string Topic, ImmutableArray<Entry> Entries, int[] Ids)> Channels => _channels;

    internal static async Task<LeakListener> OpenAsync(
        EvolvServer server, string name, Caller caller, string? token, string? key, IEnumerable<ImmutableArray<Entry>> channels)
    {
        var listener = new LeakListener(name, caller, await PhoenixClient.ConnectAsync(server, key));
        await listener.Client.SubscribeAsync(MarkerTopic, token, $$"""{"event":"INSERT","schema":"public","table":"{{MarkerTable}}"}""");
        foreach (var (number, entries) in channels.Index())
        {
            var topic = $"{name}-{number}";
            var ids = await listener.Client.SubscribeAsync(topic, token, [.. entries.Select(entry => entry.ToJson())]);
            listener._channels.Add((topic, entries, ids));
        }

        return listener;
    }

    /// <summary>What it was told until the marker, in order: for each topic one line for each message.</summary>
    internal async Task<Dictionary<string, List<string>>> HearAsync(long marker)
    {
        var heard = _channels.ToDictionary(channel => channel.Topic, _ => new List<string>());
        foreach (var message in await Client.TakeUntilAsync(message => IsMarker(message, marker)))
        {
            if (message.Event == "phx_reply")
                continue;
            Assert.True(message.Event == "postgres_changes", $"{Name}: {message.Topic} {message.Event} {message.Payload.ToJsonString()}");
            var data = message.Payload["data"]!;
            if ((string?)data["table"] != MarkerTable)
                heard[message.Topic["realtime:".Length..]].Add(Line(message.Payload));
        }

        return heard;
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    internal static string Line(IEnumerable<int> ids, Change change, string? error)
        => $"[{string.Join(',', ids.Order())}] {change.Kind.ToString().ToUpperInvariant()} {change.Table.Name} {(error is null ? Show(change) : error)}";

    static string Show(Change change) => change.Kind == ChangeKind.Delete
        ? change.OldAt(0).Text!
        : string.Join('|', change.Table.Columns.Select((column, i) => column.Type is "uuid" or "text" or "int4" ? change.NewAt(i).Text ?? "null" : ""));

    // Of what is gone nothing is told but the key, and of what was before an edit neither.
    static string Line(JsonNode payload)
    {
        var data = payload["data"]!;
        var (type, old) = ((string)data["type"]!, data["old_record"] as JsonObject);
        var error = data["errors"]?[0];
        if (error is not null)
            Assert.True(data["record"] is null && old is null && data["columns"]!.AsArray().Count == 0, data.ToJsonString());
        else if (type == "INSERT")
            Assert.Null(old);
        else
            Assert.Equal(["id"], old!.Select(value => value.Key));
        Assert.True(type != "DELETE" || data["record"] is null, data.ToJsonString());
        var shown = type == "DELETE"
            ? (string?)old?["id"]
            : string.Join('|', data["columns"]!.AsArray().Select(column => (string)column!["type"]! is "uuid" or "text" or "int4"
                ? data["record"]![(string)column["name"]!]?.ToString() ?? "null"
                : ""));
        return $"[{string.Join(',', payload["ids"]!.AsArray().Select(id => (int)id!).Order())}] {type} {(string?)data["table"]} {(error is null ? shown : (string?)error)}";
    }

    static bool IsMarker(Received message, long marker)
        => message.Event == "postgres_changes" && message.Topic == $"realtime:{MarkerTopic}" && (long)message.Payload["data"]!["record"]!["id"]! == marker;
}
