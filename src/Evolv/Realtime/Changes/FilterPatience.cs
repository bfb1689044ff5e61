using System.Collections.Concurrent;
using System.Diagnostics;
using Evolv.Platform.Data;

namespace Evolv.Realtime.Changes;

/// <summary>Whose conditions took too long a moment ago.</summary>
sealed class FilterPatience
{
    const int MostCallers = 10_000;

    static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<Caller, long> _lost = new();

    internal void Lose(Caller caller)
    {
        if (_lost.Count >= MostCallers)
            _lost.Clear(); // Of sessions that are long gone.
        _lost[caller] = Stopwatch.GetTimestamp();
    }

    internal bool IsLostWith(Caller caller)
    {
        if (_lost.IsEmpty || !_lost.TryGetValue(caller, out var since))
            return false;
        if (Stopwatch.GetElapsedTime(since) < Rest)
            return true;
        _lost.TryRemove(caller, out _);
        return false;
    }
}
