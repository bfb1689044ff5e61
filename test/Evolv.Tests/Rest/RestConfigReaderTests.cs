using System.Collections.Frozen;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Schema;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Tests.Rest;

public sealed class RestConfigReaderTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Options_alone_make_a_config()
    {
        var config = RestConfigReader.Read(
            new RestOptions { DbSchemas = "public, api", DbPreRequest = "api.check", AppSettings = "a=1, b = x=y", JwtSecret = new string('s', 32), DbMaxRows = 0 },
            StoredSettings.None, NullLogger.Instance);

        Assert.Equal(["public", "api"], config.Schemas);
        Assert.Equal(("anon", null, new QualifiedName("api", "check")), (config.AnonRole, config.MaxRows, config.PreRequest!.Value));
        Assert.Equal((false, false, true), (config.RollbackAll, config.AllowTxOverride, config.VerboseErrors));
        Assert.Equal(["statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation"], config.HoistedSettings);
        Assert.Equal([new("app.settings.a", "1"), new("app.settings.b", "x=y")], config.AppSettings);
        Assert.Equal(new JwtConfig(new string('s', 32), false, null, ".role"), config.Jwt);
    }

    [Theory]
    [InlineData("db_max_rows", "5", "MaxRows", "5")]
    [InlineData("db_max_rows", "", "MaxRows", "")]
    [InlineData("db_anon_role", "", "AnonRole", "")]
    [InlineData("db_anon_role", "visitor", "AnonRole", "visitor")]
    [InlineData("db_aggregates_enabled", "true", "AggregatesEnabled", "True")]
    [InlineData("db_aggregates_enabled", "\"TRUE\"", "AggregatesEnabled", "True")]
    [InlineData("db_aggregates_enabled", "1", "AggregatesEnabled", "True")]
    [InlineData("url_use_legacy_target_names", "0", "LegacyTargetNames", "False")]
    [InlineData("db_tx_end", "rollback-allow-override", "RollbackAll", "True")]
    [InlineData("db_tx_end", "rollback-allow-override", "AllowTxOverride", "True")]
    [InlineData("db_pre_request", "check", "PreRequest", ".check")]
    [InlineData("db_root_spec", "api.root", "RootSpec", "api.root")]
    [InlineData("openapi_mode", "disabled", "OpenApiMode", "Disabled")]
    [InlineData("openapi_server_proxy_uri", "https://example.com/api", "OpenApiServerProxyUri", "https://example.com/api")]
    [InlineData("client_error_verbosity", "minimal", "VerboseErrors", "False")]
    [InlineData("server_trace_header", "X-Request-Id", "ServerTraceHeader", "X-Request-Id")]
    public void A_stored_setting_wins(string name, string value, string property, string expected)
        => Assert.Equal(expected, Read(property, new() { [name] = value }).Value);

    [Theory]
    [InlineData("db_max_rows", "many", "MaxRows", "1000", "must be a number of rows, 0 for no limit")]
    [InlineData("db_plan_enabled", "perhaps", "PlanEnabled", "False", "must be true or false")]
    [InlineData("db_tx_end", "never", "RollbackAll", "False", "must be one of commit, commit-allow-override, rollback, rollback-allow-override")]
    [InlineData("openapi_mode", "on", "OpenApiMode", "FollowPrivileges", "must be one of follow-privileges, ignore-privileges, disabled")]
    [InlineData("openapi_server_proxy_uri", "example", "OpenApiServerProxyUri", "", "must be an address such as https://example.com:8443/basePath")]
    [InlineData("server_trace_header", "X Trace", "ServerTraceHeader", "", "must be the name of a header")]
    [InlineData("jwt_secret", "short", "Jwt", "", "The JWT secret must be at least 32 characters long")]
    [InlineData("jwt_aud", "a b:c", "Jwt", "", "must be a text without colons or a URI")]
    public void A_stored_setting_that_makes_no_sense_is_logged_and_ignored(
        string name, string value, string property, string expected, string reason)
    {
        var (read, log) = Read(property, new() { [name] = value });

        Assert.Equal(expected, read);
        Assert.Equal([$"The stored setting pgrst.{name} is ignored: it {reason}"], log);
    }

    [Fact]
    public void Lists_are_stored_with_commas()
    {
        var config = RestConfigReader.Read(
            new RestOptions(), Stored(new() { ["db_schemas"] = "api, other", ["db_extra_search_path"] = "", ["db_hoisted_tx_settings"] = "a,b" }),
            NullLogger.Instance);

        Assert.Equal(["api", "other"], config.Schemas);
        Assert.Empty(config.ExtraSearchPath);
        Assert.Equal(["a", "b"], config.HoistedSettings);
    }

    [Fact]
    public void The_catalog_is_never_exposed()
    {
        var log = new ListLogger();

        var config = RestConfigReader.Read(new RestOptions(), Stored(new() { ["db_schemas"] = "public, pg_catalog" }), log);
        var refusal = Assert.Throws<SetupException>(
            () => RestConfigReader.Read(new RestOptions { DbSchemas = "information_schema" }, StoredSettings.None, log));

        Assert.Equal(["public"], config.Schemas);
        Assert.Equal(["The stored setting pgrst.db_schemas is ignored: it must not expose pg_catalog"], log.Messages);
        Assert.Equal("Setting Rest:DbSchemas is wrong: it must not expose information_schema.", refusal.Message);
    }

    // Roles belong to the cluster, so this login is nobody else's.
    [Fact]
    public async Task Settings_of_the_login_and_of_its_roles_are_read_and_those_of_this_database_win()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var other = await cluster.CreateDatabaseAsync();
        var name = await database.ScalarAsync<string>("select current_database()::text");
        await database.ExecuteAsync(
            $"""
            create role config_login login noinherit password 'secret';
            create role config_role;
            grant anon, authenticated, config_role to config_login;
            alter role config_role set default_transaction_isolation = 'SERIALIZABLE';
            alter role config_role set work_mem = '6MB';
            alter role config_role set log_min_duration_statement = '1s';
            alter role config_role set my.own = '1';
            alter role config_login set pgrst.jwt_aud = 'all';
            alter role config_login in database {name} set pgrst.jwt_aud = 'this';
            alter role config_login in database {name} set pgrst.db_max_rows = '17';
            """);
        try
        {
            var here = await ReadAsync(database);
            var there = await ReadAsync(other);

            Assert.Equal(("17", "this"), (here.Settings["db_max_rows"], here.Settings["jwt_aud"]));
            Assert.Equal(["all"], there.Settings.Values);
            Assert.Equal("serializable", Assert.Single(here.RoleIsolationLevels, pair => pair.Key == "config_role").Value);
            Assert.Equal(["anon", "authenticated", "config_role"], here.RoleSettings.Keys.Order(StringComparer.Ordinal));
            // What only a superuser may set is left out.
            Assert.Equal([new("work_mem", "6MB")], here.RoleSettings["config_role"]);
            Assert.Equal([new("statement_timeout", "3s")], here.RoleSettings["anon"]);
            Assert.Equal([new("statement_timeout", "8s")], here.RoleSettings["authenticated"]);
        }
        finally
        {
            await database.ExecuteAsync("drop role config_login; drop role config_role");
        }
    }

    static async Task<StoredSettings> ReadAsync(TestDatabase database)
    {
        var login = new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString)
        {
            Username = "config_login",
            Password = "secret",
        };
        await using var pool = NpgsqlDataSource.Create(login);
        return await new Database(pool).ReadCatalogAsync(StoredSettings.ReadAsync, Token);
    }

    static (string Value, List<string> Log) Read(string property, Dictionary<string, string> stored)
    {
        var log = new ListLogger();
        var config = RestConfigReader.Read(new RestOptions(), Stored(stored), log);
        return ($"{typeof(RestConfig).GetProperty(property)!.GetValue(config)}", log.Messages);
    }

    static StoredSettings Stored(Dictionary<string, string> settings)
        => StoredSettings.None with { Settings = settings.ToFrozenDictionary() };

    sealed class ListLogger : ILogger
    {
        internal List<string> Messages { get; } = [];

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Messages.Add(formatter(state, exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
