namespace Evolv.Features.Career.Providers.Grok;

/// <summary>Why the provider does not answer. The reason is stored with the answer that had to do instead.</summary>
/// <param name="reason">One of the constants.</param>
/// <param name="message">For the log; without the key and without what a person said.</param>
sealed class GrokFailure(string reason, string message = "") : Exception(message)
{
    // Decided before anything is sent.
    internal const string NoConsent = "no_consent";
    internal const string PersonBudget = "person_budget";
    internal const string InstallationBudget = "installation_budget";
    internal const string Running = "running"; // elsewhere, for the same question
    internal const string CircuitOpen = "circuit_open";

    // Troubles of the provider.
    internal const string Unavailable = "unavailable";
    internal const string Timeout = "timeout";
    internal const string RateLimited = "rate_limited";
    internal const string BadKey = "bad_key";
    internal const string ModelGone = "model_gone";
    internal const string BadAnswer = "bad_answer";
    internal const string Truncated = "truncated";
    internal const string Refused = "refused";

    internal string Reason { get; } = reason;

    /// <summary>Whether trying again may help.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the provider wants to be left alone.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>What was asked may be the reason; it says nothing about the answer to somebody else.</summary>
    internal bool IsAboutTheQuestion { get; init; }

    /// <summary>Whether it says something about the provider.</summary>
    internal bool IsTrouble => Reason is not (NoConsent or PersonBudget or InstallationBudget or Running or CircuitOpen);
}
