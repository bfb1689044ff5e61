using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using Evolv.Platform.Nodes;

namespace Evolv.Realtime.Channels;

/// <summary>
/// Keeps who is present on topics and tells their members. What changes within a moment is told together. Servers tell each
/// other what changes at them, and everything when one appears; who was at a server that is gone has left.
/// </summary>
sealed class PresenceRooms : BackgroundService
{
    const string Kind = "presence";
    const string EverythingKind = "presence_all";

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    // What a client sends has at most 64 levels; between servers it lies deeper.
    static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128 };

    readonly Channel<TopicName> _changed = System.Threading.Channels.Channel.CreateUnbounded<TopicName>();
    readonly Topics _topics;
    readonly NodeBus _bus;
    readonly TimeProvider _time;
    readonly string _refPrefix;
    long _refs;

    // Listens from the beginning: the other servers say who is with them as soon as this one says hello.
    public PresenceRooms(Topics topics, NodeBus bus, TimeProvider time)
    {
        (_topics, _bus, _time, _refPrefix) = (topics, bus, time, bus.Id.ToString("N")[20..]);
        bus.Received += Receive;
        bus.Greeted += _ => Introduce();
        bus.Left += node => ForgetAllBut([], node);
    }

    /// <summary>A reference that no other connection of any server has.</summary>
    string NewRef() => _refPrefix + Interlocked.Increment(ref _refs).ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Shows the connection under its key with this payload, or with a new one if it is shown already.</summary>
    internal void Track(Channel channel, JsonElement payload)
    {
        var name = channel.JoinedTopic!.Name;
        _topics.ChangePresence(name, topic =>
        {
            if (channel.IsClosed)
                return; // It has ended meanwhile, and nobody would untrack it.
            var before = channel.Tracked;
            var meta = PresenceMeta.Of(channel.Config.PresenceKey, NewRef(), before?.Ref, payload);
            channel.Tracked = meta;
            Change(topic, before is null ? [] : [before.Ref], [meta]);
        });
        TellIfCalm(name);
    }

    internal void Untrack(Channel channel)
    {
        if (channel.JoinedTopic?.Name is not { } name)
            return;
        _topics.ChangePresence(name, topic =>
        {
            if (channel.Tracked is not { } meta)
                return;
            (channel.Tracked, channel.TrackedPayload) = (null, null);
            Change(topic, [meta.Ref], []);
        });
        TellIfCalm(name);
    }

    /// <summary>Tells one who has just come who is there; the others are told first what they do not know yet.</summary>
    internal void Show(Channel channel)
    {
        var topic = channel.JoinedTopic!;
        lock (topic.Telling)
        {
            Tell(topic, except: channel);
            channel.Send("presence_state", topic.Presence.ToJson());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _changed.Reader.WaitToReadAsync(stoppingToken))
        {
            await Task.Delay(Moment, _time, stoppingToken);
            while (_changed.Reader.TryRead(out var name))
            {
                if (_topics.Find(name) is not { } topic)
                    continue;
                Tell(topic, except: null);
                _topics.CloseIfEmpty(topic);
            }
        }
    }

    // Under the lock of the topics, so that the other servers hear of changes in the order in which they happen.
    void Change(Topic topic, IReadOnlyCollection<string> leaves, IReadOnlyCollection<PresenceMeta> joins)
    {
        Apply(topic, leaves, joins);
        if (_bus.Peers.Count > 0)
            _bus.Publish(Kind, Encode(json => Write(json, topic.Name, leaves, joins)));
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
        if (_topics.Find(name) is { } topic && _time.GetElapsedTime(topic.Presence.ToldAt) > Moment)
            Tell(topic, except: null);
    }

    void Tell(Topic topic, Channel? except)
    {
        // What is taken first is sent first: who hears of a leave before the join believes for ever that somebody is there.
        lock (topic.Telling)
        {
            var diff = topic.Presence.TakeDiff();
            if (diff.IsEmpty)
                return;
            topic.Presence.ToldAt = _time.GetTimestamp();
            var push = new Socket.Push(Channel.Prefix + topic.Name.Name, "presence_diff", diff.ToJson());
            foreach (var member in topic.Members)
            {
                if (member.ReadsPresence && member.Rights.ReadPresence && member != except)
                    member.Socket.Send(push);
            }
        }
    }

    // --- Between servers ---------------------------------------------------------------------------------------------

    // Everybody here, in one message: who is not in it has gone. It makes up for messages that were lost.
    void Introduce() => _topics.Hold(all =>
    {
        var here = all.Select(topic => (topic.Name, Metas: topic.Presence.Of(meta => meta.Node is null))).Where(topic => topic.Metas.Count > 0).ToList();
        _bus.Publish(EverythingKind, Encode(json =>
        {
            foreach (var (name, metas) in here)
                Write(json, name, [], metas);
        }));
    });

    void Receive(NodeMessage message)
    {
        if (message.Kind is not (Kind or EverythingKind))
            return;
        using var json = JsonDocument.Parse(message.Body, Reading);
        var changes = json.RootElement.EnumerateArray().Select(change => Read(change, message.From)).ToList();
        foreach (var (name, leaves, joins) in changes)
            _topics.ChangePresence(name, topic => Apply(topic, leaves, joins));
        if (message.Kind == EverythingKind)
            ForgetAllBut([.. changes.SelectMany(change => change.Joins).Select(meta => meta.Ref)], message.From);
    }

    void ForgetAllBut(HashSet<string> kept, Guid node)
    {
        foreach (var topic in _topics.All)
        {
            var gone = topic.Presence.Of(meta => meta.Node == node && !kept.Contains(meta.Ref));
            if (gone.Count > 0)
                _topics.ChangePresence(topic.Name, current => Apply(current, gone.Select(meta => meta.Ref), []));
        }
    }

    static (TopicName Name, List<string> Leaves, List<PresenceMeta> Joins) Read(JsonElement change, Guid from) => (
        new TopicName(change[0].GetString()!, change[1].GetBoolean()),
        [.. change[2].EnumerateArray().Select(leave => leave.GetString()!)],
        [.. change[3].EnumerateArray().Select(join => new PresenceMeta(
            join[0].GetString()!, join[1].GetString()!, JsonMarshal.GetRawUtf8Value(join[2]).ToArray(), from))]);

    static byte[] Encode(Action<Utf8JsonWriter> changes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
        {
            json.WriteStartArray();
            changes(json);
            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // [name, private, [ref of who left], [[key, ref, meta of who came]]]
    static void Write(Utf8JsonWriter json, TopicName name, IEnumerable<string> leaves, IEnumerable<PresenceMeta> joins)
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
}
