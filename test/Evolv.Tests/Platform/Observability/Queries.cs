using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Evolv.Tests.Platform.Observability;

/// <summary>The queries of <c>deploy/</c>, and which metrics a query names.</summary>
static partial class Queries
{
    static readonly string Root = FindRoot();

    internal static string Operations => File.ReadAllText(Path.Combine(Root, "docs/operations.md"));

    internal static string Alerts => File.ReadAllText(Path.Combine(Root, "deploy/prometheus/alerts.yml"));

    internal static IReadOnlyList<string> Dashboards => Directory.GetFiles(Path.Combine(Root, "deploy/grafana"), "*.json");

    /// <summary>All expressions, with the file that has them.</summary>
    internal static IEnumerable<(string File, string Query)> All()
    {
        foreach (var file in Dashboards)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var query in Find(json.RootElement))
                yield return (Path.GetFileName(file), query);
        }

        foreach (Match expression in Expression().Matches(Alerts))
            yield return ("alerts.yml", expression.Groups[1].Value);
    }

    /// <summary>What is left of a query when texts, matchers, ranges, groupings, functions and words of the language are gone.</summary>
    internal static string[] MetricsOf(string query)
    {
        var metrics = LabelValues().Match(query) is { Success: true } values ? values.Groups[1].Value : query;
        foreach (var noise in (Regex[])[Matchers(), Ranges(), Groupings(), Functions(), Numbers()])
            metrics = noise.Replace(metrics, " ");
        return [.. Name().Matches(metrics).Select(name => name.Value).Where(name => name is not ("or" or "and" or "unless" or "bool" or "up")).Distinct()];
    }

    static IEnumerable<string> Find(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property is { Name: "expr" or "definition", Value.ValueKind: JsonValueKind.String } ? [property.Value.GetString()!] : Find(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Find),
        _ => [],
    };

    static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../.."));

    [GeneratedRegex(@"expr: >-\n\s+(.+)\n")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^label_values\(([a-zA-Z_:][\w:]*)")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Matchers();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Ranges();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Groupings();

    [GeneratedRegex(@"\b[a-z_]+\s*(?=\()")]
    private static partial Regex Functions();

    [GeneratedRegex(@"(?<![\w:])\d+(\.\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"[a-zA-Z_:][\w:]*")]
    private static partial Regex Name();
}
