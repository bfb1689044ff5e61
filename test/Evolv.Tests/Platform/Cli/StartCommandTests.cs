using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Cli;

public sealed class StartCommandTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_prints_at_most_25_lines_with_a_curl_line_that_works()
    {
        await using var evolv = new EvolvProcess();

        var banner = await evolv.StartAsync();

        Assert.InRange(banner.Split('\n').Length, 5, 25);
        var curl = Regex.Match(banner, "^  (curl .*)$", RegexOptions.Multiline).Groups[1].Value;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", curl]) { RedirectStandardOutput = true })!;
        Assert.Contains("\"access_token\"", await bash.StandardOutput.ReadToEndAsync(Token), StringComparison.Ordinal);
        Assert.Equal("", evolv.Log);
    }

    [Fact]
    public async Task Secrets_are_for_the_owner_alone_and_unique()
    {
        await using var one = new EvolvProcess();
        await using var two = new EvolvProcess();
        await one.StartAsync();
        await two.StartAsync();

        foreach (var evolv in (EvolvProcess[])[one, two])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(evolv.DataPath, "postgres.json")));
        Assert.NotEqual(await one.StatusAsync("SECRET_KEY"), await two.StatusAsync("SECRET_KEY"));
        Assert.NotEqual(one.Connections.Owner.Password, two.Connections.Owner.Password);
        Assert.NotEqual(
            await one.ScalarAsync<string>("select private_key from auth.signing_keys"), await two.ScalarAsync<string>("select private_key from auth.signing_keys"));
    }

    [Fact]
    public async Task Keys_are_the_same_after_a_restart()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var key = await evolv.StatusAsync("SERVICE_ROLE_KEY");
        await evolv.TerminateAsync();

        await evolv.StartAsync();

        Assert.Equal(key, await evolv.StatusAsync("SERVICE_ROLE_KEY"));
    }

    [Fact]
    public async Task Second_Evolv_on_a_data_folder_says_so_and_ends()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();

        var (code, _, error) = await EvolvProcess.RunAsync(["start", "--data", evolv.DataPath, "--urls", "http://127.0.0.1:0"]);

        Assert.Equal(1, code);
        Assert.Equal($"evolv: Another Evolv is running on the data folder {evolv.DataPath}; stop it, or choose another with --data.\n", error);
        await evolv.WaitUntilReadyAsync();
    }

    [Theory]
    [InlineData("DATABASE__MAXPOOLSIZE", "0", "Setting Database:MaxPoolSize is wrong: it must be between 1 and 1000")]
    [InlineData("DATABASE__MAXPOOLSIZE", "many", "Setting Database:MaxPoolSize is wrong: 'many' has the wrong type")]
    [InlineData("DATABASE__MAXPOOLSIZ", "5", "DATABASE:MAXPOOLSIZ is not a setting of Evolv; did you mean Database:MaxPoolSize?")]
    [InlineData("DATABASE__CONNECTIONSTRING", "Nonsense=1", "Database:ConnectionString cannot be read")]
    [InlineData("DATABASE__CONNECTIONSTRING", "Host=127.0.0.1;Username=x;Database=y", "Database:ConnectionString has no password")]
    [InlineData("DATABASE__CONNECTIONSTRING", "postgresql://x:y@127.0.0.1:1/z", "PostgreSQL at 127.0.0.1:1 refuses x@z")]
    [InlineData("URLS", "nonsense", "Setting Urls is wrong: 'nonsense' is no address")]
    [InlineData("DATA", "/proc/evolv", "The data folder /proc/evolv cannot be made")]
    [InlineData("DEMO", "perhaps", "Setting Demo is wrong: 'perhaps' has the wrong type")]
    public async Task Wrong_setting_gives_one_line_that_says_what_to_do(string variable, string value, string message)
    {
        var started = Stopwatch.GetTimestamp();

        var (code, output, error) = await EvolvProcess.RunAsync(["start"], ($"EVOLV__{variable}", value));

        Assert.NotEqual(0, code);
        Assert.Equal("", output);
        Assert.StartsWith($"evolv: {message}", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20)); // 2 s on a quiet machine
    }

    [Fact]
    public async Task Start_takes_a_PostgreSQL_of_ones_own()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var evolv = new EvolvProcess(("EVOLV__DATABASE__CONNECTIONSTRING", database.Connections.OwnerUrl));

        var banner = await evolv.StartAsync();

        Assert.Contains(database.Connections.OwnerUrl, banner, StringComparison.Ordinal);
        await evolv.WaitUntilReadyAsync();
        Assert.False(Directory.Exists(Path.Combine(evolv.DataPath, "postgres")));
        await evolv.TerminateAsync();
    }

    [Fact]
    public async Task Taken_port_is_named_before_anything_is_started()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var folder = Path.Combine(Path.GetTempPath(), $"evolv-{Guid.NewGuid():N}");

        var (code, _, error) = await EvolvProcess.RunAsync(["start", "--urls", url, "--data", folder]);

        Assert.Equal(1, code);
        Assert.StartsWith($"evolv: Evolv cannot listen on {url}", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Status_without_a_server_says_how_to_start_one()
    {
        var (code, _, error) = await EvolvProcess.RunAsync(["status", "--data", "/nonexistent"]);

        Assert.Equal(1, code);
        Assert.Equal("evolv: No Evolv is running on /nonexistent; start it with ./evolv start, or name its folder with --data.\n", error);
    }

    [Fact]
    public async Task SIGTERM_finishes_what_runs_and_ends_within_5_seconds()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var postmaster = evolv.PostmasterId;
        using var service = await evolv.ServiceAsync();
        // Signing up takes a while: its password is hashed many times.
        var running = Enumerable.Range(0, 4).Select(i => service.PostAsync("/auth/v1/signup", new StringContent(
            $$"""{"email":"p{{i}}@example.com","password":"correct horse battery"}"""), Token)).ToArray();
        await Task.Delay(100, Token);

        var (elapsed, code) = await evolv.TerminateAsync();

        Assert.Equal(0, code);
        Assert.True(elapsed < TimeSpan.FromSeconds(5), $"took {elapsed}");
        Assert.All(await Task.WhenAll(running), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.False(EvolvProcess.Exists(postmaster));
    }

    [Fact]
    public async Task Status_prints_the_names_of_supabase_status()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();

        var (_, env, _) = await EvolvProcess.RunAsync(["status", "-o", "env", "--data", evolv.DataPath]);

        Assert.Equal(
            ["API_URL", "REST_URL", "FUNCTIONS_URL", "DB_URL", "PUBLISHABLE_KEY", "SECRET_KEY", "ANON_KEY", "SERVICE_ROLE_KEY", "MAIL_URL"],
            env.TrimEnd('\n').Split('\n').Select(line => line.Split('=')[0]));
        Assert.Contains($"API_URL=\"{evolv.Url}\"", env, StringComparison.Ordinal);
        Assert.StartsWith("sb_secret_", await evolv.StatusAsync("SECRET_KEY"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("migrate")]
    [InlineData("status")]
    [InlineData("psql")]
    [InlineData("explain")]
    [InlineData("version")]
    public async Task Every_verb_explains_itself_with_an_example(string verb)
    {
        var (code, output, _) = await EvolvProcess.RunAsync([verb, "--help"]);

        Assert.Equal(0, code);
        Assert.Contains($"Example: ./evolv {verb}", output, StringComparison.Ordinal);
    }
}
