using System.CommandLine;
using Evolv.Platform.Doctor;

namespace Evolv.Platform.Cli;

/// <summary>doctor: what is wrong with this installation, and what to do.</summary>
static class DoctorCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var strict = new Option<bool>("--strict") { Description = "End with code 1 at yellow, too" };
        var command = new Command("doctor", "Look at everything that Evolv needs; starts and changes nothing, and ends with code 1 when something is red.\nExample: ./evolv doctor --strict --json")
        {
            json, strict, EvolvCommand.Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await ExamineAsync(
                () => build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)))), cancellationToken);
            var hasColours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
            Console.WriteLine(parsed.GetValue(json) ? report.ToJson() : report.ToText(hasColours));
            return report.ExitCode(parsed.GetValue(strict));
        });
        return command;
    }

    internal static async Task<DoctorReport> ExamineAsync(Func<WebApplication> build, CancellationToken cancellationToken)
    {
        WebApplication app;
        try
        {
            app = build();
        }
        catch (SetupException exception)
        {
            return new DoctorReport(
            [
                ("settings", DoctorFinding.Red(exception.Message, "Evolv does not start with it.")),
                ("others", DoctorFinding.Skipped("without settings nobody knows what to look at")),
            ]);
        }

        return await Examination.RunAsync(app, Examination.Patience, cancellationToken);
    }
}
