using System.Collections;
using Evolv.Platform.Settings;

namespace Evolv.Platform.Doctor;

/// <summary>Settings were validated before; here are those that nobody reads.</summary>
static class SettingsCheck
{
    const string Prefix = "EVOLV_";

    // Of ./evolv and of the tests.
    static readonly string[] Ours = ["EVOLV_ACCEPT", "EVOLV_WRITE_MATRIX", "EVOLV_SURVIVAL_ROUNDS"];

    internal static IReadOnlyList<DoctorFinding> Run(IConfiguration configuration, IReadOnlyList<Setting> settings)
        => Run(
            [.. settings.Select(setting => setting.Key).Where(key => configuration[key] is not null)], PostgrestVariables.Read().Ignored,
            Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => (string)variable.Key));

    // Names alone: some of the values are secrets.
    internal static IReadOnlyList<DoctorFinding> Run(string[] set, IReadOnlyList<string> ignored, IEnumerable<string> environment)
    {
        var findings = new List<DoctorFinding>
        {
            DoctorFinding.Green(set.Length == 0 ? "all settings have their defaults" : $"set and valid: {string.Join(", ", set)}"),
        };
        if (ignored.Count > 0)
            findings.Add(DoctorFinding.Yellow($"Evolv has no use for {string.Join(", ", ignored)}", "Remove them, or see docs/configuration.md for what takes their place."));
        foreach (var name in environment.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !name.StartsWith("EVOLV__", StringComparison.Ordinal)).Except(Ours))
            findings.Add(DoctorFinding.Yellow($"the variable {name} is read by nobody", $"Names of settings begin with two underscores: EVOLV__{name[Prefix.Length..].TrimStart('_')}."));
        return findings;
    }
}
