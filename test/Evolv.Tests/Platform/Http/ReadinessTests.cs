using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Evolv.Platform;
using Evolv.Platform.Http;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Http;

/// <summary>/readyz and what it asks.</summary>
public sealed class ReadinessTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parts_are_looked_at_together_and_one_that_hangs_is_given_up()
    {
        var readiness = Of(
            new("hangs", token => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => (string?)null, Token)),
            new("deaf", async _ =>
            {
                await Task.Delay(Timeout.Infinite, Token);
                return null;
            }),
            new("throws", _ => throw new InvalidOperationException("password=secret")),
            new("there", _ => Task.FromResult<string?>(null)));
        var started = Stopwatch.GetTimestamp();

        var parts = await readiness.LookAsync();

        Assert.Equal(["hangs", "deaf", "throws", "there"], parts.Select(part => part.Name));
        Assert.Equal(["no answer", "no answer", null], parts.Skip(1).Select(part => part.Missing));
        Assert.True(parts[1].Milliseconds >= 1900, $"gave up after {parts[1].Milliseconds} ms");
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3.9), "one after the other"); // two of two seconds each
    }

    [Fact]
    public async Task Many_who_ask_at_once_cost_one_look()
    {
        var looks = 0;
        var go = new TaskCompletionSource();
        var readiness = Of(new ReadinessCheck("slow", async _ =>
        {
            Interlocked.Increment(ref looks);
            await go.Task;
            return "gone";
        }));

        var asked = Enumerable.Range(0, 50).Select(_ => readiness.LookAsync()).ToArray();
        go.SetResult();
        var answers = await Task.WhenAll(asked);
        var kept = await readiness.LookAsync();

        Assert.Equal(1, looks);
        Assert.All(answers, answer => Assert.Equal("gone", answer.Single().Missing));
        Assert.Same(answers[0], kept);
    }

    [Fact]
    public async Task Server_without_a_part_that_is_only_missed_is_degraded_and_ready()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Observability:MinFreeMegabytes", "1000000000"));

        using var answer = await server.Keyless.GetAsync("/readyz", Token);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("degraded", (string?)body["status"]);
        Assert.Equal("less than 1000000000 MB free", (string?)body["checks"]!["disk"]);
        Assert.Equal("ok", (string?)body["checks"]!["database"]);
        Assert.Equal(
            ["database", "migrations", "changes", "disk", "keys", "revocations", "ai"], body["milliseconds"]!.AsObject().Select(part => part.Key).Except(["redis"]));
    }

    static Readiness Of(params ReadinessCheck[] checks) => new(checks, Options.Create(new ServerOptions()), TimeProvider.System);
}
