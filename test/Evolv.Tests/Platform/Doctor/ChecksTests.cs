using System.Net;
using System.Net.Sockets;
using Evolv.Platform;
using Evolv.Platform.Doctor;
using Evolv.Platform.Http;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Doctor;

/// <summary>Checks of what is on this machine: each made red or yellow for real, and green.</summary>
public sealed class ChecksTests(EvolvCluster cluster)
{
    const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    static readonly DoctorContext Nothing = new(null, FolderIsInUse: false);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_is_free_or_another_program_has_it_or_Evolv_answers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var free = $"http://127.0.0.1:{Evolv.Platform.Postgres.DataFolder.FreePort()}";
        var server = await cluster.SharedServerAsync();

        Assert.Equal($"red: another program listens on {taken}", await PortAsync(taken));
        Assert.Equal($"green: {free} is free", await PortAsync(free));
        Assert.Equal($"green: Evolv answers on {server.Url}", await PortAsync(server.Url));
        Assert.Equal("red: 'nonsense' in Urls is no address", await PortAsync("nonsense"));
        Assert.Equal($"green: {free} is free; red: another program listens on {taken}", await PortAsync($"{free};{taken}"));
        Assert.StartsWith("red: Evolv cannot listen on http://203.0.113.1:8000", await PortAsync("http://203.0.113.1:8000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_Evolv_that_holds_the_folder_and_does_not_listen_is_told()
    {
        var url = $"http://127.0.0.1:{Evolv.Platform.Postgres.DataFolder.FreePort()}";

        var findings = await PortCheck.RunAsync(new ServerOptions { Urls = url, Data = "/nonexistent" }, Nothing with { FolderIsInUse = true }, Token);

        Assert.Equal($"red: an Evolv holds the data folder and does not listen on {url}", Text(findings));
    }

    [Fact]
    public void Rights_are_right_when_only_we_read_secrets()
    {
        using var folder = new Folder();

        Assert.Equal($"green: {folder.Path} is ours, and its secrets are closed", folder.Check());

        File.SetUnixFileMode(folder.In("postgres.json"), ReadableByAll);
        File.SetUnixFileMode(folder.In("audit.key"), ReadableByAll);
        Assert.Equal($"red: others may read {folder.In("postgres.json")} (mode 644); red: others may read {folder.In("audit.key")} (mode 644)", folder.Check());
    }

    [Theory]
    [InlineData("777", "red: others may write into {0} (mode 777)")]
    [InlineData("755", "yellow: others may list {0} (mode 755)")]
    public void A_data_folder_that_is_too_open_is_told(string mode, string expected)
    {
        using var folder = new Folder();

        File.SetUnixFileMode(folder.Path, (UnixFileMode)Convert.ToInt32(mode, 8));

        Assert.Equal(string.Format(null, expected, folder.Path), folder.Check());
    }

    [Fact]
    public void A_cluster_that_PostgreSQL_would_refuse_is_told()
    {
        using var folder = new Folder();
        Directory.CreateDirectory(folder.In("postgres"), (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(folder.In("postgres"), (UnixFileMode)0b111_111_111);

        Assert.StartsWith($"red: PostgreSQL will not start: {folder.In("postgres")} has mode 777", folder.Check(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Ai":{"ApiKey":"xai-1"}}""", true)]
    [InlineData("""{"Database:ConnectionString":"Host=x;Password=y"}""", true)]
    [InlineData("""{"Ai":{"ApiKey":""}}""", false)]
    [InlineData("""{"Http":{"AllowedOrigins":"https://app.example.com"}}""", false)]
    public void Settings_with_a_secret_that_all_can_read_are_told(string json, bool holdsSecret)
    {
        using var folder = new Folder();
        File.WriteAllText(folder.In("appsettings.json"), json);
        File.SetUnixFileMode(folder.In("appsettings.json"), ReadableByAll);

        Assert.Equal(holdsSecret, folder.Check() == $"yellow: others may read {folder.In("appsettings.json")}, which holds a secret");
    }

    [Fact]
    public void A_folder_that_is_not_there_yet_is_no_fault_unless_it_cannot_be_made()
    {
        using var folder = new Folder();

        Assert.Equal($"green: the data folder {folder.In("a/b")} is made at the first start", Text(RightsCheck.Run(folder.In("a/b"), folder.In("none.json"))));
        Assert.Equal(
            $"red: the data folder {folder.In("audit.key/evolv")} cannot be made in {folder.In("audit.key")}",
            Text(RightsCheck.Run(folder.In("audit.key/evolv"), folder.In("none.json"))));
    }

    [Theory]
    [InlineData(100, true, "red: 100 MB are free for /srv/evolv")]
    [InlineData(3000, true, "yellow: 3000 MB are free for /srv/evolv")]
    [InlineData(9000, true, "green: 9000 MB are free for /srv/evolv")]
    [InlineData(10, false, "red: 10 MB are free for /srv/evolv")]
    [InlineData(100, false, "yellow: 100 MB are free for /srv/evolv")]
    [InlineData(300, false, "green: 300 MB are free for /srv/evolv")]
    public void A_disk_is_full_sooner_when_PostgreSQL_is_on_it(long megabytes, bool holdsDatabase, string expected)
        => Assert.Equal(expected, Text([DiskCheck.Judge("/srv/evolv", megabytes * 1024 * 1024, holdsDatabase)]));

    [Fact]
    public void A_disk_is_looked_at_where_the_folder_will_be()
        => Assert.EndsWith(" MB are free for /tmp/not/there/yet", Text(DiskCheck.Run("/tmp/not/there/yet", holdsDatabase: true)), StringComparison.Ordinal);

    [Theory]
    [InlineData("*", "yellow: pages of every origin may call the API")]
    [InlineData("https://app.example.com, *", "yellow: pages of every origin may call the API")]
    [InlineData("https://app.example.com", "green: pages of https://app.example.com may call the API")]
    [InlineData("http://localhost:3000", "green: pages of http://localhost:3000 may call the API")]
    [InlineData("", "green: Evolv's own pages may call the API, and those of this machine while it listens to nothing else")]
    [InlineData("null", "yellow: pages without an origin (files, sandboxes) may call the API")]
    [InlineData("http://app.example.com", "yellow: http://app.example.com is not encrypted: who sits between may change its pages")]
    [InlineData("https://*.example.com", "yellow: https://*.example.com allows many origins")]
    [InlineData("https://app.example.com/", "red: 'https://app.example.com/' is no origin: browsers say https://app.example.com, which does not match it")]
    [InlineData("app.example.com", "red: 'app.example.com' is no origin: no page will match it")]
    public void Origins_that_are_unusual_are_told(string origins, string expected)
        => Assert.Equal(expected, Text(CorsCheck.Run(new HttpOptions { AllowedOrigins = origins })));

    [Fact]
    public async Task A_clock_before_the_program_was_built_or_far_from_the_database_is_told()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var context = Nothing with { Connections = database.Connections };

        Assert.Equal("green: this machine and the database agree", await ClockAsync(TimeSpan.Zero));
        Assert.StartsWith("yellow: the database's clock is ", await ClockAsync(TimeSpan.FromSeconds(15)), StringComparison.Ordinal);
        Assert.StartsWith("red: the database's clock is ", await ClockAsync(TimeSpan.FromHours(1)), StringComparison.Ordinal);
        Assert.StartsWith("red: the clock says ", await ClockAsync(TimeSpan.FromDays(-9000)), StringComparison.Ordinal);
        Assert.StartsWith("green: 20", Text(await ClockCheck.RunAsync(Nothing, TimeProvider.System, Token)), StringComparison.Ordinal);

        async Task<string> ClockAsync(TimeSpan shift) => Text(await ClockCheck.RunAsync(context, new ShiftedClock(shift), Token));
    }

    [Fact]
    public void Settings_that_nobody_reads_are_told()
        => Assert.Equal(
            "green: set and valid: Urls; yellow: Evolv has no use for PGRST_LOG_LEVEL; yellow: the variable EVOLV_URLS is read by nobody",
            Text(SettingsCheck.Run(["Urls"], ["PGRST_LOG_LEVEL"], ["EVOLV_URLS", "EVOLV__URLS", "EVOLV_ACCEPT", "PATH"])));

    internal static string Text(IEnumerable<DoctorFinding> findings)
        => string.Join("; ", findings.Select(finding => $"{finding.Level.ToString().ToLowerInvariant()}: {finding.Message}"));

    static async Task<string> PortAsync(string urls) => Text(await PortCheck.RunAsync(new ServerOptions { Urls = urls }, Nothing, Token));

    /// <summary>A clock that is wrong.</summary>
    internal sealed class ShiftedClock(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
    }

    sealed class Folder : IDisposable
    {
        internal Folder()
        {
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_001_001);
            foreach (var name in new[] { "postgres.json", "audit.key", "evolv.lock" })
            {
                File.WriteAllText(In(name), "");
                File.SetUnixFileMode(In(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        internal string Path { get; } = Directory.CreateTempSubdirectory("evolv-rights-").FullName;

        internal string In(string name) => System.IO.Path.Combine(Path, name);

        internal string Check() => Text(RightsCheck.Run(Path, In("appsettings.json")));

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
