using System.Collections.Concurrent;
using Evolv.Platform.Nodes;

namespace Evolv.Platform.Cache;

/// <summary>
/// Who has just written something. Until the change stream is past it they are answered from the database alone, so that people
/// read their own writes at once. What one server sees the others hear from it.
/// </summary>
sealed class OwnWrites
{
    const string Kind = "wrote";

    readonly ConcurrentDictionary<Guid, Writing> _people = new();
    readonly NodeBus _bus;
    readonly TimeProvider _time;

    public OwnWrites(NodeBus bus, TimeProvider time)
    {
        (_bus, _time) = (bus, time);
        bus.Received += message =>
        {
            if (message.Kind == Kind && message.Body.Length == 16)
                _people.AddOrUpdate(new Guid(message.Body.Span), _ => Now(0), (_, writing) => Now(writing.Open));
        };
    }

    /// <summary>Somebody begins to write. Dispose it when they have been answered.</summary>
    internal Ending Begin(Guid person)
    {
        _people.AddOrUpdate(person, _ => Now(1), (_, writing) => Now(writing.Open + 1));
        return new Ending(this, person);
    }

    /// <summary>Says to the other servers that somebody has written; before they are answered.</summary>
    internal void Tell(Guid person)
    {
        if (_bus.Peers.Count > 0)
            _bus.Publish(Kind, person.ToByteArray());
    }

    /// <summary>Whether all that somebody wrote was done at that moment.</summary>
    internal bool AreBefore(Guid person, long timestamp)
        => !_people.TryGetValue(person, out var writing) || (writing.Open == 0 && writing.At < timestamp);

    /// <summary>Forgets what was done so long ago that it matters no more.</summary>
    internal void Forget(TimeSpan age)
    {
        foreach (var (person, writing) in _people)
        {
            if (writing.Open == 0 && _time.GetElapsedTime(writing.At) > age)
                _people.TryRemove(KeyValuePair.Create(person, writing));
        }
    }

    void End(Guid person) => _people.AddOrUpdate(person, _ => Now(0), (_, writing) => Now(Math.Max(writing.Open - 1, 0)));

    Writing Now(int open) => new(open, _time.GetTimestamp());

    /// <param name="Open">Requests that write and are not done.</param>
    /// <param name="At">When the latest began or ended.</param>
    readonly record struct Writing(int Open, long At);

    /// <summary>Ends a write that was begun.</summary>
    internal readonly struct Ending(OwnWrites writes, Guid person) : IDisposable
    {
        public void Dispose() => writes.End(person);
    }
}
