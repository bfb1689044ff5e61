using System.Globalization;
using System.Text.RegularExpressions;

namespace Evolv.Tests.Platform.Observability;

/// <summary>One sample of a Prometheus answer.</summary>
sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Reads Prometheus' text format 0.0.4 strictly: whatever its description does not allow throws.</summary>
sealed partial class Exposition
{
    readonly Dictionary<string, string> _types = [];

    Exposition(string text)
    {
        var samples = new List<Sample>();
        var seen = new HashSet<string>();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        foreach (var line in text[..^1].Split('\n'))
        {
            if (Type().Match(line) is { Success: true } type)
                Assert.True(_types.TryAdd(type.Groups[1].Value, type.Groups[2].Value), $"a second type: {line}");
            else if (!Help().IsMatch(line))
                samples.Add(ReadSample(line, seen));
        }

        Samples = samples;
        foreach (var sample in samples)
            Assert.True(_types.ContainsKey(FamilyOf(sample.Name)), $"{sample.Name} has no type");
    }

    internal IReadOnlyList<Sample> Samples { get; }

    /// <summary>All names that a query may use.</summary>
    internal IReadOnlySet<string> Names => Samples.Select(sample => sample.Name).ToHashSet();

    internal static Exposition Read(string text) => new(text);

    internal double Sum(string name) => Samples.Where(sample => sample.Name == name).Sum(sample => sample.Value);

    // Histograms have their type under the name without a suffix, and their buckets only grow.
    string FamilyOf(string name)
        => Suffix().Match(name) is { Success: true } suffix && _types.GetValueOrDefault(name[..suffix.Index]) == "histogram" ? name[..suffix.Index] : name;

    static Sample ReadSample(string line, HashSet<string> seen)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, $"not a sample: {line}");
        var labels = new Dictionary<string, string>();
        foreach (var (name, value) in match.Groups["label"].Captures.Zip(match.Groups["text"].Captures))
            Assert.True(labels.TryAdd(name.Value, value.Value), $"a label comes twice: {line}");
        Assert.True(seen.Add($"{match.Groups["name"].Value} {string.Join(',', labels.OrderBy(label => label.Key))}"), $"a series comes twice: {line}");
        var number = match.Groups["value"].Value;
        return new(match.Groups["name"].Value, labels, number switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" or "Nan" => double.NaN,
            _ => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
    }

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$")]
    private static partial Regex Type();

    [GeneratedRegex(@"^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* (\\\\|\\n|[^\\])*|UNIT .*|EOF)$")]
    private static partial Regex Help();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>(\\\\|\\"|\\n|[^"\\])*)"(,(?=[a-zA-Z_])|(?=\})))*\})? (?<value>\S+)( \d+)?$""")]
    private static partial Regex Line();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
