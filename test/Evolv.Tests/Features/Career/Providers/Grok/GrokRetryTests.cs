using System.Diagnostics;
using System.Globalization;
using Evolv.Features.Career;
using Evolv.Features.Career.Guidance;
using Evolv.Features.Career.Providers;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Features.Career.Occupations;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>What is worth a second attempt, and when nobody asks any more .</summary>
public sealed class GrokRetryTests(EvolvCluster cluster, ShippedCatalog shipped) : IClassFixture<ShippedCatalog>
{
    [Theory]
    [InlineData(nameof(GrokBehaviour.RateLimited429))]
    [InlineData(nameof(GrokBehaviour.Unavailable503))]
    public async Task A_provider_that_wants_a_second_gets_it(string behaviour)
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.RetryAfterSeconds = 1;
        world.Grok.Enqueue(Enum.Parse<GrokBehaviour>(behaviour));
        var watch = Stopwatch.StartNew();

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.InRange(watch.Elapsed.TotalSeconds, 0.95, 8);
        Assert.Equal(("grok", ""), (answer.At("ai_provider"), answer.At("fallback")));
        var call = Assert.Single(await world.CallsAsync());
        Assert.Equal((2, 2, "answered"), (world.Chats.Count, (int)call["attempts"]!, (string?)call["state"]));
        await world.AssertSettledAsync();
    }

    [Theory]
    [InlineData(60)]
    [InlineData(100_000)]
    public async Task A_provider_that_wants_longer_is_not_waited_for(int seconds)
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:TimeoutSeconds", "60"));
        var ada = await world.ConsentingAsync("ada");
        world.Grok.RetryAfterSeconds = seconds;
        world.Grok.Behaviour = GrokBehaviour.RateLimited429;
        var watch = Stopwatch.StartNew();

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 8);
        Assert.Equal((1, "rate_limited"), (world.Chats.Count, answer.At("fallback", "reason")));
    }

    [Fact]
    public async Task Waiting_for_the_provider_counts_as_waiting_for_the_answer()
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:TimeoutSeconds", "2"));
        var ada = await world.ConsentingAsync("ada");
        world.Grok.RetryAfterSeconds = 9;
        world.Grok.Behaviour = GrokBehaviour.Unavailable503;
        var watch = Stopwatch.StartNew();

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.InRange(watch.Elapsed.TotalSeconds, 1.9, 7);
        Assert.Equal((1, "timeout"), (world.Chats.Count, answer.At("fallback", "reason")));
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task The_next_model_answers_for_one_that_is_gone_and_that_one_is_left_alone()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.GoneModels = ["grok-4.6"];

        var first = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        var second = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(2));

        Assert.Equal(("grok", "grok-4.5"), (first.At("ai_provider"), first.At("ai_model_version")));
        Assert.Equal(("grok", "grok-4.5"), (second.At("ai_provider"), second.At("ai_model_version")));
        Assert.Equal(["grok-4.6", "grok-4.5", "grok-4.5"], world.Chats.Select(chat => chat.Model));
        Assert.Equal(["grok-4.5", "grok-4.5"], (await world.CallsAsync()).Select(call => (string?)call["model"]));
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task After_five_failures_nobody_waits_for_the_provider()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Behaviour = GrokBehaviour.Html200;
        for (var number = 1; number <= 5; number++)
            Assert.Equal("bad_answer", (await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(number))).At("fallback", "reason"));
        world.Grok.Behaviour = GrokBehaviour.Answers;

        var fastest = TimeSpan.MaxValue;
        for (var number = 6; number <= 12; number++)
        {
            var watch = Stopwatch.StartNew();
            var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(number));
            fastest = watch.Elapsed < fastest ? watch.Elapsed : fastest;
            Assert.Equal((200, "builtin", "circuit_open"), (answer.Status, answer.At("ai_provider"), answer.At("fallback", "reason")));
        }

        Assert.InRange(fastest.TotalMilliseconds, 0, 50);
        Assert.Equal((5, 5), (world.Chats.Count, (await world.CallsAsync()).Length)); // neither asked nor reserved
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task Half_a_minute_later_the_provider_is_asked_again()
    {
        await using var grok = await GrokStandIn.StartAsync();
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = (await database.PersonAsync("ada")).UserId!.Value;
        var clock = new LaterClock();
        var options = Options.Create(new AiOptions { ApiKey = GrokStandIn.Key, BaseUrl = grok.Url, Models = "grok-4.6" });
        using var client = new GrokClient(options, clock);
        var provider = new GrokProvider(client, new GrokModels(options, clock), database.Database, options, clock);
        grok.Behaviour = GrokBehaviour.Html200;
        for (var number = 1; number <= 5; number++)
            Assert.Equal("bad_answer", await AskAsync(number));
        Assert.Equal("circuit_open", await AskAsync(6));
        grok.Behaviour = GrokBehaviour.Answers;

        clock.Later = TimeSpan.FromSeconds(29);
        Assert.Equal("circuit_open", await AskAsync(7));
        clock.Later = TimeSpan.FromSeconds(31);
        Assert.Null(await AskAsync(8));
        Assert.Null(await AskAsync(9));

        async Task<string?> AskAsync(int number)
        {
            var brief = new DraftBrief(shipped.Catalog, [], $"Goal {number}", "beginner", null, [], PathHints.None);
            var call = new GuidanceCall(ada, "learning_path", number.ToString(CultureInfo.InvariantCulture), _ => { });
            try
            {
                await provider.DraftAsync(brief, call, TestContext.Current.CancellationToken);
                return null;
            }
            catch (GrokFailure failure)
            {
                return failure.Reason;
            }
        }
    }

    [Fact]
    public async Task The_breaker_belongs_to_the_provider_and_not_to_who_asked()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.ConsentingAsync("grace"));
        world.Grok.Behaviour = GrokBehaviour.ServerError500;

        var first = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1)); // three attempts
        var second = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(2)); // the fifth opens it
        var third = await grace.Http.CallAsync("ai-learning-path", GrokWorld.Goal(3));

        Assert.Equal("unavailable", first.At("fallback", "reason"));
        Assert.Equal("circuit_open", second.At("fallback", "reason"));
        Assert.Equal("circuit_open", third.At("fallback", "reason"));
        Assert.Equal(5, world.Chats.Count);
        await world.AssertSettledAsync();
    }

    // Or one person's instructions to the model would take it from everybody.
    [Fact]
    public async Task What_may_be_the_fault_of_a_question_does_not_open_the_breaker()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.ConsentingAsync("grace"));
        GrokBehaviour[] faults = [GrokBehaviour.WrongSchema, GrokBehaviour.NotJson, GrokBehaviour.Refusal, GrokBehaviour.ContentFilter, GrokBehaviour.TruncatedAtLength];
        world.Grok.Enqueue([.. faults, .. faults]);
        for (var number = 1; number <= 2 * faults.Length; number++)
            Assert.Equal("builtin", (await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(number))).At("ai_provider"));

        Assert.Equal("grok", (await grace.Http.CallAsync("ai-learning-path", GrokWorld.Goal(99))).At("ai_provider"));
    }

    /// <summary>The system's clock, but later.</summary>
    sealed class LaterClock : TimeProvider
    {
        internal TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Later;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Later.TotalSeconds * TimestampFrequency);
    }
}
