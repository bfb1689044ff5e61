using System.Diagnostics;

namespace Evolv.Bench.Realtime;

/// <summary>How long things took, to about one percent, however many there are and on whatever thread they end.</summary>
sealed class Latencies
{
    const int StepsPerDoubling = 64;

    readonly int[] _counts = new int[40 * StepsPerDoubling];
    long _longest;
    int _count;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>The longest, in milliseconds.</summary>
    internal double Max => Milliseconds(Volatile.Read(ref _longest));

    /// <param name="from">A timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="to">A later one.</param>
    internal void Add(long from, long to)
    {
        var took = Math.Max(1, to - from);
        Interlocked.Increment(ref _counts[Math.Min(_counts.Length - 1, (int)(Math.Log2(took) * StepsPerDoubling))]);
        Interlocked.Increment(ref _count);
        for (var longest = Volatile.Read(ref _longest); took > longest;)
        {
            var seen = Interlocked.CompareExchange(ref _longest, took, longest);
            if (seen == longest)
                break;
            longest = seen;
        }
    }

    /// <summary>In milliseconds.</summary>
    internal double At(double share)
    {
        var wanted = (int)(Count * share);
        for (var i = 0; i < _counts.Length; i++)
        {
            wanted -= _counts[i];
            if (wanted < 0)
                return Math.Min(Max, Milliseconds(Math.Pow(2, (i + 0.5) / StepsPerDoubling)));
        }

        return Max;
    }

    /// <summary>The usual percentiles, for the report.</summary>
    public override string ToString() => $"p50 {At(0.50):F1} ms, p95 {At(0.95):F1} ms, p99 {At(0.99):F1} ms, max {Max:F1} ms";

    static double Milliseconds(double ticks) => ticks * 1000 / Stopwatch.Frequency;
}
