using Evolv.Platform.Cli;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Settings;

public sealed class GeneratedDocsTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Configuration_is_not_stale()
    {
        await using var app = Program.Build(new Dictionary<string, string?>());

        await CommittedFile.AssertIsAsync("docs/configuration.md", TypesCommand.Configuration(app.Services), Token);
    }

    [Fact]
    public async Task Errors_are_not_stale()
    {
        await using var app = Program.Build(new Dictionary<string, string?>());

        await CommittedFile.AssertIsAsync("docs/errors.md", TypesCommand.Errors(app.Services), Token);
    }

    [Fact]
    public void Every_setting_says_what_it_is_for()
        => Assert.DoesNotContain("|  |", TypesCommand.Configuration(Program.Build(new Dictionary<string, string?>()).Services).Split('\n')
            .Where(line => line.EndsWith("|  |", StringComparison.Ordinal)));
}
