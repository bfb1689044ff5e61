namespace Evolv.Bench.Load;

/// <summary>What a closed loop measured. Latencies in milliseconds.</summary>
sealed record Measurement(double PerSecond, double P50, double P95, double P99, long Errors)
{
    internal static Measurement Of(List<double> milliseconds, double seconds, long errors)
    {
        milliseconds.Sort();
        return new Measurement(milliseconds.Count / seconds, At(milliseconds, 0.50), At(milliseconds, 0.95), At(milliseconds, 0.99), errors);
    }

    static double At(List<double> sorted, double share)
        => sorted.Count == 0 ? double.NaN : sorted[Math.Min((int)(sorted.Count * share), sorted.Count - 1)];
}

static class Report
{
    internal static void Head(BenchWorld world)
    {
        Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; {world.People} people, {world.Items} feed items.
            The database alone is measured with {DatabaseLoad.Tool}; load and server share the machine.

            | scenario | connections | req/s | p50 ms | p95 ms | p99 ms | errors | database alone /s | p50 ms | ratio | server MB |
            |---|---|---|---|---|---|---|---|---|---|---|
            """);
    }

    internal static void Row(string name, int connections, Measurement http, Measurement database, long memory)
        => Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {connections} | {http.PerSecond:F0} | {http.P50:F1} | {http.P95:F1} | {http.P99:F1} | {http.Errors} | {database.PerSecond:F0} | {database.P50:F1} | {http.PerSecond / database.PerSecond:F2} | {memory} |"));
}
