using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Evolv.Platform.Changes;

/// <summary>One consumer's end of the change stream.</summary>
sealed class ChangeReader(ChannelReader<ChangeEvent> events, Action close) : IDisposable
{
    internal ChannelReader<ChangeEvent> Events => events;

    public void Dispose() => close();
}

/// <summary>
/// What waits for one consumer, counted in changes; any other event counts as one. When more does not fit, all of it gives
/// way to one gap, so nobody waits for a slow reader and nobody's memory pays for it. One thread writes at a time.
/// </summary>
sealed class ChangeQueue(string name, int capacity, bool messages = false) : ChannelReader<ChangeEvent>
{
    readonly Channel<ChangeEvent> _events = Channel.CreateUnbounded<ChangeEvent>();
    int _waiting;
    volatile bool _isBehind;

    internal string Name => name;

    /// <summary>Whoever reads messages reads no changes, and the other way round.</summary>
    internal bool Wants(ChangeEvent happened) => happened switch
    {
        ChangeEvent.Message => messages,
        ChangeEvent.Committed => !messages,
        _ => true,
    };

    /// <returns>False when the reader has just become too slow; said once until it has read everything.</returns>
    internal bool Write(ChangeEvent happened)
    {
        var weight = Weigh(happened);
        // What is too large by itself gets in when nothing waits; else it never could.
        if (Volatile.Read(ref _waiting) is var waiting && (waiting == 0 || waiting + weight <= capacity))
        {
            Add(happened, weight);
            return true;
        }

        while (Take(out _))
        {
        }

        var isNews = !_isBehind;
        _isBehind = true;
        if (happened is not ChangeEvent.Gap)
        {
            Add(new ChangeEvent.Gap($"{name} reads too slowly: more than {capacity} changes waited"), 1);
            Add(new ChangeEvent.Streaming(), 1);
        }

        if (happened is not ChangeEvent.Streaming)
            Add(happened, weight);
        return !isNews;
    }

    internal void Complete() => _events.Writer.TryComplete();

    public override Task Completion => _events.Reader.Completion;

    public override bool CanCount => true;

    public override int Count => _events.Reader.Count;

    public override bool TryRead([MaybeNullWhen(false)] out ChangeEvent item)
    {
        if (!Take(out item))
            return false;
        if (Volatile.Read(ref _waiting) == 0)
            _isBehind = false;
        return true;
    }

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
        => _events.Reader.WaitToReadAsync(cancellationToken);

    bool Take([MaybeNullWhen(false)] out ChangeEvent item)
    {
        if (!_events.Reader.TryRead(out item))
            return false;
        Interlocked.Add(ref _waiting, -Weigh(item));
        return true;
    }

    void Add(ChangeEvent happened, int weight)
    {
        Interlocked.Add(ref _waiting, weight); // First: whoever reads it takes it off again.
        _events.Writer.TryWrite(happened);
    }

    static int Weigh(ChangeEvent happened) => happened is ChangeEvent.Committed committed ? Math.Max(committed.Changes.Length, 1) : 1;
}
