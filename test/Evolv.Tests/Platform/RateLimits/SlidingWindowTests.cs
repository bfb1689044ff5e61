using System.Threading.RateLimiting;
using Evolv.Platform.RateLimits;

namespace Evolv.Tests.Platform.RateLimits;

/// <summary>How calls are counted in one process, by a clock that the test turns.</summary>
public sealed class SlidingWindowTests
{
    static readonly RateLimitPolicy Five = new("five", 5, TimeSpan.FromSeconds(60));

    readonly HandClock _clock = new();

    [Fact]
    public void Quota_is_used_up_to_the_last_call_and_comes_back_when_the_first_is_as_old_as_the_window()
    {
        using var window = new SlidingWindow(Five, _clock);

        var verdicts = Enumerable.Range(0, 6).Select(_ => window.Count()).ToArray();

        Assert.Equal([true, true, true, true, true, false], verdicts.Select(verdict => verdict.IsAllowed));
        Assert.Equal([4, 3, 2, 1, 0, 0], verdicts.Select(verdict => verdict.Remaining));
        Assert.All(verdicts, verdict => Assert.Equal(TimeSpan.FromSeconds(60), verdict.Reset));
        _clock.Turn(59.999);
        Assert.False(window.Count().IsAllowed);
        _clock.Turn(0.001);
        var again = window.Count();
        Assert.Equal((true, 4), (again.IsAllowed, again.Remaining));
    }

    [Fact]
    public void Edge_of_a_minute_gives_nobody_twice_the_quota()
    {
        using var window = new SlidingWindow(Five, _clock);

        _clock.Turn(59);
        var before = Enumerable.Range(0, 5).Count(_ => window.Count().IsAllowed);
        _clock.Turn(2);
        var after = Enumerable.Range(0, 5).Count(_ => window.Count().IsAllowed);

        Assert.Equal((5, 0), (before, after));
    }

    [Fact]
    public void Calls_come_back_one_by_one_as_they_were_made()
    {
        using var window = new SlidingWindow(Five, _clock);
        for (var i = 0; i < 5; i++)
        {
            window.Count();
            _clock.Turn(10);
        }

        var refused = window.Count();
        _clock.Turn(refused.Reset.TotalSeconds);
        bool[] next = [window.Count().IsAllowed, window.Count().IsAllowed];

        Assert.Equal((false, 10), (refused.IsAllowed, refused.ResetSeconds));
        Assert.Equal([true, false], next);
    }

    // Random calls; whoever looks at any minute finds no more than the quota in it, and nobody is held up longer than a group is wide.
    [Fact]
    public void No_window_holds_more_than_the_quota_and_nobody_waits_much_longer_than_it()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var policy = new RateLimitPolicy("random", random.Next(1, 100), TimeSpan.FromSeconds(60));
            using var window = new SlidingWindow(policy, _clock);
            var allowed = new List<double>();
            for (var call = 0; call < 1000; call++)
            {
                _clock.Turn(random.NextDouble() * random.Next(1, 4) * 60 / policy.Quota / 2);
                var exact = allowed.Count(at => at > _clock.Seconds - 60);
                var strict = allowed.Count(at => at > _clock.Seconds - 61.001);
                var verdict = window.Count();
                Assert.True(verdict.IsAllowed ? exact < policy.Quota : strict >= policy.Quota, $"seed {seed}, call {call}");
                if (verdict.IsAllowed)
                    allowed.Add(_clock.Seconds);
            }
        }
    }

    [Fact]
    public void Framework_may_forget_a_window_when_its_last_call_is_over()
    {
        using var window = new SlidingWindow(Five, _clock);
        window.Count();

        _clock.Turn(59);
        var inUse = window.IdleDuration;
        _clock.Turn(2);

        Assert.Null(inUse);
        Assert.Equal(TimeSpan.FromSeconds(61), window.IdleDuration);
    }

    [Fact]
    public void Lease_tells_what_the_framework_asks()
    {
        using var window = new SlidingWindow(Five with { Quota = 1 }, _clock);

        using var taken = window.AttemptAcquire();
        using var refused = window.AttemptAcquire();

        Assert.Equal((true, false), (taken.IsAcquired, refused.IsAcquired));
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out var after));
        Assert.Equal(TimeSpan.FromSeconds(60), after);
    }

    sealed class HandClock : TimeProvider
    {
        long _ticks = TimeSpan.TicksPerDay;

        internal double Seconds => TimeSpan.FromTicks(_ticks).TotalSeconds;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal void Turn(double seconds) => _ticks += (long)Math.Round(seconds * TimeSpan.TicksPerSecond);

        public override long GetTimestamp() => _ticks;
    }
}
