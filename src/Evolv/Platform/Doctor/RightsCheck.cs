using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Evolv.Platform.Postgres;
using Evolv.Platform.Settings;

namespace Evolv.Platform.Doctor;

/// <summary>Who may read and write what Evolv keeps in files.</summary>
static class RightsCheck
{
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    const UnixFileMode Readers = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    const UnixFileMode Writers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    static readonly string[] Secrets = ["postgres.json", "audit.key", "evolv.lock"];

    // Names of settings whose values are secrets.
    static readonly string[] SecretSettings = ["ApiKey", "ConnectionString", "PoolConnectionString", "JwtSecret", "Password"];

    internal static IReadOnlyList<DoctorFinding> Run(ServerOptions options)
        => Run(Installation.FolderOf(options), Path.Combine(SettingsExtensions.HomeFolder, "appsettings.json"));

    internal static IReadOnlyList<DoctorFinding> Run(string folder, string settingsFile)
    {
        var findings = new List<DoctorFinding>();
        if (!Directory.Exists(folder))
        {
            var parent = folder;
            while (!Path.Exists(parent))
                parent = Path.GetDirectoryName(parent)!;
            findings.Add(Directory.Exists(parent) && MayWrite(parent)
                ? DoctorFinding.Green($"the data folder {folder} is made at the first start")
                : DoctorFinding.Red($"the data folder {folder} cannot be made in {parent}", "Choose another with --data, or give this user the right."));
        }
        else
        {
            findings.AddRange(CheckFolder(folder));
            findings.AddRange(Secrets.Select(name => Path.Combine(folder, name)).Where(File.Exists).Select(CheckSecret).OfType<DoctorFinding>());
            if (Directory.Exists(Path.Combine(folder, "postgres")))
                findings.AddRange(CheckCluster(Path.Combine(folder, "postgres")));
        }

        if (CheckSettings(settingsFile) is { } open)
            findings.Add(open);
        return findings.Count > 0 ? findings : [DoctorFinding.Green($"{folder} is ours, and its secrets are closed")];
    }

    static IEnumerable<DoctorFinding> CheckFolder(string folder)
    {
        var mode = File.GetUnixFileMode(folder);
        if (!MayWrite(folder))
            yield return DoctorFinding.Red($"the data folder {folder} cannot be written", "Give it to the user who runs Evolv: chown, or choose another with --data.");
        if ((mode & Writers) != 0)
            yield return DoctorFinding.Red($"others may write into {folder} (mode {Octal(mode)})", $"chmod 711 {folder}");
        else if ((mode & Readers) != 0)
            yield return DoctorFinding.Yellow($"others may list {folder} (mode {Octal(mode)})", $"chmod 711 {folder}; every start of Evolv does it, too");
        if (OwnerOf(folder) is { } owner && owner != UserId())
            yield return DoctorFinding.Red($"{folder} belongs to user {owner} and this is user {UserId()}", "Run doctor and Evolv as one user, or chown the folder.");
    }

    static DoctorFinding? CheckSecret(string file)
    {
        var mode = File.GetUnixFileMode(file);
        return (mode & Others) == 0 ? null : DoctorFinding.Red($"others may read {file} (mode {Octal(mode)})", $"chmod 600 {file}; if others were on this machine, change what is in it");
    }

    // PostgreSQL itself refuses to start with other rights.
    static IEnumerable<DoctorFinding> CheckCluster(string cluster)
    {
        var mode = File.GetUnixFileMode(cluster);
        if ((mode & (Others & ~(UnixFileMode.GroupRead | UnixFileMode.GroupExecute))) != 0)
            yield return DoctorFinding.Red($"PostgreSQL will not start: {cluster} has mode {Octal(mode)}", $"chmod 700 {cluster}");
        var wanted = PostgresUser.Required?.UserId ?? UserId();
        if (OwnerOf(cluster) is { } owner && owner != wanted)
        {
            yield return DoctorFinding.Red(
                $"PostgreSQL will not start: {cluster} belongs to user {owner} and PostgreSQL runs as user {wanted}", $"chown -R {wanted} {cluster}, while Evolv is stopped");
        }
    }

    static DoctorFinding? CheckSettings(string file)
    {
        if (!File.Exists(file) || (File.GetUnixFileMode(file) & Readers) == 0)
            return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return HoldsSecret(json.RootElement)
                ? DoctorFinding.Yellow($"others may read {file}, which holds a secret", $"chmod 600 {file}, or set the secret in the environment")
                : null;
        }
        catch (Exception exception) when (exception is JsonException or UnauthorizedAccessException)
        {
            return null; // What is wrong with it is told with the settings.
        }
    }

    static bool HoldsSecret(JsonElement element) => element.ValueKind == JsonValueKind.Object && element.EnumerateObject().Any(property =>
        (SecretSettings.Any(name => property.Name.EndsWith(name, StringComparison.OrdinalIgnoreCase)) && property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() != "")
        || HoldsSecret(property.Value));

    static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    static bool MayWrite(string folder) => Ask("test", "-w", folder).ExitCode == 0;

    // .NET has no word for the owner of a file, nor for oneself.
    static int? OwnerOf(string path)
        => Ask("ls", "-nd", path).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var owner, ..] && int.TryParse(owner, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    static int UserId() => int.Parse(Ask("id", "-u").Output, CultureInfo.InvariantCulture);

    static (int ExitCode, string Output) Ask(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
