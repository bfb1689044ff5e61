using Evolv.Features.Career;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Features.Career;

/// <summary>What ./evolv doctor says of the AI provider, and that it never says the key.</summary>
public sealed class AiCheckTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_provider_that_takes_the_key_and_has_the_models_is_green()
    {
        await using var grok = await GrokStandIn.StartAsync();

        Assert.Equal("Green the AI provider takes the key; grok-4.6 answers", await CheckAsync(grok.Url, "grok-4.6,grok-4.5"));
        var request = Assert.Single(grok.Requests);
        Assert.Equal(("GET", "/v1/models"), (request.Method, request.Path));
    }

    [Fact]
    public async Task Models_that_the_provider_does_not_have_are_told()
    {
        await using var grok = await GrokStandIn.StartAsync();

        Assert.Equal("Yellow the AI provider does not have grok-9", await CheckAsync(grok.Url, "grok-4.6,grok-9"));
        Assert.Equal("Red the AI provider has none of Ai:Models; it has grok-4.6, grok-4.5", await CheckAsync(grok.Url, "grok-9"));
    }

    [Theory]
    [InlineData(nameof(GrokBehaviour.BadKey400), "Red the AI provider: 400: the key (Ai:ApiKey) is not accepted")]
    [InlineData(nameof(GrokBehaviour.Unauthorized401), "Red the AI provider: 401: the key (Ai:ApiKey) is not accepted")]
    [InlineData(nameof(GrokBehaviour.RefusesConnection), "Yellow the AI provider is not ready: ")]
    [InlineData(nameof(GrokBehaviour.Html200), "Yellow the AI provider is not ready: ")]
    [InlineData(nameof(GrokBehaviour.Hangs), "Yellow the AI provider ")]
    public async Task A_provider_that_does_not_answer_as_it_should_is_told(string behaviour, string expected)
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Behaviour = Enum.Parse<GrokBehaviour>(behaviour);

        var said = await CheckAsync(grok.Url, "grok-4.6");

        Assert.StartsWith(expected, said, StringComparison.Ordinal);
        Assert.DoesNotContain(GrokStandIn.Key, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xai-with space")]
    [InlineData("\"xai-quoted\"")]
    [InlineData("xai-new\nline")]
    public async Task A_key_that_cannot_be_one_is_red_and_not_sent(string key)
    {
        await using var grok = await GrokStandIn.StartAsync();

        Assert.Equal("Red Ai:ApiKey has spaces, quotes or other characters that no key has", await CheckAsync(grok.Url, "grok-4.6", key));
        Assert.Empty(grok.Requests);
    }

    [Fact]
    public async Task Without_a_key_nothing_is_asked()
        => Assert.Equal("Green Ai:ApiKey is not set: Evolv's own guidance answers", await CheckAsync("https://api.x.ai/v1", "grok-4.6", ""));

    static async Task<string> CheckAsync(string url, string models, string key = GrokStandIn.Key)
    {
        await using var app = Program.Build(new Dictionary<string, string?>
        {
            ["Ai:ApiKey"] = key,
            ["Ai:BaseUrl"] = url,
            ["Ai:Models"] = models,
            ["Logging:LogLevel:Default"] = "None",
            ["Database:ConnectionString"] = "Host=127.0.0.1;Port=1;Username=x;Password=y;Database=z", // Nobody asks it.
        });
        var findings = await AiCheck.RunAsync(app.Services.GetRequiredService<IOptions<AiOptions>>().Value, app.Services.GetRequiredService<GrokClient>(), Token);
        var finding = Assert.Single(findings);
        return $"{finding.Level} {finding.Message}";
    }
}
