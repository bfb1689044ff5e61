using Evolv.Platform;
using Evolv.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Settings;

public sealed class SettingsExtensionsTests
{
    [Theory]
    [InlineData("Rest:db-max-rows")]
    [InlineData("Rest:DB_MAX_ROWS")]
    [InlineData("rest:dbmaxrows")]
    [InlineData("Rest:DbMaxRows")]
    public async Task Dashes_and_underscores_in_a_name_do_not_count(string name)
    {
        await using var app = Program.Build(new Dictionary<string, string?> { [name] = "7" });

        Assert.Equal(7, app.Services.GetRequiredService<IOptions<RestOptions>>().Value.DbMaxRows);
    }

    [Theory]
    [InlineData("Rest:db-shemas", "x", "Rest:dbshemas is not a setting of Evolv; did you mean Rest:DbSchemas?")]
    [InlineData("Re-st:DbSchemas", "x", "Re-st:DbSchemas is not a setting of Evolv; did you mean Rest:DbSchemas?")]
    [InlineData("Rest:db-tx-end", "sometimes", "Setting Rest:DbTxEnd is wrong: it must match the regular expression")]
    [InlineData("Rest:jwt-secret", "short", "Setting Rest:JwtSecret is wrong: it must be at least 32 characters long")]
    [InlineData("Rest:jwt-secret", "{\"keys\":[]}", "Setting Rest:JwtSecret is wrong: it holds no key")]
    [InlineData("Rest:jwt-role-claim-key", "role", "Setting Rest:JwtRoleClaimKey is wrong: failed to parse role-claim-key value (role)")]
    public void Wrong_setting_is_refused_with_the_nearest(string name, string value, string expected)
        => Assert.StartsWith(
            expected, Assert.Throws<SetupException>(() => Program.Build(new Dictionary<string, string?> { [name] = value })).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("PGRST_DB_SHEMAS", "Rest:DBSHEMAS is not a setting of Evolv; did you mean Rest:DbSchemas?")]
    [InlineData("EVOLV__REST__DB_SHEMAS", "REST:DBSHEMAS is not a setting of Evolv; did you mean Rest:DbSchemas?")]
    public async Task Wrong_variable_is_refused_with_the_nearest(string variable, string expected)
    {
        var (code, _, error) = await EvolvProcess.RunAsync(["status"], (variable, "x"));

        Assert.Equal(1, code);
        Assert.StartsWith($"evolv: {expected}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_variable_wins_over_PostgRESTs_and_useless_ones_are_logged()
    {
        var (code, _, error) = await EvolvProcess.RunAsync(
            ["status", "--data", "/nonexistent"], ("PGRST_DB_TX_END", "nonsense"), ("EVOLV__REST__DB_TX_END", "rollback"), ("PGRST_LOG_LEVEL", "info"));

        Assert.Equal(1, code);
        var lines = error.TrimEnd('\n').Split('\n');
        Assert.Contains("Evolv has no use for PGRST_LOG_LEVEL", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("evolv: No Evolv is running on /nonexistent", lines[1], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
    }
}
