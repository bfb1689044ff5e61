using System.Collections.Concurrent;
using Evolv.Rest;

namespace Evolv.Tests.Rest.Attack;

/// <summary>Hostile texts in every place of a request: PostgreSQL gets them as parameters or quoted names, or not at all.</summary>
public sealed class InjectionTests(AttackWorld world) : IClassFixture<AttackWorld>
{
    // Each of them in this many places over HTTP; all places without.
    const int PlacesOverHttp = 8;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void There_are_five_hundred_texts_and_a_hundred_places()
    {
        Assert.Equal(Injections.Texts.Length, Injections.Texts.Distinct().Count());
        Assert.True(Injections.Texts.Length >= 500);
        Assert.True(Injections.Everywhere("x").Select(place => place.Place).Distinct().Count() >= 100);
    }

    [Fact]
    public void No_text_in_no_place_becomes_sql()
    {
        var snapshot = world.Snapshot;
        var vocabulary = Vocabulary.Of(snapshot);
        var failures = new ConcurrentBag<string>();
        var reached = new ConcurrentDictionary<string, int>();

        Parallel.ForEach(Injections.Texts, text =>
        {
            foreach (var (place, request) in Injections.Everywhere(text))
            {
                try
                {
                    if (request.ToSql(snapshot)?.ToString() is not { } sql)
                        continue;
                    vocabulary.AssertKnown(sql);
                    Assert.DoesNotContain('\0', sql);
                    reached.AddOrUpdate(place, 1, (_, count) => count + 1);
                }
                catch (RestError)
                {
                    // Refused.
                }
                catch (Exception exception)
                {
                    failures.Add($"{place}: {request}\n{exception}");
                }
            }
        });

        Assert.True(failures.IsEmpty, $"{failures.Count} failures:\n{string.Join("\n\n", failures.Take(5))}");
        // Most places of names and values take any text when it is quoted.
        Assert.True(reached.Count(place => place.Value > 400) > 40, string.Join(", ", reached.OrderBy(place => place.Value)));
    }

    [Fact]
    public async Task No_text_does_anything_to_the_database()
    {
        var requests = Injections.Texts
            .SelectMany((text, index) => Injections.Everywhere(text).Where((_, place) => (place + index) % 110 < PlacesOverHttp)).ToArray();
        await Parallel.ForEachAsync(Enumerable.Range(0, 4), Token, async (lane, _) =>
        {
            await using var client = new RawClient(world.Server.Server.Url);
            for (var i = lane; i < requests.Length; i += 4)
                AttackWorld.AssertHarmless(await AttackWorld.SendAsync(client, requests[i].Request), requests[i].Request);
        });

        Assert.True(requests.Length > 4_000);
        await world.AssertUnharmedAsync();
    }

    // The wire must trip, or the test above would see nothing.
    [Fact]
    public async Task The_wire_trips_when_sql_runs()
    {
        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => world.Server.Database.ScalarAsync<bool>("select exists (select from api.notes where title = '' or trap.wire() --')\n)"));

        Assert.Equal("PT418", refusal.SqlState);
    }

    [Theory]
    [InlineData("a\u0000b")]
    [InlineData("\u0000")]
    [InlineData("id\u0000\"; select trap.wire(); --")]
    public void A_name_ends_at_a_nul(string name)
    {
        var target = $"/tags?on_conflict={Uri.EscapeDataString($"\"{name.Replace("\"", "\\\"", StringComparison.Ordinal)}\"")}";
        var request = new WireRequest("POST", target, """{"id":1,"name":"x"}""", ("Prefer", "resolution=ignore-duplicates"));

        var sql = request.ToSql(world.Snapshot)!.ToString();

        Assert.Contains($"ON CONFLICT(\"{name[..name.IndexOf('\0', StringComparison.Ordinal)]}\")", sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_cannot_break_out_of_a_header_that_sql_makes()
    {
        var answer = await world.Server.SendAsync("POST /rpc/header", """{"value":"x\r\nSet-Cookie: session=stolen"}""");

        answer.Is(500, """
            {
                "code": "PGRST111", "details": null, "hint": null,
                "message": "response.headers guc must be a JSON array composed of objects with a single key and a string value"
            }
            """).Has("Set-Cookie", null).Has("X-Echo", null);
    }
}
