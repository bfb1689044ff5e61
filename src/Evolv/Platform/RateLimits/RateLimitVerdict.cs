namespace Evolv.Platform.RateLimits;

/// <summary>What became of a call that was counted.</summary>
/// <param name="IsAllowed">Whether it may go on.</param>
/// <param name="Remaining">How many more may come now.</param>
/// <param name="Reset">After how long more may come than now; after a refusal, when the next one will be taken.</param>
readonly record struct RateLimitVerdict(bool IsAllowed, int Remaining, TimeSpan Reset)
{
    /// <summary>For headers: whole seconds, never too early.</summary>
    internal int ResetSeconds => Math.Max(1, (int)Math.Ceiling(Reset.TotalSeconds));
}
