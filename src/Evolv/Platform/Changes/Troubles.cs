using System.Collections.Concurrent;
using System.Diagnostics;
using Evolv.Platform.Data;

namespace Evolv.Platform.Changes;

/// <summary>A policy that raised or took too long.</summary>
/// <param name="Error">In PostgreSQL's words.</param>
/// <param name="IsSlow">Whether it took too long.</param>
/// <param name="Since">When that was.</param>
sealed record Trouble(string Error, bool IsSlow, long Since);

/// <summary>For whom the policies of which table failed when they were asked last.</summary>
sealed class Troubles
{
    const int Most = 10_000;

    static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<(Caller, string Schema, string Table), Trouble> _troubles = new();
    long _latestSlow;

    /// <summary>Whether one that took too long may be asked again: everybody waits for it.</summary>
    internal bool MayTrySlow => Stopwatch.GetElapsedTime(Volatile.Read(ref _latestSlow)) > BetweenTries;

    internal Trouble? Find(Caller caller, RowKeys rows)
        => _troubles.IsEmpty ? null : _troubles.GetValueOrDefault((caller, rows.Schema, rows.Table));

    internal void Add(Caller caller, RowKeys rows, string error, bool isSlow)
    {
        if (_troubles.Count >= Most)
            _troubles.Clear(); // Of sessions that are long gone.
        var now = Stopwatch.GetTimestamp();
        _troubles[(caller, rows.Schema, rows.Table)] = new Trouble(error, isSlow, now);
        if (isSlow)
            Volatile.Write(ref _latestSlow, now);
    }

    internal void Remove(Caller caller, RowKeys rows)
    {
        if (!_troubles.IsEmpty)
            _troubles.TryRemove((caller, rows.Schema, rows.Table), out _);
    }
}
