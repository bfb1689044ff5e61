using System.Diagnostics;
using System.Globalization;

namespace Evolv.Platform.Postgres;

/// <summary>
/// PostgreSQL refuses to run as root. Under root it runs as a system user that owns the cluster and nothing else; under
/// any other user it runs as that user.
/// </summary>
sealed record PostgresUser(string Name, int UserId, int GroupId)
{
    const string PreferredName = "evolv-postgres";

    static readonly Lazy<PostgresUser?> LazyRequired = new(Find);

    /// <summary>Null when this process is not root.</summary>
    internal static PostgresUser? Required => LazyRequired.Value;

    /// <summary>
    /// How to start a program of PostgreSQL: as the unprivileged user, and (Linux) so that it ends with the thread that
    /// starts it.
    /// </summary>
    internal static ProcessStartInfo Wrap(string program, IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo
        {
            FileName = program,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        if (OperatingSystem.IsLinux())
        {
            start.FileName = "setpriv";
            start.ArgumentList.Add("--pdeathsig=INT");
            if (Required is { } user)
            {
                start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--reuid={user.UserId}"));
                start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--regid={user.GroupId}"));
                start.ArgumentList.Add("--clear-groups");
                if (!IsReachable(folder))
                {
                    // The data lie below a folder that only root may enter. This capability lets PostgreSQL pass through; it
                    // gives no right to write.
                    start.ArgumentList.Add("--inh-caps=+dac_read_search");
                    start.ArgumentList.Add("--ambient-caps=+dac_read_search");
                }
            }

            start.ArgumentList.Add(program);
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }

    static PostgresUser? Find()
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        // useradd is missing on some small images; nobody exists everywhere.
        if (Lookup(PreferredName) is null)
            _ = TryRun("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", PreferredName);
        return Lookup(PreferredName) ?? Lookup("nobody") ?? throw new SetupException(
            "PostgreSQL refuses to run as root, and there is no other user to run it; start Evolv as an ordinary user.");
    }

    static PostgresUser? Lookup(string name)
        => int.TryParse(TryRun("id", "-u", name), CultureInfo.InvariantCulture, out var user) &&
            int.TryParse(TryRun("id", "-g", name), CultureInfo.InvariantCulture, out var group)
            ? new PostgresUser(name, user, group)
            : null;

    /// <summary>Whether every user may enter this folder.</summary>
    internal static bool IsReachable(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;
        }

        return true;
    }

    static string? TryRun(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
