using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Evolv.Platform.Lint;

/// <summary>What <c>./evolv lint</c> prints and whether it fails.</summary>
/// <param name="Findings">What the level lets through, the worst first.</param>
sealed record LintReport(ImmutableArray<LintFinding> Findings)
{
    // Details quote names in backticks and apostrophes; this is read by people and never put into HTML.
    static readonly LintJson Json = new(new JsonSerializerOptions(LintJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The report of those findings that are at least as bad as <paramref name="level"/>.</summary>
    internal static LintReport Of(IEnumerable<LintFinding> findings, LintLevel level)
        => new([.. findings.Where(finding => finding.Level >= level)]);

    /// <summary>The value of <c>--level</c> and <c>--fail-on</c>: <c>info</c>, <c>warn</c>, <c>error</c>; null for <c>none</c>.</summary>
    internal static LintLevel? Threshold(string text) => text == "none" ? null : Enum.Parse<LintLevel>(text, ignoreCase: true);

    /// <summary>1 when the report shows something at least as bad as <paramref name="failOn"/>; null never fails.</summary>
    internal int ExitCode(LintLevel? failOn) => Findings.Any(finding => finding.Level >= failOn) ? 1 : 0;

    /// <summary>A JSON array with the fields of Supabase's database advisors.</summary>
    internal string ToJson() => JsonSerializer.Serialize(Findings, Json.ImmutableArrayLintFinding);

    /// <summary>For people: a paragraph for each lint, a line for each finding, and how many there are.</summary>
    internal string ToPretty()
    {
        if (Findings.IsEmpty)
            return "No findings.";

        var text = new StringBuilder();
        foreach (var lint in Findings.GroupBy(finding => finding.Name))
        {
            var first = lint.First();
            text.AppendLine(CultureInfo.InvariantCulture, $"{first.Level.ToString().ToUpperInvariant()}  {first.Title} ({first.Name})");
            text.AppendLine(CultureInfo.InvariantCulture, $"  {first.Description}");
            foreach (var finding in lint)
                text.AppendLine(CultureInfo.InvariantCulture, $"  - {finding.Detail}");
            text.AppendLine(CultureInfo.InvariantCulture, $"  What to do: {first.Remediation}");
            text.AppendLine();
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"{Count(LintLevel.Error)} errors, {Count(LintLevel.Warn)} warnings, {Count(LintLevel.Info)} notes");
        return text.ToString();
    }

    int Count(LintLevel level) => Findings.Count(finding => finding.Level == level);
}
