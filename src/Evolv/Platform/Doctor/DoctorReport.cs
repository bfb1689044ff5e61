using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Evolv.Platform.Doctor;

/// <summary>What <c>./evolv doctor</c> prints and how it ends.</summary>
/// <param name="Findings">With the name of the check, in the order of the table.</param>
sealed record DoctorReport(IReadOnlyList<(string Check, DoctorFinding Finding)> Findings)
{
    internal DoctorLevel Worst => Findings.Select(found => found.Finding.Level).DefaultIfEmpty(DoctorLevel.Green).Max() is var worst
        && worst > DoctorLevel.Green ? worst : DoctorLevel.Green;

    /// <param name="isStrict">Whether yellow is not good enough.</param>
    internal int ExitCode(bool isStrict) => Worst == DoctorLevel.Red || (isStrict && Worst == DoctorLevel.Yellow) ? 1 : 0;

    internal string ToText(bool hasColours)
    {
        var text = new StringBuilder();
        foreach (var (check, finding) in Findings)
        {
            text.AppendLine($"{Paint(finding.Level, hasColours)} {check,-9} {finding.Message}");
            if (finding.Advice is { } advice)
                text.AppendLine($"{"",-18} {advice}");
        }

        text.Append($"{Count(DoctorLevel.Red)} red, {Count(DoctorLevel.Yellow)} yellow, {Count(DoctorLevel.Green)} green, {Count(DoctorLevel.Skipped)} skipped");
        return text.ToString();
    }

    internal string ToJson() => JsonSerializer.Serialize(
        new
        {
            status = Word(Worst),
            findings = Findings.Select(found => new
            {
                check = found.Check,
                level = Word(found.Finding.Level),
                message = found.Finding.Message,
                advice = found.Finding.Advice,
            }),
        }, Json);

    // Read by people and programs, never put into HTML.
    static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    int Count(DoctorLevel level) => Findings.Count(found => found.Finding.Level == level);

    static string Word(DoctorLevel level) => level.ToString().ToLowerInvariant();

    static string Paint(DoctorLevel level, bool hasColours)
    {
        var word = $"{Word(level),-8}";
        return !hasColours ? word : level switch
        {
            DoctorLevel.Red => $"\e[31m{word}\e[0m",
            DoctorLevel.Yellow => $"\e[33m{word}\e[0m",
            DoctorLevel.Green => $"\e[32m{word}\e[0m",
            DoctorLevel.Skipped => $"\e[2m{word}\e[0m",
        };
    }
}
