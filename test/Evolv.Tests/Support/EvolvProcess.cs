using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>The program as an operator runs it: a process of its own with its embedded PostgreSQL, to be killed.</summary>
sealed class EvolvProcess(params (string Key, string Value)[] environment) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly string _folder = Directory.CreateTempSubdirectory("evolv-process-").FullName;
    readonly int _port = DataFolder.FreePort();
    readonly StringBuilder _log = new();
    Process? _process;

    internal string DataPath => Path.Combine(_folder, "data");

    internal string Url => $"http://127.0.0.1:{_port}";

    /// <summary>An address beside it.</summary>
    internal string? AlsoAt { get; init; }

    /// <summary>What it has written to standard error so far.</summary>
    internal string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    internal int Id => _process!.Id;

    internal bool IsRunning => _process is { HasExited: false };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts it and returns what it printed until it was ready.</summary>
    internal async Task<string> StartAsync(params string[] options)
    {
        _process = Process.Start(Command(["start", "--data", DataPath, "--urls", AlsoAt is null ? Url : $"{Url};{AlsoAt}", .. options], environment))!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
        var banner = new StringBuilder();
        while (await _process.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            banner.AppendLine(line);
            if (line.StartsWith("./evolv status", StringComparison.Ordinal))
                return banner.ToString();
        }

        await _process.WaitForExitAsync(Token);
        throw new InvalidOperationException($"Evolv ended with {_process.ExitCode}: {banner}{Log}");
    }

    /// <summary>Runs a verb to its end.</summary>
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments, params (string Key, string Value)[] environment)
    {
        using var process = Process.Start(Command(arguments, environment))!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await error);
    }

    internal void KillEvolv() => _process!.Kill();

    /// <summary>kill -9 of the postmaster alone: its children notice by themselves.</summary>
    internal void KillPostgres()
    {
        using var postmaster = Process.GetProcessById(PostmasterId);
        postmaster.Kill();
    }

    internal int PostmasterId
        => int.Parse(File.ReadLines(Path.Combine(DataPath, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>SIGTERM; returns how long it took to end, and the exit code.</summary>
    internal async Task<(TimeSpan Elapsed, int ExitCode)> TerminateAsync()
    {
        var started = Stopwatch.GetTimestamp();
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(Token);
        return (Stopwatch.GetElapsedTime(started), _process.ExitCode);
    }

    internal Task WaitForExitAsync() => _process!.WaitForExitAsync(Token);

    bool HasItsOwnPostgres => Directory.Exists(Path.Combine(DataPath, "postgres"));

    internal ConnectionStrings Connections
        => ConnectionStrings.From(new DatabaseOptions(), EmbeddedPostgres.OwnerOf(DataFolder.Open(DataPath).ReadSecret()!));

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var owner = await Migrator.OpenOwnerAsync(Connections, Token);
        await using var command = new NpgsqlCommand(sql, owner) { CommandTimeout = 60 };
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }

    internal async Task<HttpClient> ServiceAsync()
    {
        var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(10) };
        client.DefaultRequestHeaders.Add("apikey", await ScalarAsync<string>("select api_key from auth.api_keys where kind = 'secret'"));
        return client;
    }

    internal async Task WaitUntilReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync("/readyz", Token);
                if (answer.IsSuccessStatusCode)
                {
                    // What /readyz says may be a second old.
                    if (HasItsOwnPostgres)
                        await ScalarAsync<int>("select 1");
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException or NpgsqlException)
            {
                // Not there yet.
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"not ready after {Patience}: {Log}");
            await Task.Delay(50, Token);
        }
    }

    internal static bool Exists(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            await TerminateAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    static ProcessStartInfo Command(string[] arguments, params (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ConnectionStrings).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Tests are floods from one address.
            Environment = { ["EVOLV__RATELIMITS__ENABLED"] = "false" },
        };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        return start;
    }

    /// <summary>Reads one value of <c>status -o json</c>.</summary>
    internal async Task<string> StatusAsync(string name)
    {
        var (_, output, _) = await RunAsync(["status", "-o", "json", "--data", DataPath]);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty(name).GetString()!;
    }
}
