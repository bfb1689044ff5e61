using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Evolv.Tests.Platform.Lint;

/// <summary>
/// <c>Cases/&lt;lint&gt;.sql</c>: a script under <c>-- trips</c>, which may say how often and which other lints cannot but trip
/// with it, and one under <c>-- does not trip</c>. <c>Expected</c> names each finding of the first.
/// </summary>
sealed partial record LintCase(string[] Expected, string Trips, string DoesNotTrip)
{
    const string Folder = "test/Platform/Lint/";
    const string Good = "\n-- does not trip\n";

    internal static IEnumerable<string> Names
        => Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder + "Cases/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name));

    internal static LintCase Of(string lint)
    {
        var text = Resource($"Cases/{lint}.sql");
        var heading = Heading().Match(text);
        Assert.True(heading.Success, $"{lint}.sql begins with -- trips");
        var parts = text.Split(Good);
        Assert.Equal(2, parts.Length);
        var times = heading.Groups["times"] is { Success: true, Value: var digits }
            ? int.Parse(digits, CultureInfo.InvariantCulture)
            : 1;
        var others = heading.Groups["others"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries);
        return new LintCase(
            [.. Enumerable.Repeat(lint, times).Concat(others).Order(StringComparer.Ordinal)], parts[0], parts[1]);
    }

    [GeneratedRegex(@"^-- trips( (?<times>\d+) times)?(, and with it (?<others>[a-z_, ]+))?\n")]
    private static partial Regex Heading();

    internal static string Resource(string path)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + path)
            ?? throw new InvalidOperationException($"test/Evolv.Tests/Platform/Lint/{path} is missing");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
