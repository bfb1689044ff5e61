using Evolv.Platform;
using Evolv.Platform.Settings;

namespace Evolv.Tests.Platform.Settings;

public sealed class PostgrestVariablesTests
{
    [Theory]
    [InlineData("PGRST_DB_SCHEMAS", "a, b", "Rest:DB_SCHEMAS", "a, b")]
    [InlineData("PGRST_DB_SCHEMA", "a", "Rest:DbSchemas", "a")]
    [InlineData("PGRST_MAX_ROWS", "5", "Rest:DbMaxRows", "5")]
    [InlineData("PGRST_DB_URI", "postgresql://x@y/z", "Database:ConnectionString", "postgresql://x@y/z")]
    [InlineData("PGRST_DB_POOL", "7", "Database:MaxPoolSize", "7")]
    [InlineData("PGRST_DB_PREPARED_STATEMENTS", "false", "Database:MaxAutoPrepare", "0")]
    [InlineData("PGRST_DB_PREPARED_STATEMENTS", "true", "Database:MaxAutoPrepare", null)]
    [InlineData("PGRST_DB_PREPARED_STATEMENTS", "0", "Database:MaxAutoPrepare", "0")]
    [InlineData("PGRST_DB_PLAN_ENABLED", "1", "Rest:DB_PLAN_ENABLED", "true")]
    [InlineData("PGRST_DB_AGGREGATES_ENABLED", "0", "Rest:DB_AGGREGATES_ENABLED", "false")]
    [InlineData("PGRST_SERVER_PORT", "8000", "Urls", "http://127.0.0.1:8000")]
    [InlineData("PGRST_SERVER_HOST", "127.0.0.1", "Urls", "http://127.0.0.1:3000")]
    [InlineData("PGRST_SERVER_HOST", "*6", "Urls", "http://[::]:3000")]
    [InlineData("PGRST_SERVER_HOST", "::1", "Urls", "http://[::1]:3000")]
    [InlineData("PGRST_APP_SETTINGS_Color", "blue=green", "Rest:AppSettings", "Color=blue=green")]
    [InlineData("PGRST_DB_ANON_ROLE", "", "Rest:DB_ANON_ROLE", "")]
    [InlineData("PGRST_DB_MAX_ROWS", "", "Rest:DB_MAX_ROWS", null)]
    [InlineData("PGRST_LOG_LEVEL", "info", "Rest:LOG_LEVEL", null)]
    [InlineData("PGPASSWORD", "x", "Rest:PGPASSWORD", null)]
    public void Variable_is_a_setting_of_ours(string variable, string value, string key, string? expected)
        => Assert.Equal(expected, Read((variable, value)).Settings.GetValueOrDefault(key));

    [Fact]
    public void What_has_no_use_here_is_named_once()
        => Assert.Equal(
            ["PGRST_ADMIN_SERVER_PORT", "PGRST_LOG_LEVEL"],
            Read(("PGRST_LOG_LEVEL", "info"), ("PGRST_ADMIN_SERVER_PORT", "3001"), ("PGRST_DB_SCHEMAS", "a")).Ignored);

    [Fact]
    public void Many_application_settings_are_one_setting()
        => Assert.Equal("A=1, B=2", Read(("PGRST_APP_SETTINGS_B", "2"), ("PGRST_APP_SETTINGS_A", "1")).Settings["Rest:AppSettings"]);

    [Fact]
    public void Application_setting_with_a_comma_is_refused()
        => Assert.StartsWith(
            "PGRST_APP_SETTINGS_A is wrong", Assert.Throws<SetupException>(() => Read(("PGRST_APP_SETTINGS_A", "1,2"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Address_of_the_database_may_be_in_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "postgresql://x@y/z\n");

            Assert.Equal("postgresql://x@y/z", Read(("PGRST_DB_URI", "@" + file)).Settings["Database:ConnectionString"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static PostgrestVariables Read(params (string Name, string Value)[] variables)
        => PostgrestVariables.Read(variables.AsEnumerable());
}
