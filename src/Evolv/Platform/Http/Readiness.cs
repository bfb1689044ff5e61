using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>A part that must be there before requests can be served.</summary>
/// <param name="Name">As it stands in the answer of /readyz.</param>
/// <param name="CheckAsync">Null when it is there, else what is missing, in words that everybody may read.</param>
/// <param name="NeedsOurSchema">Left out on a database that is not migrated.</param>
/// <param name="IsCritical">Whether nothing works without it; without another part the server is degraded and ready.</param>
sealed record ReadinessCheck(
    string Name, Func<CancellationToken, Task<string?>> CheckAsync, bool NeedsOurSchema = false, bool IsCritical = true);

/// <summary>What one look at a part found.</summary>
readonly record struct PartState(string Name, string? Missing, bool IsCritical, double Milliseconds);

/// <summary>
/// Looks at all parts at the same time, none for longer than two seconds, and keeps what it found for one: however many ask, and
/// whoever they are, the parts are asked once a second.
/// </summary>
sealed class Readiness(IEnumerable<ReadinessCheck> checks, IOptions<ServerOptions> server, TimeProvider time)
{
    static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    readonly ReadinessCheck[] _checks = [.. checks.Where(check => server.Value.Migrate || !check.NeedsOurSchema)];
    readonly Lock _lock = new();
    Task<PartState[]>? _looking;
    long _lookedAt;

    /// <summary>In the order in which the parts were registered.</summary>
    internal Task<PartState[]> LookAsync()
    {
        lock (_lock)
        {
            if (_looking is null || (_looking.IsCompleted && time.GetElapsedTime(_lookedAt) >= Kept))
                _looking = LookAtAllAsync();
            return _looking;
        }
    }

    async Task<PartState[]> LookAtAllAsync()
    {
        await Task.Yield(); // Not on the time of whoever holds the lock.
        var parts = await Task.WhenAll(_checks.Select(LookAtAsync));
        Volatile.Write(ref _lookedAt, time.GetTimestamp());
        return parts;
    }

    // It belongs to nobody who asks: who leaves ends nothing for the others.
    async Task<PartState> LookAtAsync(ReadinessCheck check)
    {
        var started = Stopwatch.GetTimestamp();
        string? missing;
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            missing = await check.CheckAsync(patience.Token).WaitAsync(Patience, time);
        }
        catch (Exception)
        {
            missing = "no answer"; // The reason is in the log of whoever uses it, and may be a secret.
        }

        return new(check.Name, missing, check.IsCritical, Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1));
    }
}
