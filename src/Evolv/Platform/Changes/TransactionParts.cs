using System.Collections.Immutable;

namespace Evolv.Platform.Changes;

/// <summary>
/// Puts changes together again into the transactions they came from, and leaves out what was handed over before a reconnect:
/// PostgreSQL sends again whatever was not confirmed, always from a transaction's begin and in the order of commits. A
/// large transaction is handed over in parts while it is read, so it never fills the memory.
/// </summary>
sealed class TransactionParts(Action<ImmutableArray<Change>> handOver)
{
    internal const int MostChanges = 10_000;
    internal const int MostCharacters = 8 * 1024 * 1024;

    const int All = int.MaxValue;

    readonly ImmutableArray<Change>.Builder _part = ImmutableArray.CreateBuilder<Change>();
    long _characters; // Of _part.
    ulong _current; // The transaction that is read now.
    int _seen; // Its changes so far.
    ulong _last; // The latest transaction of which something was handed over.
    int _handedOver; // How many of its changes.
    volatile bool _isOpen;

    /// <summary>Whether a transaction was begun and not yet handed over whole. May be asked from any thread.</summary>
    internal bool IsOpen => _isOpen;

    /// <param name="lsn">Of its commit.</param>
    internal void Begin(ulong lsn)
    {
        _isOpen = true;
        (_current, _seen) = (lsn, 0);
        if (lsn > _last)
            (_last, _handedOver) = (lsn, 0);
    }

    /// <summary>Called once for each change, before it is decoded: false for one that was handed over before.</summary>
    internal bool Wants()
    {
        _seen++;
        return _current == _last && _seen > _handedOver;
    }

    internal void Add(Change change)
    {
        _part.Add(change);
        _characters += Size(change.New) + Size(change.Old);
        if (_part.Count == MostChanges || _characters > MostCharacters)
            HandOver();
    }

    /// <returns>Whether it was a new one.</returns>
    internal bool Commit()
    {
        HandOver();
        var isNew = _current == _last && _handedOver != All;
        if (isNew)
            _handedOver = All;
        _isOpen = false;
        return isNew;
    }

    /// <summary>The connection was lost in the middle: what is left of the transaction comes again.</summary>
    internal void Interrupt()
    {
        _part.Clear();
        _characters = 0;
        _isOpen = false;
    }

    /// <summary>Another slot: nothing of what it sends was handed over before, and its log may be another one.</summary>
    internal void Restart()
    {
        Interrupt();
        (_last, _handedOver) = (0, 0);
    }

    void HandOver()
    {
        if (_part.Count == 0)
            return;
        _handedOver += _part.Count;
        _characters = 0;
        handOver(_part.DrainToImmutable());
    }

    static long Size(ImmutableArray<ChangedValue> values)
    {
        var size = 0L;
        foreach (var value in values)
            size += value.Text?.Length ?? 0;
        return size;
    }
}
