using Evolv.Platform.Audit;

namespace Evolv.Platform.Doctor;

/// <summary>The end of the audit log, and that the server seals it. All of it takes longer: <c>./evolv audit verify</c>.</summary>
static class AuditCheck
{
    const int Newest = 1000;

    static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(
        DoctorContext context, AuditHeads heads, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var owner = await context.OpenOwnerAsync(cancellationToken);
        AuditReport report;
        try
        {
            report = await AuditVerifier.VerifyAsync(owner, heads, expected: null, Newest, cancellationToken);
        }
        catch (SetupException exception)
        {
            return [DoctorFinding.Yellow(exception.Message, "./evolv migrate makes it.")];
        }

        if (!report.IsWhole)
            return [DoctorFinding.Red($"the audit log is not as it was written: {report.Problems[0].Message}", "./evolv audit verify tells all of it; docs/operations.md says what it means.")];
        return time.GetUtcNow() - report.OldestNotSealed > Late
            ? [DoctorFinding.Yellow($"{report.NotSealed} entries of the audit log wait to be sealed", "A running Evolv seals them within a second; see its log if it runs.")]
            : [DoctorFinding.Green($"its newest entries are as they were written; it ends with {report.Head}")];
    }
}
