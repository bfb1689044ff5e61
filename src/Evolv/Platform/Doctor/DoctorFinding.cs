namespace Evolv.Platform.Doctor;

/// <summary>How well something is. The order is that of worry.</summary>
enum DoctorLevel
{
    /// <summary>It could not be looked at, and that is no fault.</summary>
    Skipped,
    Green,
    /// <summary>It works, but not as well or as safely as it could.</summary>
    Yellow,
    /// <summary>It does not work, or is not safe.</summary>
    Red,
}

/// <summary>What a check says.</summary>
/// <param name="Advice">What to do; null when there is nothing to do.</param>
sealed record DoctorFinding(DoctorLevel Level, string Message, string? Advice = null)
{
    internal static DoctorFinding Skipped(string message) => new(DoctorLevel.Skipped, message);

    internal static DoctorFinding Green(string message) => new(DoctorLevel.Green, message);

    internal static DoctorFinding Yellow(string message, string advice) => new(DoctorLevel.Yellow, message, advice);

    internal static DoctorFinding Red(string message, string advice) => new(DoctorLevel.Red, message, advice);
}
