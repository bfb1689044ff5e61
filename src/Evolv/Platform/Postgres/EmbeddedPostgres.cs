using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace Evolv.Platform.Postgres;

/// <summary>
/// A PostgreSQL of our own in the data folder. One thread starts the server, waits for its end and starts it again:
/// after <c>kill -9</c> the first tries fail while orphaned backends still hold the shared memory, so it backs off and
/// never gives up. The server dies with this process (Linux), and one that was left behind is stopped before ours starts.
/// </summary>
sealed class EmbeddedPostgres(DataFolder folder, ILogger<EmbeddedPostgres> logger) : IAsyncDisposable
{
    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    readonly string _native = PostgresBinaries.Find();
    readonly CancellationTokenSource _stopping = new();
    DataFolder.PostgresSecret _secret = folder.ReadOrCreateSecret();
    Thread? _supervisor;
    volatile Process? _server;

    /// <summary>The superuser's login. Known before the server runs.</summary>
    internal NpgsqlConnectionStringBuilder Owner => OwnerOf(_secret);

    internal static NpgsqlConnectionStringBuilder OwnerOf(DataFolder.PostgresSecret secret) => new()
    {
        Host = "127.0.0.1",
        Port = secret.Port,
        Username = "postgres",
        Password = secret.Password,
        Database = "postgres",
    };

    internal string LogFile => Path.Combine(folder.ClusterPath, "log", "postgres.log");

    /// <summary>Readies the port. Call before <see cref="Owner"/> is handed to anybody.</summary>
    internal void Prepare()
    {
        StopLeftBehind();
        if (!DataFolder.IsFree(_secret.Port))
            _secret = folder.MovePort(_secret);
    }

    /// <summary>Makes the cluster at the first start, starts the server and waits until it answers.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!folder.HasCluster)
            await Task.Run(Initialize, cancellationToken);
        WriteConfiguration();

        _supervisor = new Thread(Supervise) { Name = "postgres supervisor", IsBackground = true };
        _supervisor.Start();
        await WaitUntilReadyAsync(cancellationToken);
        logger.PostgresStarted(_secret.Port, _server?.Id ?? 0);
    }

    /// <summary>Ends all sessions, writes a checkpoint and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        var server = _server;
        if (server is not null && _supervisor is { IsAlive: true })
        {
            _ = Signal(server.Id, FastShutdown);
            if (!await Task.Run(() => _supervisor.Join(TimeSpan.FromSeconds(2))))
            {
                // Its checkpoint takes long; the WAL has everything, and the next start replays it.
                _ = Signal(server.Id, ImmediateShutdown);
                _supervisor.Join(TimeSpan.FromSeconds(2));
            }
        }

        _stopping.Dispose();
    }

    // --- The cluster -------------------------------------------------------------------------------------------------

    void Initialize()
    {
        var cluster = folder.ClusterPath;
        if (Directory.Exists(cluster))
            Directory.Delete(cluster, recursive: true); // An initdb that was interrupted.
        Directory.CreateDirectory(cluster, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var passwordFile = Path.Combine(folder.Path, "initdb.password");
        File.WriteAllText(passwordFile, _secret.Password);
        File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        try
        {
            if (PostgresUser.Required is { } user)
            {
                Run("chown", [user.Name, cluster, passwordFile]);
            }

            Run(PostgresUser.Wrap(Program("initdb"),
            [
                "-D", cluster, "-U", "postgres", $"--pwfile={passwordFile}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-instructions",
                // Independent of the system's locales: the same order of text on every machine.
                "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            ], folder.Path));
        }
        finally
        {
            File.Delete(passwordFile);
        }

        File.AppendAllText(Path.Combine(cluster, "postgresql.conf"), "\ninclude_if_exists = 'evolv.conf'\n");
    }

    void WriteConfiguration()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024);
        var socketFolder = folder.ClusterPath.Length < 80 ? folder.ClusterPath : ""; // The kernel allows 107 bytes.
        var path = Path.Combine(folder.ClusterPath, "evolv.conf");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"""
            # Written by Evolv at each start; put your own settings into postgresql.auto.conf (ALTER SYSTEM).
            listen_addresses = '127.0.0.1'
            port = {_secret.Port}
            unix_socket_directories = '{socketFolder}'
            unix_socket_permissions = 0700
            max_connections = 200
            shared_buffers = {Math.Clamp(memory / 16, 64, 2048)}MB
            effective_cache_size = {Math.Clamp(memory / 2, 256, 65536)}MB
            work_mem = 8MB
            maintenance_work_mem = {Math.Clamp(memory / 32, 32, 512)}MB
            wal_level = logical
            max_wal_size = 2GB
            max_slot_wal_keep_size = 512MB
            max_replication_slots = 100
            max_wal_senders = 100
            wal_compression = pglz
            checkpoint_timeout = 15min
            random_page_cost = 1.1
            jit = off
            logging_collector = on
            log_directory = 'log'
            log_filename = 'postgres.log'
            log_rotation_age = 0
            log_rotation_size = 50MB
            log_truncate_on_rotation = on
            log_line_prefix = '%m [%p] %q%u@%d '
            lc_messages = 'C'
            timezone = 'UTC'
            log_timezone = 'UTC'

            """));
        if (PostgresUser.Required is { } user)
            Run("chown", [user.Name, path]);
    }

    // --- The process -------------------------------------------------------------------------------------------------

    // Linux sends the parent-death signal when the *thread* that forked ends, so this thread stays as long as the server.
    void Supervise()
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!_stopping.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            using var server = Process.Start(PostgresUser.Wrap(Program("postgres"), ["-D", folder.ClusterPath], folder.Path))!;
            server.StandardInput.Close();
            server.OutputDataReceived += (_, _) => { };
            server.ErrorDataReceived += (_, _) => { };
            server.BeginOutputReadLine();
            server.BeginErrorReadLine();
            _server = server;
            server.WaitForExit();
            _server = null;
            if (_stopping.IsCancellationRequested)
                return;

            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(10))
                pause = TimeSpan.FromMilliseconds(100);
            logger.PostgresEnded(server.ExitCode, pause, LogFile);
            _stopping.Token.WaitHandle.WaitOne(pause);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                var login = Owner;
                login.Pooling = false;
                login.Timeout = 5;
#pragma warning disable RS0030 // Asks only whether the server answers.
                await using var connection = new NpgsqlConnection(login.ConnectionString);
#pragma warning restore RS0030
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw new SetupException(
                    $"postgres.json does not belong to the cluster in {folder.ClusterPath}; restore it, or start with another folder (--data).");
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(started) < StartTimeout)
            {
                await Task.Delay(50, cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw new SetupException(
                    $"PostgreSQL did not start within {StartTimeout.TotalSeconds} s ({exception.Message}); its log is {LogFile}.");
            }
        }
    }

    /// <summary>Stops a server that outlived the Evolv that started it (only where there is no parent-death signal).</summary>
    void StopLeftBehind()
    {
        var pidFile = Path.Combine(folder.ClusterPath, "postmaster.pid");
        if (!File.Exists(pidFile) || !int.TryParse(File.ReadLines(pidFile).FirstOrDefault(), out var id))
            return;
        try
        {
            using var process = Process.GetProcessById(id);
            if (!process.ProcessName.StartsWith("postgres", StringComparison.Ordinal))
                return;
            logger.PostgresLeftBehind(id);
            foreach (var signal in (ReadOnlySpan<int>)[FastShutdown, ImmediateShutdown, Kill])
            {
                _ = Signal(id, signal);
                if (process.WaitForExit(TimeSpan.FromSeconds(3)))
                    return;
            }
        }
        catch (ArgumentException)
        {
            // Nobody has this id any more: PostgreSQL itself removes the stale file.
        }
    }

    // --- Tools -------------------------------------------------------------------------------------------------------

    const int FastShutdown = 2; // SIGINT
    const int ImmediateShutdown = 3; // SIGQUIT
    const int Kill = 9;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Signal(int processId, int signal);

    string Program(string name) => Path.Combine(_native, "bin", name);

    /// <exception cref="SetupException">It ends with another code than 0.</exception>
    internal static void Run(string program, IEnumerable<string> arguments)
        => Run(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });

    static void Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return;
        var reason = (error.Result.Length > 0 ? error.Result : output.Result).ReplaceLineEndings(" ").Trim();
        throw new SetupException($"{Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList.Take(6))} failed: {reason}");
    }
}
