using System.Collections.Immutable;
using Evolv.Platform.Data;

namespace Evolv.Platform.Lint;

/// <summary>
/// One check, read from <c>Lints/&lt;name&gt;.sql</c>: a header of <c>-- key: value</c> lines, which go on where indented, and
/// one SELECT of (detail, metadata, cache key) for each thing that is wrong. It has Supabase's name where Supabase has this
/// check, so that its documentation is found. <c>Requires</c> is a relation that the SELECT names and that need not exist;
/// without it there is nothing to check.
/// </summary>
sealed record LintRule(
    string Name, string Title, LintLevel Level, string Category, string Description, string Remediation, string? Requires, string Sql)
{
    internal static ImmutableArray<LintRule> All { get; } =
        [.. MigrationFile.In("src/Platform/Lint/Lints/").Select(file => Parse(Path.GetFileNameWithoutExtension(file.Name), file.Text))];

    internal static LintRule Parse(string name, string text)
    {
        var header = new Dictionary<string, string>();
        var key = "";
        foreach (var line in text.Split('\n').TakeWhile(line => line.StartsWith("-- ", StringComparison.Ordinal)))
        {
            if (line.StartsWith("--   ", StringComparison.Ordinal))
            {
                header[key] += ' ' + line[5..].Trim();
            }
            else
            {
                (key, var value) = line[3..].Split(": ", 2) is [var first, var second]
                    ? (first, second.Trim())
                    : throw new FormatException($"{name}.sql: \"{line}\" is not \"-- key: value\"");
                header.Add(key, value);
            }
        }

        return new LintRule(
            name, header["title"], Enum.Parse<LintLevel>(header["level"], ignoreCase: true), header["category"], header["description"],
            header["remediation"], header.GetValueOrDefault("requires"), text);
    }
}
