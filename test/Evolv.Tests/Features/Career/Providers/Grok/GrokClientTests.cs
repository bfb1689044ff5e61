using System.Net;
using System.Net.Sockets;
using Evolv.Features.Career;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>Whatever comes over the wire is an answer or a failure with a reason, and its cost is told.</summary>
public sealed class GrokClientTests
{
    const string Events = "text/event-stream";
    const string Json = "application/json";

    static readonly GrokPrompt Prompt = new("nothing", [], "{}", "{}");

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Events, "data: {\"choices\":[7]}\n\n")]
    [InlineData(Events, "data: {\"choices\":[{\"delta\":7}]}\n\n")]
    [InlineData(Events, "data: 7\n\n")]
    [InlineData(Events, "data: []\n\n")]
    [InlineData(Events, "data: \n\n")]
    [InlineData(Events, "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\n")]
    [InlineData(Events, "data: {\"\\ud800\":1,\"model\":\"\\udfff\"}\n\n")]
    [InlineData(Events, "data: {\"usage\":[],\"choices\":{}}\n\ndata: [DONE]\n\n")]
    [InlineData(Events, "")]
    [InlineData(Json, "")]
    [InlineData(Json, "null")]
    [InlineData(Json, "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"tool_calls\"}]}")]
    [InlineData(Json, "{\"choices\":[{\"message\":{\"content\":7},\"finish_reason\":\"stop\"}]}")]
    [InlineData(Json, "{\"choices\":[{\"message\":{\"content\":\"\\udc00\"},\"finish_reason\":\"\\ud800\"}]}")]
    [InlineData("text/plain", "data: {}\n\n")]
    [InlineData("", "")]
    [Trait("reliability", "SEC-35")]
    public async Task What_is_no_answer_is_a_failure(string contentType, string body)
    {
        await using var provider = await RawProvider.StartAsync(contentType, body);

        var (failure, spent) = await FailAsync(provider.Url);

        Assert.Equal(GrokFailure.BadAnswer, failure.Reason);
        Assert.True(spent.IsEstimated && spent.CostTicks > 0);
    }

    [Fact]
    public async Task An_answer_in_one_piece_is_an_answer_too()
    {
        await using var provider = await RawProvider.StartAsync(
            Json,
            """
            {"model":"grok-4.20-reasoning","choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":1000000,"completion_tokens":2000000,"completion_tokens_details":{"reasoning_tokens":1000000}}}
            """);
        GrokUsage? spent = null;

        var completion = await CompleteAsync(provider.Url, usage => spent = usage);

        Assert.Equal(("{}", "grok-4.20-reasoning", "stop"), (completion.Text, completion.Model, completion.FinishReason));
        Assert.Equal(new GrokUsage(1_000_000, null, 2_000_000, 1_000_000, 480_000_000_000, true), spent); // 3 and three times 15 dollars
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("1e99")]
    [InlineData("99999999999999999")]
    [InlineData("\"7\"")]
    [InlineData("{}")]
    public async Task A_cost_that_makes_no_sense_is_estimated(string cost)
    {
        await using var provider = await RawProvider.StartAsync(
            Json,
            $$$"""{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":10,"cost_in_usd_ticks":{{{cost}}}}}""");
        GrokUsage? spent = null;

        await CompleteAsync(provider.Url, usage => spent = usage);

        Assert.Equal(new GrokUsage(10, null, 10, null, 1_800_000, true), spent);
    }

    [Theory]
    [InlineData(500, "1", true)]
    [InlineData(503, "10", true)]
    [InlineData(429, "11", false)]
    [InlineData(429, "86401", false)]
    [InlineData(429, "99999999999", false)]
    [InlineData(429, "Fri, 31 Dec 2100 23:59:59 GMT", false)]
    [InlineData(429, "Fri, 31 Dec 1999 23:59:59 GMT", true)]
    [InlineData(429, "soon", true)]
    [InlineData(429, null, true)]
    [InlineData(408, null, true)]
    [InlineData(403, null, false)]
    [InlineData(422, null, false)]
    [InlineData(302, null, false)]
    public async Task Only_what_may_be_over_soon_is_tried_again(int status, string? retryAfter, bool isTransient)
    {
        await using var provider = await RawProvider.StartAsync(Json, """{"code":"x","error":"y"}""", status, retryAfter);

        var (failure, spent) = await FailAsync(provider.Url);

        Assert.Equal((isTransient, 0L), (failure.IsTransient, spent.CostTicks));
        Assert.True(!failure.IsTransient || failure.RetryAfter is null || failure.RetryAfter >= TimeSpan.Zero);
    }

    [Theory]
    [InlineData("""{"error":"Incorrect API key provided: xa***Z. You can obtain an API key from https://console.x.ai."}""", GrokFailure.BadKey)]
    [InlineData("""{"error":{"message":"Invalid API key"}}""", GrokFailure.BadKey)]
    [InlineData("""{"error":"The model x does not exist or your team does not have access to it. Please ensure you're using the correct API key."}""", GrokFailure.ModelGone)]
    [InlineData("""{"error":{"message":"unknown model"}}""", GrokFailure.ModelGone)]
    [InlineData("""{"error":{"message":"This model's maximum context length is 8192 tokens."}}""", GrokFailure.BadAnswer)] // of one question
    [InlineData("""{"error":"\ud800"}""", GrokFailure.BadAnswer)]
    [InlineData("""{"error":7}""", GrokFailure.BadAnswer)]
    [InlineData("""{"\ud800":1,"code":"x"}""", GrokFailure.BadAnswer)]
    [InlineData("<html>", GrokFailure.BadAnswer)]
    public async Task A_bad_request_is_told_apart_by_its_words(string body, string reason)
    {
        await using var provider = await RawProvider.StartAsync(Json, body, 400);

        Assert.Equal(reason, (await FailAsync(provider.Url)).Failure.Reason);
    }

    [Fact]
    public async Task A_connection_that_nobody_takes_is_a_failure()
    {
        using var full = new TcpListener(IPAddress.Loopback, 0);
        full.Start(backlog: 1);
        using var stop = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToArray();
        foreach (var socket in waiting)
            _ = socket.ConnectAsync(full.LocalEndpoint, stop.Token).AsTask();

        var (failure, _) = await FailAsync($"http://{full.LocalEndpoint}/v1"); // after five seconds

        Assert.Equal((GrokFailure.Unavailable, true), (failure.Reason, failure.IsTransient));
        await stop.CancelAsync();
        foreach (var socket in waiting)
            socket.Dispose();
    }

    [Fact]
    public async Task Who_stops_waiting_has_spent_what_was_sent()
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Behaviour = GrokBehaviour.Hangs;
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        GrokUsage? spent = null;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CompleteAsync(grok.Url, usage => spent = usage, patience.Token));

        Assert.True(spent is { IsEstimated: true, CostTicks: > 0 });
    }

    static async Task<(GrokFailure Failure, GrokUsage Spent)> FailAsync(string url)
    {
        var spent = GrokUsage.Nothing;
        var failure = await Assert.ThrowsAsync<GrokFailure>(() => CompleteAsync(url, usage => spent += usage));
        return (failure, spent);
    }

    static async Task<GrokCompletion> CompleteAsync(string url, Action<GrokUsage> spend, CancellationToken? patience = null)
    {
        using var client = new GrokClient(Options.Create(new AiOptions { ApiKey = GrokStandIn.Key, BaseUrl = url }), TimeProvider.System);
        return await client.CompleteAsync("grok-4.6", Prompt, spend, _ => { }, patience ?? Token);
    }
}
