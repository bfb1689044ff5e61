using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Evolv.Tests;

/// <summary>Reads the source and keeps the rules of the house (docs/architecture.md).</summary>
public sealed partial class ArchitectureTests
{
    static readonly string[] Slices = ["profiles", "growth", "social", "guilds", "learning", "certification", "career"];

    static readonly string[] Families = ["Auth", "Rest", "Realtime", "Functions"];

    static readonly string Root = FindRoot();

    [Fact]
    public void Platform_knows_nobody()
        => Assert.Empty(Uses("src/Evolv/Platform", [.. Families, "Features"]));

    [Fact]
    public void Families_know_the_platform_and_not_each_other()
        => Assert.Empty(Families.SelectMany(family =>
            Uses($"src/Evolv/{family}", [.. Families.Where(other => other != family), "Features"])));

    [Fact]
    public void Features_know_functions_and_the_platform()
        => Assert.Empty(Uses("src/Evolv/Features", ["Auth", "Rest", "Realtime"]));

    [Fact]
    public void A_slice_never_names_another_slice()
        => Assert.Empty(Slices.Select(Pascal).SelectMany(slice => Uses(
            $"src/Evolv/Features/{slice}",
            [.. Slices.Select(Pascal).Where(other => other != slice).Select(other => $"Features.{other}")])));

    [Theory]
    [InlineData("src/Evolv/Features")]
    [InlineData("test/Evolv.Tests/Features")]
    [InlineData("web/src/features")]
    public void Folders_of_slices_are_named_from_the_closed_list(string folder)
        => Assert.Empty(Subfolders(folder).Select(name => name.ToLowerInvariant()).Except(Slices));

    [Fact]
    public void Migrations_are_named_after_their_slice()
        => Assert.All(
            Directory.GetFiles(Path.Combine(Root, "db/migrations")).Select(Path.GetFileName),
            name => Assert.Matches($@"^\d{{12}}_({string.Join('|', Slices)})(_[a-z_]+)?\.sql$", name));

    [Fact]
    public void Namespaces_follow_folders()
        => Assert.All(SourceFiles("src/Evolv"), file => Assert.Equal(
            Path.GetRelativePath(Path.Combine(Root, "src"), Path.GetDirectoryName(file)!).Replace('/', '.'),
            Namespace().Match(File.ReadAllText(file)).Groups[1].Value));

    [Fact]
    public void Program_fits_on_a_page()
        => Assert.InRange(File.ReadAllLines(Path.Combine(Root, "src/Evolv/Program.cs")).Length, 1, 80);

    [Fact]
    public void Files_stay_short()
        => Assert.All(SourceFiles("src"), file => Assert.InRange(File.ReadLines(file).Count(), 0, 400));

    // Every endpoint of the functions is a file named as its URL: add-xp is AddXp.cs.
    [Fact]
    public void A_function_is_in_the_file_of_its_name()
        => Assert.All(
            SourceFiles("src/Evolv/Features").SelectMany(file => FunctionName().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups[1].Value),
            name => Assert.Contains(
                string.Concat(name.Split('-').Select(Pascal)) + ".cs", SourceFiles("src/Evolv/Features").Select(Path.GetFileName)));

    [Fact]
    public void No_test_is_skipped()
        => Assert.All(SourceFiles("test"), file => Assert.DoesNotMatch(SkippedTest(), File.ReadAllText(file)));

    static IEnumerable<string> Uses(string folder, string[] forbidden)
        => from file in SourceFiles(folder)
           from name in forbidden
           where Regex.IsMatch(File.ReadAllText(file), $@"\bEvolv\.{Regex.Escape(name)}\b")
           select $"{Path.GetRelativePath(Root, file)} names Evolv.{name}";

    static IEnumerable<string> SourceFiles(string folder)
        => Directory.Exists(Path.Combine(Root, folder))
            ? Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/node_modules/", StringComparison.Ordinal))
            : [];

    static IEnumerable<string> Subfolders(string folder)
        => Directory.Exists(Path.Combine(Root, folder))
            ? Directory.GetDirectories(Path.Combine(Root, folder)).Select(path => Path.GetFileName(path)!)
            : [];

    static string Pascal(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("""MapFunction\(HttpMethods\.\w+, "([a-z-]+)""")]
    private static partial Regex FunctionName();

    [GeneratedRegex("""\bSkip\s*=\s*["$]|Assert\.Skip""")]
    private static partial Regex SkippedTest();
}
