using System.Collections.Concurrent;
using System.Collections.Immutable;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>Public and private topics of one name are different ones.</summary>
readonly record struct TopicName(string Name, bool IsPrivate);

/// <summary>The channels of this server that have joined one topic, and who is present there on any server.</summary>
sealed class Topic(TopicName name, PresenceState presence)
{
    readonly Lock _lock = new();
    Channel[]? _members;
    readonly List<Channel> _joined = [];

    internal TopicName Name => name;

    internal PresenceState Presence => presence;

    /// <summary>Held while members are told who comes and goes, so that they hear it in order.</summary>
    internal Lock Telling { get; } = new();

    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _joined.Count == 0 && presence.IsEmpty;
        }
    }

    /// <summary>As they are now; the array does not change.</summary>
    internal Channel[] Members
    {
        get
        {
            lock (_lock)
                return _members ??= [.. _joined];
        }
    }

    internal void Add(Channel channel)
    {
        lock (_lock)
        {
            _joined.Add(channel);
            _members = null;
        }
    }

    internal void Remove(Channel channel)
    {
        lock (_lock)
        {
            _joined.Remove(channel);
            _members = null;
        }
    }

    /// <summary>To everybody who may read it, but not back to the sender, unless it asked for that.</summary>
    internal void Broadcast(Push push, Channel? sender)
    {
        foreach (var member in Members)
        {
            if (member.Rights.ReadBroadcast && (member != sender || member.Config.SendsToSelf))
                member.Socket.Send(push);
        }
    }
}

/// <summary>The topics that somebody has joined on this server, or where somebody is present on another.</summary>
sealed class Topics
{
    readonly ConcurrentDictionary<TopicName, Topic> _topics = new();
    readonly Lock _lock = new();

    internal ICollection<Topic> All => _topics.Values;

    internal Topic? Find(TopicName name) => _topics.GetValueOrDefault(name);

    internal Topic Join(Channel channel)
    {
        lock (_lock)
        {
            var topic = Open(new TopicName(channel.Name, channel.Config.IsPrivate));
            topic.Add(channel);
            return topic;
        }
    }

    internal void Leave(Channel channel, Topic topic)
    {
        lock (_lock)
        {
            topic.Remove(channel);
            Close(topic);
        }
    }

    internal void CloseIfEmpty(Topic topic)
    {
        lock (_lock)
            Close(topic);
    }

    /// <summary>Changes who is present on a topic, which makes it when nobody here has joined it.</summary>
    internal void ChangePresence(TopicName name, Action<Topic> change)
    {
        lock (_lock)
        {
            var topic = Open(name);
            change(topic);
            Close(topic);
        }
    }

    /// <summary>Looks at all topics while nobody's presence changes.</summary>
    internal void Hold(Action<ICollection<Topic>> look)
    {
        lock (_lock)
            look(_topics.Values);
    }

    /// <summary>The ids of the people on private topics <c>word:&lt;user_id&gt;</c>.</summary>
    internal ImmutableArray<Guid> PeopleOn(string word)
    {
        var prefix = word + ":";
        var people = ImmutableArray.CreateBuilder<Guid>();
        foreach (var name in _topics.Keys)
        {
            if (name.IsPrivate && name.Name.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(name.Name.AsSpan(prefix.Length), "D", out var id))
                people.Add(id);
        }

        return people.DrainToImmutable();
    }

    Topic Open(TopicName name)
    {
        if (!_topics.TryGetValue(name, out var topic))
            _topics[name] = topic = new Topic(name, new PresenceState());
        return topic;
    }

    void Close(Topic topic)
    {
        if (topic.IsEmpty)
            _topics.TryRemove(topic.Name, out _);
    }
}
