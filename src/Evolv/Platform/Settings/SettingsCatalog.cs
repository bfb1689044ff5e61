using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Xml.Linq;

namespace Evolv.Platform.Settings;

/// <summary>One setting as operators see it.</summary>
/// <param name="Key">Its name in appsettings.json, with colons: <c>Auth:JwtExpirySeconds</c>.</param>
/// <param name="Type">What it takes: text, number, true or false.</param>
/// <param name="Default">The value that holds without a setting.</param>
/// <param name="Range">The allowed values, or an empty text.</param>
/// <param name="Description">The summary of the option's property.</param>
sealed record Setting(string Key, string Type, string Default, string Range, string Description)
{
    const string AnyName = "*";

    /// <summary>Whether it is meant by this key; <c>*</c> in its own stands for a name that the operator chooses.</summary>
    internal bool IsNamed(string key)
    {
        var (ours, theirs) = (Key.Split(':'), key.Split(':'));
        return ours.Length == theirs.Length &&
            ours.Zip(theirs).All(part => part.First == AnyName || string.Equals(part.First, part.Second, StringComparison.OrdinalIgnoreCase));
    }

    internal string EnvironmentVariable => "EVOLV__" + Key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal);
}

/// <summary>A section of the configuration and the class that it fills.</summary>
sealed record SettingsSection(string Name, Type OptionsType);

/// <summary>
/// All settings, read from the options classes themselves: unknown names are found with it, and
/// <c>docs/configuration.md</c> is made of it.
/// </summary>
static class SettingsCatalog
{
    internal static IReadOnlyList<Setting> Read(IEnumerable<SettingsSection> sections)
    {
        var documentation = ReadDocumentation();
        return [.. sections.SelectMany(section => Read(section, documentation))];
    }

    /// <summary>Refuses a name that no setting has: a typing error would otherwise be a default that nobody notices.</summary>
    internal static void RefuseUnknown(IConfiguration ours, IReadOnlyList<Setting> settings)
    {
        foreach (var (key, value) in ours.AsEnumerable())
        {
            if (value is null || settings.Any(setting => setting.IsNamed(key)) || key.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase))
                continue;
            var nearest = settings.Select(setting => setting.Key).MinBy(name => Distance(name.ToUpperInvariant(), key.ToUpperInvariant()));
            throw new SetupException($"{key} is not a setting of Evolv; did you mean {nearest}? All are in docs/configuration.md.");
        }
    }

    /// <summary>The text of <c>docs/configuration.md</c>.</summary>
    internal static string ToMarkdown(IReadOnlyList<Setting> settings)
    {
        var lines = new List<string>
        {
            "# Configuration",
            "",
            "Made by `./evolv types` from the options classes; do not edit. Every setting has a default that works.",
            "Later sources win: the default, `appsettings.json` in Evolv's folder, the environment variable, the option of `./evolv start`.",
            "Dashes and underscores in a name do not count: `Rest:db-max-rows` and `EVOLV__REST__DB_MAX_ROWS` are `Rest:DbMaxRows`. PostgREST's",
            "own variables (`PGRST_DB_SCHEMAS`, `PGRST_DB_URI`, `PGRST_SERVER_PORT`, …) are taken, too; ours win over them.",
            "A wrong value or an unknown name ends the start with one line that says what to do. The level of the log is",
            "`Logging:LogLevel:Default`, as in every ASP.NET Core program.",
            "",
            "| Setting | Environment variable | Type | Default | Meaning |",
            "|---|---|---|---|---|",
        };
        lines.AddRange(settings.Select(setting =>
        {
            var type = setting.Range.Length > 0 ? $"{setting.Type}, {setting.Range}" : setting.Type;
            var @default = setting.Default.Length > 0 ? $"`{setting.Default}`" : "";
            return $"| `{setting.Key}` | `{setting.EnvironmentVariable}` | {type} | {@default} | {setting.Description} |";
        }));
        return string.Join('\n', lines) + "\n";
    }

    static IEnumerable<Setting> Read(SettingsSection section, Dictionary<string, string> documentation)
    {
        var defaults = Activator.CreateInstance(section.OptionsType)!;
        foreach (var property in section.OptionsType.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var range = property.GetCustomAttribute<RangeAttribute>();
            yield return new Setting(
                section.Name.Length > 0 ? $"{section.Name}:{property.Name}" : property.Name,
                TypeName(property.PropertyType),
                Text(property.GetValue(defaults)),
                range is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}"),
                documentation.GetValueOrDefault($"P:{section.OptionsType.FullName}.{property.Name}", ""));
        }
    }

    static string Text(object? value) => value switch
    {
        null => "",
        true => "true",
        false => "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    static string TypeName(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double or TypeCode.Decimal => "number",
        _ => "text",
    };

    // The compiler writes the /// comments beside the program.
    static Dictionary<string, string> ReadDocumentation()
    {
        var file = Path.ChangeExtension(typeof(SettingsCatalog).Assembly.Location, ".xml");
        if (!File.Exists(file))
            return [];
        return XDocument.Load(file).Descendants("member").ToDictionary(
            member => member.Attribute("name")!.Value,
            member => string.Join(' ', Flatten(member.Element("summary")).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)));
    }

    static string Flatten(XElement? element)
        => element is null ? "" : string.Concat(element.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement inner => inner.Attribute("cref")?.Value.Split('.')[^1] ?? inner.Value,
            _ => "",
        }));

    // Levenshtein's distance; the names are short.
    static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, substitution);
            }

            previous = current;
        }

        return previous[^1];
    }
}
