namespace Evolv.Tests.Support;

/// <summary>A generated file that is committed, so that reviews see what changes in it.</summary>
static class CommittedFile
{
    /// <summary>
    /// Fails when the file, named from the root of the repository, does not hold <paramref name="text"/>. With
    /// <c>EVOLV_ACCEPT=1</c> the file is written instead.
    /// </summary>
    internal static async Task AssertIsAsync(string path, string text, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Root(), path);
        if (Environment.GetEnvironmentVariable("EVOLV_ACCEPT") == "1")
            await File.WriteAllTextAsync(file, text, cancellationToken);

        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "";
        if (committed != text)
            Assert.Fail($"{path} is stale from line {FirstDifference(committed, text)}: run ./evolv types and commit it.");
    }

    // The tests may run from any folder, and build paths are not recorded.
    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Evolv.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }

    static int FirstDifference(string left, string right)
        => left.Split('\n').Zip(right.Split('\n')).TakeWhile(pair => pair.First == pair.Second).Count() + 1;
}
