using System.Collections.Concurrent;
using System.Net.Http.Json;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Growth;

/// <summary>Events become awards by themselves, exactly once, whoever is killed.</summary>
public sealed class AwardWorkerTests(EvolvCluster cluster)
{
    const int Callers = 20;
    const int EventsOfACall = 100;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Fewer with <c>EVOLV_AWARDS=10000 ./evolv test AwardWorker</c>.</summary>
    static int Awards => int.TryParse(Environment.GetEnvironmentVariable("EVOLV_AWARDS"), out var awards) ? awards : 100_000;

    [Fact]
    public async Task What_a_person_does_through_the_table_API_is_awarded_without_anybody_asking()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));

        using var posted = await ada.Http.PostAsJsonAsync("/rest/v1/posts", new { content = "Hello" }, Token);
        posted.EnsureSuccessStatusCode();
        var post = await server.Database.ScalarAsync<Guid>("select id from posts");
        for (var i = 0; i < 3; i++)
        {
            using var liked = await bob.Http.PostAsJsonAsync("/rest/v1/post_likes", new { post_id = post }, Token);
            liked.EnsureSuccessStatusCode();
            using var unliked = await bob.Http.DeleteAsync($"/rest/v1/post_likes?post_id=eq.{post}", Token);
            unliked.EnsureSuccessStatusCode();
        }

        using var own = await ada.Http.PostAsJsonAsync("/rest/v1/post_likes", new { post_id = post }, Token);
        own.EnsureSuccessStatusCode();

        // 15 for the post and 2 for the like of somebody else, once; nothing for one's own.
        await Eventually.IsTrueAsync(async () => await server.Database.ScalarAsync<long>("select count(*) from evolv.pending_events") == 0);
        Assert.Equal(17L, await server.Database.ScalarAsync<long>($"select total_xp from user_levels where user_id = '{ada.Id}'"));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Two_servers_share_the_work_and_double_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var one = await EvolvServer.StartAsync(database);
        await using var other = await EvolvServer.StartAsync(database);
        await PublishAsync(database.ExecuteAsync);
        await database.ExecuteAsync("insert into auth.users (id, email) select gen_random_uuid(), n || '@example.com' from generate_series(1, 40) n");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => database.ExecuteAsync(
            "insert into activity_events (user_id, type) select id, 'test.done' from profiles cross join generate_series(1, 5)")));

        await Eventually.IsTrueAsync(async () => await database.ScalarAsync<long>("select count(*) from evolv.pending_events") == 0);
        Assert.Equal(2000L, await database.ScalarAsync<long>("select count(*) from xp_transactions where source = 'quiz_completion'"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_history_that_cannot_be_settled_waits_and_holds_up_nobody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await PublishAsync(server.Database.ExecuteAsync);
        // As a rule of the operator might: it fails for one person.
        await server.Database.ExecuteAsync(
            $"""
            create function fail_for_ada() returns trigger language plpgsql as $$ begin raise 'not for Ada'; end $$;
            create trigger fail before insert on xp_transactions for each row when (new.user_id = '{ada.Id}') execute function fail_for_ada();
            insert into activity_events (user_id, type) select id, 'test.done' from profiles
            """);

        await Eventually.IsTrueAsync(async () => await TotalAsync(bob.Id) == 1);
        await Eventually.IsTrueAsync(async () => await server.Database.ScalarAsync<long>("select count(*) from evolv.settle_failures where tries > 1") == 1);
        Assert.Equal("not for Ada (P0001)", await server.Database.ScalarAsync<string>("select error from evolv.settle_failures"));
        await server.Database.ExecuteAsync("drop trigger fail on xp_transactions");

        await Eventually.IsTrueAsync(async () => await TotalAsync(ada.Id) == 1);
        await server.Database.AssertInvariantsAsync();

        Task<long> TotalAsync(Guid person) => server.Database.ScalarAsync<long>($"select total_xp from user_levels where user_id = '{person}'");
    }

    [Fact]
    public async Task A_hundred_thousand_awards_of_twenty_callers_survive_kills_of_Evolv_and_of_PostgreSQL()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        await PublishAsync(sql => evolv.ScalarAsync<int>($"{sql}; select 1"));
        var people = await evolv.ScalarAsync<Guid[]>(
            """
            with people as (
                insert into auth.users (id, email) select gen_random_uuid(), i || '@example.com' from generate_series(1, 50) i returning id
            )
            select array_agg(id) from people
            """);

        var calls = new ConcurrentQueue<int>(Enumerable.Range(0, Awards / EventsOfACall));
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(evolv, people, calls)).ToArray();
        for (var kill = 0; kill < 4; kill++)
        {
            await Task.Delay(Random.Shared.Next(1000, 2500), Token);
            if (kill % 2 == 0)
            {
                evolv.KillEvolv();
                await evolv.WaitForExitAsync();
                await evolv.StartAsync();
            }
            else
            {
                evolv.KillPostgres();
            }

            await evolv.WaitUntilReadyAsync();
        }

        await Task.WhenAll(callers);
        await WaitUntilSettledAsync(evolv);

        Assert.Equal((long)Awards, await evolv.ScalarAsync<long>("select count(*) from activity_events where type = 'test.done'"));
        Assert.Equal((long)Awards, await evolv.ScalarAsync<long>("select sum(amount)::bigint from xp_transactions where source = 'quiz_completion'"));
        Assert.Equal((long)Awards, await evolv.ScalarAsync<long>("select count(distinct event_id) from xp_transactions where source = 'quiz_completion'"));
        Assert.Equal("", await evolv.ScalarAsync<string>("select coalesce(string_agg(invariant || ' ' || example, ', '), '') from evolv.invariants()"));
        Assert.Equal(0L, await evolv.ScalarAsync<long>("select count(*) from profiles p where evolv.verify_xp(p.id) is not null and p.id = any (array(select id from profiles order by id limit 5))"));
    }

    static Task PublishAsync(Func<string, Task> execute)
        => execute(
            """
            insert into xp_rules (slug, name, source) values ('test', 'Test', 'quiz_completion');
            insert into xp_rule_versions (rule_id, version, event_type, amount, valid_from)
            select id, 1, 'test.done', 1, '-infinity' from xp_rules where slug = 'test'
            """);

    // A call whose answer was lost is made again; the keys of its events say whether it was done.
    static async Task CallAsync(EvolvProcess evolv, Guid[] people, ConcurrentQueue<int> calls)
    {
        while (calls.TryDequeue(out var call))
        {
            await InsistAsync(() => evolv.ScalarAsync<int>(
                $"""
                insert into activity_events (user_id, type, dedupe_key)
                select '{people[call % people.Length]}', 'test.done', 'test {call} ' || n from generate_series(1, {EventsOfACall}) n
                on conflict do nothing;
                select 1
                """));
        }
    }

    static async Task WaitUntilSettledAsync(EvolvProcess evolv)
    {
        for (var (before, idle) = (long.MaxValue, 0); ;)
        {
            var pending = await InsistAsync(() => evolv.ScalarAsync<long>("select count(*) from evolv.pending_events"));
            if (pending == 0)
                return;
            idle = pending < before ? 0 : idle + 1;
            Assert.True(idle < 100, $"{pending} events are not settled: {evolv.Log}");
            before = pending;
            await Task.Delay(100, Token);
        }
    }

    // PostgreSQL was killed and comes back.
    static async Task<T> InsistAsync<T>(Func<Task<T>> ask)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (tries < 1000 && exception is (NpgsqlException or IOException or TimeoutException))
            {
                await Task.Delay(50, Token);
            }
        }
    }
}
