using System.Collections.Concurrent;
using Evolv.Rest;

namespace Evolv.Tests.Rest.Attack;

/// <summary>Requests made at random, and the same ones each time: the number of a failure gives its request again.</summary>
public sealed class FuzzTests(AttackWorld world) : IClassFixture<AttackWorld>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_hundred_thousand_spoiled_requests_become_refusals_or_safe_sql()
    {
        var snapshot = world.Snapshot;
        var vocabulary = Vocabulary.Of(snapshot);
        var failures = new ConcurrentBag<string>();
        var statements = 0;

        Parallel.For(0, 100_000, number =>
        {
            var request = new RequestGrammar(number).Next();
            try
            {
                if (request.ToSql(snapshot)?.ToString() is not { } sql)
                    return;
                vocabulary.AssertKnown(sql);
                Interlocked.Increment(ref statements);
            }
            catch (RestError)
            {
                // Refused.
            }
            catch (Exception exception)
            {
                failures.Add($"{number}: {request}\n{exception}");
            }
        });

        Assert.True(failures.IsEmpty, $"{failures.Count} failures:\n{string.Join("\n\n", failures.Take(5))}");
        Assert.True(statements > 20_000, $"only {statements} became a statement: the generator makes too little sense");
    }

    [Fact]
    public async Task Thousands_of_spoiled_requests_never_make_the_server_fail()
    {
        var answers = new ConcurrentDictionary<int, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 4), Token, async (lane, _) =>
        {
            await using var client = new RawClient(world.Server.Server.Url);
            for (var number = lane; number < 4_000; number += 4)
            {
                var request = new RequestGrammar(number).Next();
                // Writes are rolled back, unless the request knows how not to.
                if (request.Headers.Any(header => header.Value.Contains("commit", StringComparison.OrdinalIgnoreCase)))
                    continue;
                var answer = await AttackWorld.SendAsync(client, request);
                AttackWorld.AssertHarmless(answer, request);
                answers.AddOrUpdate((answer?.Status ?? 0) / 100, 1, (_, count) => count + 1);
            }
        });

        Assert.True(answers[2] > 500 && answers[4] > 1_000, string.Join(", ", answers));
        await world.AssertUnharmedAsync();
    }
}
