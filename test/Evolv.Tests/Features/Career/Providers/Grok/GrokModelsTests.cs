using Evolv.Features.Career;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>What the log says after the start, and that the key is said nowhere.</summary>
public sealed class GrokModelsTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_the_start_the_log_says_which_model_answers_and_which_is_missing()
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Models = ["grok-4.5", "grok-4.3"];

        Assert.Equal(
            ["5008 The AI provider has no model grok-4.6; take it out of Ai:Models", "5007 The AI provider is there; grok-4.5 answers"],
            await CheckAsync(grok.Url, "grok-4.6, grok-4.5"));
        var request = Assert.Single(grok.Requests);
        Assert.Equal(("GET", "/v1/models"), (request.Method, request.Path));
    }

    [Fact]
    public async Task Where_no_model_is_there_the_log_says_which_are()
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Models = ["grok-4.20-reasoning", "grok-5"];

        var lines = await CheckAsync(grok.Url, "grok-4.6");

        Assert.Equal(2, lines.Length);
        Assert.Equal(
            "5009 The AI provider has none of Ai:Models; it has grok-4.20-reasoning, grok-5. Evolv's own guidance answers until one is there", lines[1]);
    }

    [Theory]
    [InlineData(nameof(GrokBehaviour.BadKey400), "400: the key (Ai:ApiKey) is not accepted")]
    [InlineData(nameof(GrokBehaviour.Unauthorized401), "401: the key (Ai:ApiKey) is not accepted")]
    [InlineData(nameof(GrokBehaviour.RefusesConnection), "it cannot be reached: ")]
    [InlineData(nameof(GrokBehaviour.Hangs), "no answer in time")]
    [InlineData(nameof(GrokBehaviour.Html200), "it answered something else than JSON; is Ai:BaseUrl right?")]
    [InlineData(nameof(GrokBehaviour.Unavailable503), "503")]
    [InlineData(nameof(GrokBehaviour.OneBytePerSecond), "no answer in time")]
    public async Task After_the_start_the_log_says_what_is_wrong(string behaviour, string why)
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Behaviour = Enum.Parse<GrokBehaviour>(behaviour);

        var line = Assert.Single(await CheckAsync(grok.Url, "grok-4.6"));

        Assert.StartsWith($"5010 The AI provider is not ready: {why}", line, StringComparison.Ordinal);
        Assert.EndsWith("Evolv's own guidance answers until it is; check Ai:ApiKey and Ai:BaseUrl", line, StringComparison.Ordinal);
        Assert.DoesNotContain(GrokStandIn.Key, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"data":["grok-4.6",null,3]}""")]
    [InlineData("""{"data":[{"id":"\ud800"}]}""")]
    [InlineData("""{"data":{"id":"grok-4.6"}}""")]
    [InlineData("7")]
    public async Task A_list_of_models_of_another_shape_does_not_stop_the_server(string models)
    {
        await using var provider = await RawProvider.StartAsync("application/json", models);

        var lines = await CheckAsync(provider.Url, "grok-4.6");

        Assert.Matches("^50(09|10) ", lines[^1]);
    }

    [Fact]
    public async Task The_key_is_said_nowhere()
    {
        await using var world = await GrokWorld.StartAsync(
            cluster, ("Logging:LogLevel:Default", "Trace"), ("Logging:Console:LogLevel:Default", "None"), ("Ai:TimeoutSeconds", "2"), ("Ai:AttemptTimeoutSeconds", "1"));
        using var log = new KeptLog();
        world.Server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var ada = await world.ConsentingAsync("ada");
        var answers = new List<string>();
        foreach (var behaviour in new[] { GrokBehaviour.BadKey400, GrokBehaviour.Hangs, GrokBehaviour.CutMidStream, GrokBehaviour.Answers })
        {
            world.Grok.Behaviour = behaviour;
            foreach (var function in GrokWorld.Functions.Take(behaviour == GrokBehaviour.Answers ? 3 : 1))
                answers.Add((await ada.Http.CallAsync(function, GrokWorld.QuestionFor(function))).Data.ToString());
        }

        Assert.Contains(world.Chats, chat => chat.Headers["Authorization"] == $"Bearer {GrokStandIn.Key}");
        Assert.Contains(log.Lines, line => line.StartsWith("5006 ", StringComparison.Ordinal));
        Assert.True(log.Lines.Count > 50, "The log keeps traces."); // or it proves nothing
        string[] places = [.. log.Lines, .. answers, await world.DumpAsync()];
        Assert.DoesNotContain(places, text => text.Contains(GrokStandIn.Key, StringComparison.Ordinal));
        Assert.DoesNotContain(places, text => text.Contains(GrokStandIn.Key[4..], StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("Work with data", StringComparison.Ordinal)); // nor what a person says
    }

    [Fact]
    public async Task Without_a_key_nothing_is_asked_and_nothing_is_said()
    {
        await using var grok = await GrokStandIn.StartAsync();

        Assert.Empty(await CheckAsync(grok.Url, "grok-4.6", key: ""));
        Assert.Empty(grok.Requests);
    }

    [Theory]
    [InlineData("http://api.x.ai/v1")]
    [InlineData("https://user:secret@api.x.ai/v1")]
    [InlineData("ftp://api.x.ai/v1")]
    [InlineData("/v1")]
    public async Task An_address_where_the_key_would_not_be_safe_is_refused_without_naming_the_key(string url)
    {
        await using var database = await cluster.CreateDatabaseAsync();

        var refusal = await Assert.ThrowsAnyAsync<Exception>(
            () => EvolvServer.StartAsync(database, ("Ai:ApiKey", GrokStandIn.Key), ("Ai:BaseUrl", url)));

        Assert.Contains("BaseUrl", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(GrokStandIn.Key, refusal.ToString(), StringComparison.Ordinal);
    }

    // The lines of the log, in order.
    static async Task<string[]> CheckAsync(string url, string models, string key = GrokStandIn.Key)
    {
        var options = Options.Create(new AiOptions { ApiKey = key, BaseUrl = url, Models = models, TimeoutSeconds = 1 });
        using var client = new GrokClient(options, TimeProvider.System);
        using var log = new KeptLog();
        using var check = new GrokStartupCheck(client, new GrokModels(options, TimeProvider.System), options, log.For<GrokStartupCheck>());
        await check.StartAsync(Token);
        await check.ExecuteTask!;
        return [.. log.Lines.Select(line => line.TrimEnd())];
    }
}
