using System.CommandLine;
using Evolv.Platform.Lint;

namespace Evolv.Platform.Cli;

/// <summary>lint: look for mistakes in the database, under the names of Supabase's database advisors and our own.</summary>
static class LintCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var output = new Option<string>("--output", "-o") { Description = "pretty or json", DefaultValueFactory = _ => "pretty" };
        output.AcceptOnlyFromAmong("pretty", "json");
        var level = new Option<string>("--level") { Description = "Least level to report: info, warn or error", DefaultValueFactory = _ => "info" };
        level.AcceptOnlyFromAmong("info", "warn", "error");
        var failOn = new Option<string>("--fail-on") { Description = "End with code 1 at this level: none, info, warn or error", DefaultValueFactory = _ => "error" };
        failOn.AcceptOnlyFromAmong("none", "info", "warn", "error");
        var command = new Command("lint", "Check the database for mistakes in security and speed.\nExample: ./evolv lint --level warn --fail-on warn -o json")
        {
            output, level, failOn, EvolvCommand.Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data))));
            await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
            var findings = await Linter.RunAsync(access.Connection, cancellationToken);
            var report = LintReport.Of(findings, LintReport.Threshold(parsed.GetValue(level)!)!.Value);
            Console.WriteLine(parsed.GetValue(output) == "json" ? report.ToJson() : report.ToPretty());
            return report.ExitCode(LintReport.Threshold(parsed.GetValue(failOn)!));
        });
        return command;
    }
}
