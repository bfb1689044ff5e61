using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;

namespace Evolv.Platform.RateLimits;

/// <summary>
/// The calls of one caller, counted in this process: never more than the quota in any window, wherever it begins. Calls are
/// remembered in at most sixty groups, and a group is forgotten when its last call is as old as the window.
/// </summary>
/// <remarks>
/// The framework's own sliding window gives back calls up to a segment too early, does not say when, and has no clock that a test
/// could turn. <see cref="SharedWindow"/> counts in the same way.
/// </remarks>
sealed class SlidingWindow(RateLimitPolicy policy, TimeProvider time) : System.Threading.RateLimiting.RateLimiter
{
    /// <summary>How many groups of calls a window has at most.</summary>
    internal const int Groups = 60;

    readonly Lock _gate = new();
    readonly Queue<Group> _groups = [];
    readonly long _granule = Ticks(policy.Window, time) / Groups;
    readonly long _window = Ticks(policy.Window, time);
    Group? _newest;
    int _used;
    long _lastCall = time.GetTimestamp();

    /// <summary>A window without calls may be forgotten.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_gate)
            {
                Forget(time.GetTimestamp());
                return _used > 0 ? null : time.GetElapsedTime(_lastCall);
            }
        }
    }

    internal RateLimitVerdict Count()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            Forget(now);
            var isAllowed = _used < policy.Quota;
            if (isAllowed)
                Remember(now);
            return new RateLimitVerdict(isAllowed, policy.Quota - _used, time.GetElapsedTime(now, _groups.Peek().Last + _window));
        }
    }

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => new Lease(Count());

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
        => new(AttemptAcquireCore(permitCount));

    void Remember(long now)
    {
        if (_newest is null || now - _newest.First >= _granule)
            _groups.Enqueue(_newest = new Group { First = now });
        _newest.Last = _lastCall = now;
        _newest.Calls++;
        _used++;
    }

    void Forget(long now)
    {
        while (_groups.TryPeek(out var oldest) && oldest.Last + _window <= now)
        {
            _groups.Dequeue();
            _used -= oldest.Calls;
            if (oldest == _newest)
                _newest = null;
        }
    }

    static long Ticks(TimeSpan duration, TimeProvider time) => (long)(duration.TotalSeconds * time.TimestampFrequency);

    sealed class Group
    {
        internal required long First { get; init; }

        internal long Last { get; set; }

        internal int Calls { get; set; }
    }

    /// <summary>The framework's form of a verdict.</summary>
    internal sealed class Lease(RateLimitVerdict verdict) : RateLimitLease
    {
        internal RateLimitVerdict Verdict => verdict;

        public override bool IsAcquired => verdict.IsAllowed;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, [NotNullWhen(true)] out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? verdict.Reset : null;
            return metadata is not null;
        }
    }
}
