using System.CommandLine;
using Evolv.Platform.Audit;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>audit verify: whether the audit log is as it was written. Ends with 0 when it is, 1 when not, 2 when nobody can say.</summary>
static class AuditCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var expect = new Option<string?>("--expect") { Description = "A head that was printed before, <count>:<hash>: the log must still contain it" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verify = new Command("verify", "Compute every hash of the audit log anew; ends with code 1 when an entry was edited, removed, reordered or cut off.\nExample: ./evolv audit verify --expect 1024:9f86d0…")
        {
            expect, json, EvolvCommand.Data,
        };
        verify.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data))));
                return await VerifyAsync(app, parsed.GetValue(expect), parsed.GetValue(json), cancellationToken);
            }
            catch (Exception exception) when (exception is SetupException or NpgsqlException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"evolv: {(exception is NpgsqlException ? "PostgreSQL: " : "")}{exception.Message.ReplaceLineEndings(" ")}");
                return 2;
            }
        });
        return new Command("audit", "Check the audit log.\nExample: ./evolv audit verify") { verify };
    }

    static async Task<int> VerifyAsync(WebApplication app, string? expect, bool asJson, CancellationToken cancellationToken)
    {
        AuditHead? expected = null;
        if (expect is not null)
            expected = AuditHead.Parse(expect) ?? throw new SetupException($"--expect is wrong: '{expect}' is no head; take what audit verify printed, <count>:<64 hexadecimal digits>.");
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        var report = await AuditVerifier.VerifyAsync(
            access.Connection, app.Services.GetRequiredService<AuditHeads>(), expected, newest: null, cancellationToken);
        Console.WriteLine(asJson ? report.ToJson() : report.ToText());
        return report.IsWhole ? 0 : 1;
    }
}
