using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Cli;

/// <summary>start --no-migrate on a database that Evolv has never seen.</summary>
public sealed class NoMigrateTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Foreign_database_is_served_as_it_is()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var login = $"visitor_{database.Connections.Owner.Database}";
        await database.ExecuteAsync($"create role {login} login password 'guest'; create table things (id int primary key)");
        var owner = database.Connections.Owner;
        var url = $"postgresql://{login}:guest@{owner.Host}:{owner.Port}/{owner.Database}";
        try
        {
            await using var evolv = new EvolvProcess(("PGRST_DB_URI", url));
            var banner = await evolv.StartAsync("--no-migrate");

            Assert.Contains($"REST_URL         {evolv.Url}/rest/v1", banner, StringComparison.Ordinal);
            Assert.DoesNotContain("KEY", banner, StringComparison.Ordinal);
            using var client = new HttpClient { BaseAddress = new Uri(evolv.Url) };
            Assert.StartsWith("""{"status":"ready","checks":{"database":"ok","disk":"ok"},"milliseconds":{"database":""", await client.GetStringAsync("/readyz", Token), StringComparison.Ordinal);
            Assert.Equal(
                """404 {"code":404,"error_code":"validation_failed","msg":"This server has no accounts: it serves a database that is not Evolv\u0027s (--no-migrate)"}""",
                await GetAsync(client, "/auth/v1/health"));
            Assert.StartsWith("404 ", await GetAsync(client, "/functions/v1/get-feed"), StringComparison.Ordinal);

            Assert.Equal(
                [login],
                (await database.ScalarAsync<string>(
                    $"select string_agg(distinct usename, ' ') from pg_stat_activity where datname = current_database() and application_name = 'evolv'")).Split(' '));
            Assert.Equal("information_schema public", await database.ScalarAsync<string>(
                "select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname not like 'pg\\_%'"));

            var (code, status, _) = await EvolvProcess.RunAsync(["status", "-o", "env", "--data", evolv.DataPath], ("PGRST_DB_URI", url), ("EVOLV__MIGRATE", "false"));
            Assert.Equal(0, code);
            Assert.Contains($"API_URL=\"{evolv.Url}\"\n", status, StringComparison.Ordinal);
            Assert.Contains("SECRET_KEY=\"\"\n", status, StringComparison.Ordinal);
            (code, status, _) = await EvolvProcess.RunAsync(["status", "-o", "env", "--data", evolv.DataPath], ("PGRST_DB_URI", url));
            Assert.Equal(0, code);
            Assert.Contains("SECRET_KEY=\"\"\n", status, StringComparison.Ordinal);
            Assert.Equal("", evolv.Log.Trim());
        }
        finally
        {
            await database.ExecuteAsync($"drop owned by {login}; drop role {login}");
        }
    }

    [Theory]
    [InlineData("--no-migrate serves a database that exists already; name it in Database:ConnectionString", "--no-migrate")]
    [InlineData("--demo needs Evolv's own schema", "--no-migrate", "--demo")]
    public async Task Impossible_start_says_why(string expected, params string[] options)
    {
        var (code, output, error) = await EvolvProcess.RunAsync(["start", .. options]);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"evolv: {expected}", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    static async Task<string> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, Token);
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}";
    }
}
