using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Evolv.Platform.Audit;

/// <summary>Something in the audit log that is not as it was written.</summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="Entry">The number of the entry; the id of one that is not sealed; the line in the file of heads; null for all.</param>
/// <param name="Message">What is wrong.</param>
sealed record AuditProblem(string Kind, long? Entry, string Message)
{
    internal const string Missing = "missing";
    internal const string Duplicated = "duplicated";
    internal const string Edited = "edited";
    internal const string Unlinked = "unlinked";
    internal const string CutOff = "cut_off";
    internal const string Rewritten = "rewritten";
    internal const string HeadForged = "head_forged";
    internal const string OtherChain = "other_chain";
    internal const string PendingEdited = "pending_edited";
}

/// <summary>What <c>./evolv audit verify</c> found.</summary>
/// <param name="Chain">Which chain it is.</param>
/// <param name="Head">Where it ends.</param>
/// <param name="NotSealed">How many entries wait for their place.</param>
/// <param name="OldestNotSealed">Since when.</param>
/// <param name="HeadsChecked">Lines of the file of heads that were compared.</param>
/// <param name="Problems">The first ones.</param>
/// <param name="ProblemCount">All of them.</param>
/// <param name="Elapsed">How long it took.</param>
sealed record AuditReport(
    Guid Chain, AuditHead Head, long NotSealed, DateTimeOffset? OldestNotSealed, long HeadsChecked, ImmutableArray<AuditProblem> Problems,
    long ProblemCount, TimeSpan Elapsed)
{
    internal bool IsWhole => ProblemCount == 0;

    internal string ToText()
    {
        var text = new StringBuilder();
        foreach (var problem in Problems)
            text.AppendLine(CultureInfo.InvariantCulture, $"{problem.Kind,-14} {problem.Message}");
        if (ProblemCount > Problems.Length)
            text.AppendLine(CultureInfo.InvariantCulture, $"… and {ProblemCount - Problems.Length} more");
        text.AppendLine(IsWhole ? "The audit log is whole." : $"The audit log is NOT whole: {ProblemCount} problems.");
        text.AppendLine(CultureInfo.InvariantCulture, $"  entries     {Head.Count}, and {NotSealed} not sealed yet");
        text.AppendLine(CultureInfo.InvariantCulture, $"  compared    with {HeadsChecked} heads that the server wrote down");
        text.AppendLine(CultureInfo.InvariantCulture, $"  speed       {Head.Count / Math.Max(Elapsed.TotalSeconds, 0.001):0} entries/s");
        text.Append(CultureInfo.InvariantCulture, $"  head        {Head}");
        return text.ToString();
    }

    internal string ToJson() => JsonSerializer.Serialize(
        new
        {
            status = IsWhole ? "whole" : "broken",
            chain = Chain,
            entries = Head.Count,
            head = Head.ToString(),
            not_sealed = NotSealed,
            heads_checked = HeadsChecked,
            problem_count = ProblemCount,
            problems = Problems.Select(problem => new { kind = problem.Kind, entry = problem.Entry, message = problem.Message }),
            milliseconds = Math.Round(Elapsed.TotalMilliseconds),
        }, Indented);

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
