using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Evolv.Platform.Postgres;

/// <summary>
/// The folder that holds everything of one installation. Deleting it uninstalls Evolv. While this object lives, no other
/// Evolv can use the folder.
/// </summary>
sealed class DataFolder : IDisposable
{
    /// <summary>What the embedded PostgreSQL needs to be found again; unique for each installation.</summary>
    /// <param name="Port">Loopback port, random and kept.</param>
    /// <param name="Password">Of the superuser <c>postgres</c>.</param>
    internal sealed record PostgresSecret(int Port, string Password);

    readonly FileStream? _lock;

    DataFolder(string path, FileStream? @lock) => (Path, _lock) = (path, @lock);

    internal string Path { get; }

    internal string ClusterPath => System.IO.Path.Combine(Path, "postgres");

    string SecretPath => System.IO.Path.Combine(Path, "postgres.json");

    /// <summary>Makes the folder if need be and locks it for this process.</summary>
    /// <exception cref="SetupException">Another Evolv holds it, or it cannot be written.</exception>
    internal static DataFolder Lock(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            // 0711: the unprivileged user that runs PostgreSQL must get through to its own folder, but read nothing.
            File.SetUnixFileMode(path, (UnixFileMode)0b111_001_001);
            var file = new FileStream(System.IO.Path.Combine(path, "evolv.lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None, // An advisory lock that ends with the process, also by kill -9.
                UnixCreateMode = OwnerOnly,
            });
            return new DataFolder(path, file);
        }
        catch (UnauthorizedAccessException)
        {
            throw new SetupException($"The data folder {path} cannot be written; choose another with --data, or give this user the right.");
        }
        catch (IOException exception)
        {
            throw new SetupException(Directory.Exists(path)
                ? $"Another Evolv is running on the data folder {path}; stop it, or choose another with --data."
                : $"The data folder {path} cannot be made ({exception.Message}); choose another with --data.");
        }
    }

    /// <summary>For tools that talk to a running Evolv.</summary>
    internal static DataFolder Open(string path) => new(System.IO.Path.GetFullPath(path), null);

    /// <summary>Whether an Evolv holds the folder now.</summary>
    internal bool IsLocked
    {
        get
        {
            var path = System.IO.Path.Combine(Path, "evolv.lock");
            if (!File.Exists(path))
                return false;
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    /// <summary>The secret of this installation, or null before its first start.</summary>
    internal PostgresSecret? ReadSecret()
        => File.Exists(SecretPath)
            ? JsonSerializer.Deserialize<PostgresSecret>(File.ReadAllText(SecretPath), JsonSerializerOptions.Web)
            : null;

    internal PostgresSecret ReadOrCreateSecret()
    {
        if (ReadSecret() is { } existing)
            return existing;
        var secret = new PostgresSecret(FreePort(), RandomNumberGenerator.GetHexString(48, lowercase: true));
        Save(secret);
        return secret;
    }

    /// <summary>Another port for the same cluster, when somebody took the old one.</summary>
    internal PostgresSecret MovePort(PostgresSecret secret)
    {
        var moved = secret with { Port = FreePort() };
        Save(moved);
        return moved;
    }

    internal bool HasCluster => File.Exists(System.IO.Path.Combine(ClusterPath, "PG_VERSION"));

    internal static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _lock?.Dispose();

    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    void Save(PostgresSecret secret)
    {
        var temporary = SecretPath + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            JsonSerializer.Serialize(file, secret, JsonSerializerOptions.Web);
        }

        File.Move(temporary, SecretPath, overwrite: true);
    }

    /// <summary>A loopback port that nobody listens on now.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
