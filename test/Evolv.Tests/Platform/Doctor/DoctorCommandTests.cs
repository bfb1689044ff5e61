using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Doctor;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Platform.Doctor;

/// <summary>./evolv doctor as a whole: beside a running Evolv, without one, and when checks themselves fail.</summary>
public sealed class DoctorCommandTests
{
    static readonly string[] Checks = ["settings", "port", "rights", "disk", "postgres", "schema", "slots", "clock", "redis", "cors", "lint", "audit", "mail", "passkeys", "ai"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beside_a_running_Evolv_everything_is_looked_at()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        await evolv.WaitUntilReadyAsync();

        var (code, report) = await DoctorAsync(evolv.DataPath);

        Assert.Equal(Checks, report.Select(finding => finding.Check).Distinct());
        Assert.DoesNotContain(report, finding => finding.Level is "red" or "skipped");
        Assert.Equal(0, code);
        Assert.Contains(report, finding => finding == ("port", "green", $"Evolv answers on {evolv.Url}"));

        // PostgreSQL alone is gone: what does not need it is looked at all the same.
        File.SetUnixFileMode(Path.Combine(evolv.DataPath, "postgres.json"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var (redCode, red) = await DoctorAsync(evolv.DataPath);
        Assert.Equal(1, redCode);
        Assert.Equal([("rights", "red", $"others may read {evolv.DataPath}/postgres.json (mode 404)")], red.Where(finding => finding.Level == "red"));
    }

    [Fact]
    public async Task Without_a_running_Evolv_nothing_is_started_or_made()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"evolv-doctor-{Guid.NewGuid():N}");
        var url = $"http://127.0.0.1:{Evolv.Platform.Postgres.DataFolder.FreePort()}";

        var (code, output, _) = await EvolvProcess.RunAsync(["doctor", "--data", folder], ("EVOLV__URLS", url), ("EVOLV__HTTP__ALLOWEDORIGINS", "*"));
        var (strict, _, _) = await EvolvProcess.RunAsync(["doctor", "--data", folder, "--strict"], ("EVOLV__URLS", url), ("EVOLV__HTTP__ALLOWEDORIGINS", "*"));

        Assert.Equal((0, 1), (code, strict));
        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain('\e', output);
        Assert.Contains($"green    port      {url} is free\n", output, StringComparison.Ordinal);
        Assert.Contains("skipped  postgres  no PostgreSQL runs; it is looked at while Evolv does\n", output, StringComparison.Ordinal);
        Assert.Contains("yellow   cors      pages of every origin may call the API\n", output, StringComparison.Ordinal);
        Assert.Contains("\n                   Name yours: ", output, StringComparison.Ordinal);
        Assert.EndsWith(" skipped\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_is_red()
    {
        var (code, report) = await DoctorAsync("/nonexistent", ("EVOLV__DATABASE__MAXPOOLSIZE", "0"));

        Assert.Equal(1, code);
        Assert.Equal(("settings", "red"), (report[0].Check, report[0].Level));
        Assert.StartsWith("Setting Database:MaxPoolSize is wrong", report[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_told_once()
    {
        var (code, report) = await DoctorAsync("/nonexistent", ("EVOLV__DATABASE__CONNECTIONSTRING", "postgresql://x:secret-canary@127.0.0.1:1/z"));

        Assert.Equal(1, code);
        Assert.Equal("postgres", Assert.Single(report, finding => finding.Message.Contains("127.0.0.1:1", StringComparison.Ordinal)).Check);
        Assert.All(["schema", "slots", "clock", "lint", "audit"], name => Assert.Equal("skipped", report.Single(finding => finding.Check == name).Level));
        Assert.DoesNotContain(report, finding => finding.Message.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_that_fails_or_hangs_hides_no_other()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.Configure<ServerOptions>(options => options.Data = "/nonexistent");
        builder.Services.Configure<DatabaseOptions>(_ => { });
        builder.Services.AddSingleton(new DoctorCheck("throws", (_, _) => throw new InvalidOperationException("broken")));
        builder.Services.AddSingleton(new DoctorCheck("waits", async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return [];
        }));
        builder.Services.AddSingleton(new DoctorCheck("hangs", (_, _) => new TaskCompletionSource<IReadOnlyList<DoctorFinding>>().Task));
        builder.Services.AddSingleton(DoctorCheck.Of("works", _ => [DoctorFinding.Green("well")]));
        await using var app = builder.Build();

        var report = await Examination.RunAsync(app, TimeSpan.FromMilliseconds(100), Token);

        Assert.Equal(
            [
                ("throws", DoctorLevel.Red, "could not be checked: broken"), ("waits", DoctorLevel.Red, "no answer within 0 s"),
                ("hangs", DoctorLevel.Red, "no answer within 0 s"), ("works", DoctorLevel.Green, "well"),
            ],
            report.Findings.Select(found => (found.Check, found.Finding.Level, found.Finding.Message)));
        Assert.Equal((1, 1), (report.ExitCode(isStrict: false), report.ExitCode(isStrict: true)));
    }

    [Theory]
    [InlineData(DoctorLevel.Green, 0, 0)]
    [InlineData(DoctorLevel.Skipped, 0, 0)]
    [InlineData(DoctorLevel.Yellow, 0, 1)]
    [InlineData(DoctorLevel.Red, 1, 1)]
    public void The_exit_code_is_that_of_the_worst(object level, int code, int strict)
    {
        var report = new DoctorReport([("a", DoctorFinding.Green("well")), ("b", new DoctorFinding((DoctorLevel)level, "so"))]);

        Assert.Equal((code, strict), (report.ExitCode(isStrict: false), report.ExitCode(isStrict: true)));
    }

    [Fact]
    public void Colours_are_for_terminals()
        => Assert.Equal("\e[31mred     \e[0m a         bad\n                   mend it\n1 red, 0 yellow, 0 green, 0 skipped", new DoctorReport([("a", DoctorFinding.Red("bad", "mend it"))]).ToText(hasColours: true));

    static async Task<(int Code, List<(string Check, string Level, string Message)> Report)> DoctorAsync(string data, params (string, string)[] environment)
    {
        var (code, output, error) = await EvolvProcess.RunAsync(["doctor", "--json", "--data", data], environment);
        Assert.True(output.Length > 0, error);
        return (code, [.. JsonElement.Parse(output).GetProperty("findings").EnumerateArray().Select(finding =>
            (finding.GetProperty("check").GetString()!, finding.GetProperty("level").GetString()!, finding.GetProperty("message").GetString()!))]);
    }
}
