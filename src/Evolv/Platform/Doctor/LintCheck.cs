using Evolv.Platform.Lint;

namespace Evolv.Platform.Doctor;

/// <summary>What <c>./evolv lint</c> would say, in a line.</summary>
static class LintCheck
{
    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        await using var owner = await context.OpenOwnerAsync(cancellationToken);
        var findings = await Linter.RunAsync(owner, cancellationToken);
        var (errors, warnings) = (findings.Where(finding => finding.Level == LintLevel.Error).ToArray(), findings.Where(finding => finding.Level == LintLevel.Warn).ToArray());
        const string Advice = "./evolv lint --level warn says what and why.";
        if (errors.Length > 0)
            return [DoctorFinding.Red($"{errors.Length} mistakes in the schema, the first: {errors[0].Detail}", Advice)];
        return warnings.Length > 0
            ? [DoctorFinding.Yellow($"{warnings.Length} doubts about the schema, the first: {warnings[0].Detail}", Advice)]
            : [DoctorFinding.Green("no mistakes in the schema")];
    }
}
