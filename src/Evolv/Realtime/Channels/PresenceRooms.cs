using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Evolv.Platform.Nodes;

namespace Evolv.Realtime.Channels;

/// <summary>
/// Keeps who is present on topics and tells their members. What changes within a moment is told together. Servers tell each
/// other what changes at them, and everything when one appears; who was at a server that is gone has left.
/// </summary>
sealed class PresenceRooms(Topics topics, NodeBus bus, TimeProvider time) : BackgroundService
{
    const string Kind = "presence";

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    readonly Channel<TopicName> _changed = System.Threading.Channels.Channel.CreateUnbounded<TopicName>();
    readonly string _refPrefix = bus.Id.ToString("N")[20..];
    long _refs;

    /// <summary>A reference that no other connection of any server has.</summary>
    string NewRef() => _refPrefix + Interlocked.Increment(ref _refs).ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Shows the connection under its key with this payload, or with a new one if it is shown already.</summary>
    internal void Track(Channel channel, JsonElement payload)
    {
        var before = channel.Tracked;
        var meta = PresenceMeta.Of(channel.Config.PresenceKey, NewRef(), before?.Ref, payload);
        channel.Tracked = meta;
        Change(channel.JoinedTopic!, before is null ? [] : [before], [meta]);
        if (channel.IsClosed)
            Untrack(channel); // It was ended meanwhile, by the clock.
    }

    internal void Untrack(Channel channel)
    {
        if (channel.Tracked is not { } meta || channel.JoinedTopic is not { } topic)
            return;
        (channel.Tracked, channel.TrackedPayload) = (null, null);
        Change(topic, [meta], []);
    }

    /// <summary>Tells one who has just come who is there; the others are told first what they do not know yet.</summary>
    internal void Show(Channel channel)
    {
        var topic = channel.JoinedTopic!;
        Tell(topic, except: channel);
        channel.Send("presence_state", topic.Presence.ToJson());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bus.Received += Receive;
        bus.Joined += _ => Introduce();
        bus.Left += Forget;
        while (await _changed.Reader.WaitToReadAsync(stoppingToken))
        {
            await Task.Delay(Moment, time, stoppingToken);
            while (_changed.Reader.TryRead(out var name))
            {
                if (topics.Find(name) is not { } topic)
                    continue;
                Tell(topic, except: null);
                topics.CloseIfEmpty(topic);
            }
        }
    }

    void Change(Topic topic, IReadOnlyList<PresenceMeta> leaves, IReadOnlyList<PresenceMeta> joins)
    {
        topics.ChangePresence(topic.Name, current => Apply(current, leaves.Select(leave => leave.Ref), joins));
        TellIfCalm(topic.Name);
        if (bus.Peers.Count > 0)
            bus.Publish(Kind, Encode(topic.Name, leaves.Select(leave => leave.Ref), joins));
    }

    void Apply(Topic topic, IEnumerable<string> leaves, IEnumerable<PresenceMeta> joins)
    {
        foreach (var leave in leaves)
            topic.Presence.Remove(leave);
        foreach (var join in joins)
            topic.Presence.Add(join);
        _changed.Writer.TryWrite(topic.Name);
    }

    // Who tracks first is told of at once; in a crowd what changes within a moment is told together.
    void TellIfCalm(TopicName name)
    {
        if (topics.Find(name) is { } topic && time.GetElapsedTime(topic.Presence.ToldAt) > Moment)
            Tell(topic, except: null);
    }

    void Tell(Topic topic, Channel? except)
    {
        var diff = topic.Presence.TakeDiff();
        if (diff.IsEmpty)
            return;
        topic.Presence.ToldAt = time.GetTimestamp();
        var push = new Socket.Push(Channel.Prefix + topic.Name.Name, "presence_diff", diff.ToJson());
        foreach (var member in topic.Members)
        {
            if (member.ReadsPresence && member.Rights.ReadPresence && member != except)
                member.Socket.Send(push);
        }
    }

    // --- Between servers ---------------------------------------------------------------------------------------------

    void Introduce()
    {
        foreach (var topic in topics.All)
        {
            var here = topic.Presence.Of(meta => meta.Node is null);
            if (here.Count > 0)
                bus.Publish(Kind, Encode(topic.Name, [], here));
        }
    }

    void Forget(Guid node)
    {
        foreach (var topic in topics.All)
        {
            var gone = topic.Presence.Of(meta => meta.Node == node);
            if (gone.Count > 0)
                topics.ChangePresence(topic.Name, current => Apply(current, gone.Select(meta => meta.Ref), []));
        }
    }

    void Receive(NodeMessage message)
    {
        if (message.Kind != Kind)
            return;
        using var json = JsonDocument.Parse(message.Body);
        var root = json.RootElement;
        var name = new TopicName(root[0].GetString()!, root[1].GetBoolean());
        var leaves = root[2].EnumerateArray().Select(leave => leave.GetString()!).ToList();
        var joins = root[3].EnumerateArray().Select(join => new PresenceMeta(
            join[0].GetString()!, join[1].GetString()!, System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(join[2]).ToArray(), message.From)).ToList();
        topics.ChangePresence(name, topic => Apply(topic, leaves, joins));
    }

    static byte[] Encode(TopicName name, IEnumerable<string> leaves, IEnumerable<PresenceMeta> joins)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
        {
            json.WriteStartArray();
            json.WriteStringValue(name.Name);
            json.WriteBooleanValue(name.IsPrivate);
            json.WriteStartArray();
            foreach (var leave in leaves)
                json.WriteStringValue(leave);
            json.WriteEndArray();
            json.WriteStartArray();
            foreach (var join in joins)
            {
                json.WriteStartArray();
                json.WriteStringValue(join.Key);
                json.WriteStringValue(join.Ref);
                json.WriteRawValue(join.Json, skipInputValidation: true);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
