using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Postgres;

/// <summary>Kills what can be killed while awards are made: nothing acknowledged is lost, nothing is doubled.</summary>
public sealed class SurvivalTests
{
    const int Writers = 8;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>More with <c>EVOLV_SURVIVAL_ROUNDS=20 ./evolv test Survival</c>.</summary>
    static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("EVOLV_SURVIVAL_ROUNDS"), out var rounds) ? rounds : 4;

    [Fact]
    public async Task Awards_survive_kill_9_of_Evolv_and_of_PostgreSQL()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var people = await AddPeopleAsync(evolv);
        var asked = new ConcurrentBag<(string Key, Guid Person)>();
        var acknowledged = new ConcurrentDictionary<string, string>();

        for (var round = 0; round < Rounds; round++)
        {
            using var service = await evolv.ServiceAsync();
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, Writers)
                .Select(writer => AwardAsync(service, people, $"{round}-{writer}", asked, acknowledged, stop.Token)).ToArray();
            await Task.Delay(Random.Shared.Next(300, 900), Token);

            if (round % 2 == 0)
            {
                evolv.KillEvolv();
                await evolv.WaitForExitAsync();
                await stop.CancelAsync();
                await Task.WhenAll(writers);
                await evolv.StartAsync();
            }
            else
            {
                evolv.KillPostgres();
                await evolv.WaitUntilReadyAsync();
                await Task.Delay(200, Token); // The writers go on, and some find it working again.
                await stop.CancelAsync();
                await Task.WhenAll(writers);
            }

            await evolv.WaitUntilReadyAsync();
        }

        Assert.NotEmpty(acknowledged);
        // Whoever got no answer asks again with the same key.
        using (var service = await evolv.ServiceAsync())
        {
            foreach (var (key, person) in asked)
                Assert.True(await TryAwardAsync(service, key, person, Token) is HttpStatusCode.OK, key);
        }

        Assert.Equal((long)asked.Count, await evolv.ScalarAsync<long>("select count(*) from xp_transactions where badge_id is null"));
        Assert.Equal((long)asked.Count, await evolv.ScalarAsync<long>("select count(distinct metadata ->> 'key') from xp_transactions where badge_id is null"));
        Assert.Equal("", await evolv.ScalarAsync<string>("select coalesce(string_agg(invariant || ' ' || example, ', '), '') from evolv.invariants()"));
    }

    [Fact]
    public async Task PostgreSQL_is_started_again_after_kill_9()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var first = evolv.PostmasterId;

        evolv.KillPostgres();
        var started = Stopwatch.GetTimestamp();
        while (EvolvProcess.Exists(first))
            await Task.Delay(10, Token);
        await evolv.WaitUntilReadyAsync();

        Assert.NotEqual(first, evolv.PostmasterId);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20)); // 5 s on a quiet machine
    }

    [Fact]
    public async Task No_PostgreSQL_is_left_behind_when_Evolv_is_killed()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var postmaster = evolv.PostmasterId;

        evolv.KillEvolv();
        await evolv.WaitForExitAsync();

        var started = Stopwatch.GetTimestamp();
        while (EvolvProcess.Exists(postmaster) && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
            await Task.Delay(20, Token);
        Assert.False(EvolvProcess.Exists(postmaster));
    }

    static async Task<Guid[]> AddPeopleAsync(EvolvProcess evolv)
        => await evolv.ScalarAsync<Guid[]>(
            """
            with people as (
                insert into auth.users (id, email) select gen_random_uuid(), i || '@example.com' from generate_series(1, 5) i returning id
            )
            select array_agg(id) from people
            """);

    static async Task AwardAsync(
        HttpClient service, Guid[] people, string name, ConcurrentBag<(string, Guid)> asked,
        ConcurrentDictionary<string, string> acknowledged, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var (key, person) = ($"{name}-{i}", people[i % people.Length]);
            asked.Add((key, person));
            try
            {
                if (await TryAwardAsync(service, key, person, stop) is { } status)
                {
                    // Down is 503, never 500.
                    Assert.Contains(status, new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable });
                    if (status == HttpStatusCode.OK)
                        acknowledged[key] = name;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
            {
                if (stop.IsCancellationRequested)
                    return;
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    static async Task<HttpStatusCode?> TryAwardAsync(HttpClient service, string key, Guid person, CancellationToken cancellationToken)
    {
        using var answer = await service.PostAsJsonAsync(
            "/functions/v1/add-xp",
            new { user_id = person, amount = 30, source = "quiz_completion", metadata = new { key }, idempotency_key = key }, cancellationToken);
        return answer.StatusCode;
    }
}
