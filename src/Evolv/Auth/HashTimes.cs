namespace Evolv.Auth;

/// <summary>
/// How long it takes on this machine, at the moment, to check a password. Kinds of hashes differ in that, so who fails waits until the slower
/// kind would have answered: accounts that came from elsewhere are not told from others. Where none came, nobody waits.
/// </summary>
sealed class HashTimes
{
    const double Weight = 0.1; // Of the newest measurement: an average that follows the load.

    readonly Lock _lock = new();
    double _ours;
    double _bcrypt;

    internal void Took(bool isBcrypt, TimeSpan time)
    {
        lock (_lock)
        {
            ref var average = ref isBcrypt ? ref _bcrypt : ref _ours;
            average = average == 0 ? time.TotalMilliseconds : average + Weight * (time.TotalMilliseconds - average);
        }
    }

    /// <summary>What is left of the time for one that took so long.</summary>
    internal TimeSpan Left(TimeSpan took)
    {
        lock (_lock)
            return TimeSpan.FromMilliseconds(Math.Max(0, Math.Max(_ours, _bcrypt) - took.TotalMilliseconds));
    }
}
