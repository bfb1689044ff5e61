using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>Nothing is sent without consent, and nothing is spent beyond the budgets.</summary>
public sealed class BudgetTests(EvolvCluster cluster)
{
    const long Dollar = 10_000_000_000; // ticks

    static readonly (string, string)[] Cheap = [("Ai:MaxCompletionTokens", "500"), ("Ai:TimeoutSeconds", "30"), ("Ai:AttemptTimeoutSeconds", "30")];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_consent_nothing_is_sent()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.Server.SignUpAsync("ada");

        foreach (var function in GrokWorld.Functions)
        {
            var answer = await ada.Http.CallAsync(function, GrokWorld.QuestionFor(function));
            Assert.Equal((200, "builtin", "no_consent"), (answer.Status, answer.At("ai_provider"), answer.At("fallback", "reason")));
            Assert.StartsWith("You have not agreed", answer.At("fallback", "message"), StringComparison.Ordinal);
        }

        Assert.Empty(world.Chats);
        Assert.Empty(await world.CallsAsync());
        Assert.Empty(await world.RowsAsync("evolv.ai_spending", "day"));
    }

    [Fact]
    public async Task Consent_and_its_withdrawal_count_at_once()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.Server.SignUpAsync("ada"), await world.ConsentingAsync("grace"));

        var before = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        await GrokWorld.ConsentAsync(ada);
        var agreed = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        await GrokWorld.WithdrawAsync(ada);
        var after = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        var later = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(2));

        Assert.Equal("no_consent", before.At("fallback", "reason"));
        Assert.Equal(("grok", ""), (agreed.At("ai_provider"), agreed.At("fallback")));
        Assert.Equal("no_consent", after.At("fallback", "reason"));
        Assert.Equal("no_consent", later.At("fallback", "reason"));
        Assert.Single(world.Chats);
        Assert.Equal("grok", (await grace.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1))).At("ai_provider")); // hers stands
    }

    // Anybody can make as many as they like, each with a budget of its own.
    [Fact]
    public async Task Guests_do_not_spend_the_communitys_money()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        using var guest = world.Server.ClientWith(world.Server.PublishableKey, await world.Server.TokenOfGuestAsync());

        using var agreed = await guest.PostAsJsonAsync("/rest/v1/ai_consents", new { }, TestContext.Current.CancellationToken);
        var answer = await guest.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.Equal(HttpStatusCode.Forbidden, agreed.StatusCode);
        Assert.Equal((200, "no_consent"), (answer.Status, answer.At("fallback", "reason")));
        Assert.Empty(world.Chats);
        Assert.Equal("True", (await guest.CallAsync("ai-learning-path", GrokWorld.Goal(1))).At("cached")); // whether they agreed is part of the question
    }

    [Fact]
    public async Task An_answer_that_nobody_waited_for_costs_what_was_reserved()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Behaviour = GrokBehaviour.OneBytePerSecond;

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.Equal("timeout", answer.At("fallback", "reason"));
        Assert.True(await world.Database.ScalarAsync<bool>("select cost_ticks between reserved_ticks - 10000000 and reserved_ticks + 10000000 and cost_is_estimated from ai_requests"));
    }

    [Fact]
    public async Task Nobody_agrees_for_somebody_else()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.Server.SignUpAsync("ada"), await world.ConsentingAsync("grace"));

        await world.Database.AssertRefusedAsync(Caller.User(grace.Id), $"insert into ai_consents (user_id) values ({ada.Id})");
        await world.Database.AssertRefusedAsync(Caller.User(ada.Id), $"insert into ai_consents (user_id, granted_at) values ({ada.Id}, '2020-01-01')");
        await world.Database.AssertRefusedAsync(Caller.Anonymous, $"select from ai_consents");
        Assert.Equal(0, await world.Database.ExecuteAsync(Caller.User(ada.Id), $"delete from ai_consents"));
        Assert.Empty(await world.Database.ColumnAsync<Guid>(Caller.User(ada.Id), $"select user_id from ai_consents"));
        Assert.Equal([grace.Id], await world.Database.ColumnAsync<Guid>(Caller.User(grace.Id), $"select user_id from ai_consents"));
    }

    [Theory]
    [InlineData("Ai:PersonDailyUsd", "person_budget")]
    [InlineData("Ai:PersonMonthlyUsd", "person_budget")]
    [InlineData("Ai:InstallationDailyUsd", "installation_budget")]
    [InlineData("Ai:InstallationMonthlyUsd", "installation_budget")]
    public async Task Thirty_questions_at_once_reserve_no_more_than_the_budget(string setting, string reason)
    {
        await using var world = await GrokWorld.StartAsync(cluster, [.. Cheap, (setting, "0.06")]);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.ConsentingAsync("grace"));
        await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(0));
        var spent = (long)Assert.Single(await world.CallsAsync())["cost_ticks"]!;
        world.Grok.Delay = TimeSpan.FromSeconds(4); // all reserve before anything is settled

        var answers = await Task.WhenAll(Enumerable.Range(1, 30).Select(number => ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(number))));

        var calls = (await world.CallsAsync()).Skip(1).ToArray();
        var reserved = Assert.Single(calls.Select(call => (long)call["reserved_ticks"]!).Distinct());
        var allowed = (int)((6 * Dollar / 100 - spent) / reserved);
        Assert.InRange(allowed, 2, 20);
        Assert.Equal((allowed, allowed), (calls.Length, world.Chats.Count - 1));
        Assert.Equal(allowed, answers.Count(answer => answer.At("ai_provider") == "grok"));
        Assert.All(answers.Where(answer => answer.At("ai_provider") != "grok"), answer => Assert.Equal(
            (200, "builtin", reason), (answer.Status, answer.At("ai_provider"), answer.At("fallback", "reason"))));
        Assert.Contains(answers, answer => answer.At("fallback") != "" && answer.At("fallback", "message").Contains("is used up", StringComparison.Ordinal));
        await world.AssertSettledAsync();

        // What was reserved and not needed is there again; and one person's budget is nobody else's.
        world.Grok.Delay = TimeSpan.Zero;
        Assert.Equal("grok", (await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(40))).At("ai_provider"));
        await world.Database.ExecuteAsync($"update evolv.ai_spending set ticks = {6 * Dollar / 100} where user_id in ('{ada.Id}', '{Guid.Empty}')");
        Assert.Equal(reason, (await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(41))).At("fallback", "reason"));
        var hers = await grace.Http.CallAsync("ai-learning-path", GrokWorld.Goal(42));
        Assert.Equal(reason == "person_budget" ? "" : reason, hers.At("fallback") == "" ? "" : hers.At("fallback", "reason"));
    }

    [Fact]
    public async Task Yesterday_counts_for_the_month_and_last_month_for_nothing()
    {
        await using var world = await GrokWorld.StartAsync(cluster, [.. Cheap, ("Ai:PersonDailyUsd", "0.06"), ("Ai:PersonMonthlyUsd", "1")]);
        var ada = await world.ConsentingAsync("ada");
        const string Month = "date_trunc('month', (now() at time zone 'UTC'))::date";
        await world.Database.ExecuteAsync($"insert into evolv.ai_spending values ({Month} - 1, '{ada.Id}', {2 * Dollar})");

        var first = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        await world.Database.ExecuteAsync(
            $"""
            insert into evolv.ai_spending as s
            values (case {Month} when (now() at time zone 'UTC')::date then {Month} else (now() at time zone 'UTC')::date - 1 end, '{ada.Id}', {Dollar})
            on conflict on constraint ai_spending_pkey do update set ticks = s.ticks + excluded.ticks
            """);
        var second = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(2));

        Assert.Equal("grok", first.At("ai_provider"));
        Assert.Equal("person_budget", second.At("fallback", "reason"));
    }

    [Fact]
    public async Task A_budget_of_nothing_sends_nothing()
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:InstallationDailyUsd", "0"));
        var ada = await world.ConsentingAsync("ada");

        Assert.Equal("installation_budget", (await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment())).At("fallback", "reason"));
        Assert.Empty(world.Chats);
        Assert.Empty(await world.CallsAsync());
    }

    [Fact]
    public async Task An_answer_that_is_there_costs_nothing()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        var first = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment("Work with data!"));
        var spent = (await world.RowsAsync("evolv.ai_spending", "user_id")).Select(row => row.ToJsonString()).ToArray();

        var again = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment("  work   with DATA"));

        Assert.Equal(("False", "True", first.At("assessment_id")), (first.At("cached"), again.At("cached"), again.At("assessment_id")));
        Assert.Single(world.Chats);
        Assert.Equal(spent, (await world.RowsAsync("evolv.ai_spending", "user_id")).Select(row => row.ToJsonString()));
        await world.Database.ExecuteAsync("update career_assessments set created_at = now() - interval '25 hours'");
        Assert.Equal("False", (await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment("Work with data!"))).At("cached"));
        Assert.Equal(2, world.Chats.Count);
    }

    [Fact]
    public async Task Twenty_equal_questions_at_once_are_asked_once()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Delay = TimeSpan.FromSeconds(1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment())));

        Assert.Single(world.Chats);
        var row = Assert.Single(await world.AnswersAsync());
        Assert.All(answers, answer => Assert.Equal(
            (200, "grok", (string?)row["id"]), (answer.Status, answer.At("ai_provider"), answer.At("assessment_id"))));
        Assert.Single(answers.Select(answer => answer.At("career_paths")).Distinct());
        await world.AssertSettledAsync();
    }

    // Also those that come while the answer is being stored.
    [Fact]
    public async Task Equal_questions_one_after_the_other_are_asked_once()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        var ada = await world.ConsentingAsync("ada");
        for (var round = 0; round < 10; round++)
        {
            var asked = world.Chats.Count;

            await Task.WhenAll(Enumerable.Range(0, 12).Select(async number =>
            {
                await Task.Delay(number * 4, Token);
                Assert.Equal("grok", (await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(round))).At("ai_provider"));
            }));

            Assert.Equal(asked + 1, world.Chats.Count);
        }

        Assert.Equal(10, (await world.AnswersAsync()).Length);
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task Two_servers_ask_once()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        await using var other = await EvolvServer.StartAsync(world.Database, GrokWorld.SettingsFor(world.Grok, Cheap));
        var ada = await world.ConsentingAsync("ada");
        using var there = other.ClientWith(other.PublishableKey, ada.AccessToken);
        world.Grok.Delay = TimeSpan.FromSeconds(1);

        var answers = await Task.WhenAll(
            ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment()), there.CallAsync("ai-career-assessment", GrokWorld.Assessment()));

        Assert.Single(world.Chats);
        var row = Assert.Single(await world.AnswersAsync());
        Assert.All(answers, answer => Assert.Equal(
            (200, "grok", (string?)row["id"]), (answer.Status, answer.At("ai_provider"), answer.At("assessment_id"))));
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task Who_learns_something_while_the_provider_writes_may_ask_again()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Delay = TimeSpan.FromSeconds(2);
        var before = ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        while (world.Chats.Count == 0)
            await Task.Delay(20, Token);

        await world.Database.ExecuteAsync($"insert into user_skills (user_id, skill_id, claimed_level) select '{ada.Id}', id, 'beginner' from skills where slug = 'python'");
        var after = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.Equal(("grok", "grok", 2), ((await before).At("ai_provider"), after.At("ai_provider"), world.Chats.Count));
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task A_call_of_a_server_that_died_counts_in_full_and_blocks_nobody()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        var spent = (long)Assert.Single(await world.CallsAsync())["cost_ticks"]!;
        await world.Database.ExecuteAsync(
            $"""
            delete from ai_generated_paths;
            update public.ai_requests set state = 'running', cost_ticks = null, finished_at = null, started_at = now() - interval '3 minutes', reserved_ticks = 777;
            update evolv.ai_spending set ticks = 777
            """);

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));

        Assert.Equal(("grok", 2), (answer.At("ai_provider"), world.Chats.Count));
        var calls = await world.CallsAsync();
        Assert.Equal(
            ("failed", "server_gone", 777, true),
            ((string?)calls[0]["state"], (string?)calls[0]["error"], (long)calls[0]["cost_ticks"]!, (bool)calls[0]["cost_is_estimated"]!));
        Assert.Equal(("answered", spent), ((string?)calls[1]["state"], (long)calls[1]["cost_ticks"]!));
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task Who_erases_their_calls_gets_no_money_back()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.ConsentingAsync("grace"));
        await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        var spent = (await world.RowsAsync("evolv.ai_spending", "user_id")).Select(row => row.ToJsonString()).ToArray();
        Assert.Equal(2, spent.Length);

        using var hers = await grace.Http.DeleteAsync($"/rest/v1/ai_requests?user_id=eq.{ada.Id}", Token);
        Assert.Single(await world.CallsAsync());
        using var own = await ada.Http.DeleteAsync($"/rest/v1/ai_requests?user_id=eq.{ada.Id}", Token);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (hers.StatusCode, own.StatusCode));
        Assert.Empty(await world.CallsAsync());
        Assert.Equal(spent, (await world.RowsAsync("evolv.ai_spending", "user_id")).Select(row => row.ToJsonString()));
    }

    [Fact]
    public async Task A_call_that_is_running_cannot_be_erased()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Delay = TimeSpan.FromSeconds(2);
        var asking = ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        while (world.Chats.Count == 0)
            await Task.Delay(20, Token);

        Assert.Equal(0, await world.Database.ExecuteAsync(Caller.User(ada.Id), $"delete from ai_requests"));

        Assert.Equal("grok", (await asking).At("ai_provider"));
        Assert.Equal(1, await world.Database.ExecuteAsync(Caller.User(ada.Id), $"delete from ai_requests"));
    }

    [Fact]
    public async Task With_the_account_goes_everything_but_the_total_of_the_installation()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        foreach (var function in GrokWorld.Functions)
            await ada.Http.CallAsync(function, GrokWorld.QuestionFor(function));
        var total = (await world.CallsAsync()).Sum(call => (long)call["cost_ticks"]!);

        await world.Database.ExecuteAsync($"delete from auth.users where id = '{ada.Id}'");

        Assert.Empty(await world.CallsAsync());
        Assert.Empty(await world.AnswersAsync());
        Assert.Empty(await world.RowsAsync("public.ai_consents", "user_id"));
        var left = Assert.Single(await world.RowsAsync("evolv.ai_spending", "user_id"));
        Assert.Equal((Guid.Empty.ToString(), total), ((string?)left["user_id"], (long)left["ticks"]!));
        await world.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task An_account_that_goes_while_the_provider_writes_leaves_nothing_behind()
    {
        await using var world = await GrokWorld.StartAsync(cluster, Cheap);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Delay = TimeSpan.FromSeconds(2);
        var asking = ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        while (world.Chats.Count == 0)
            await Task.Delay(20, Token);

        await world.Database.ExecuteAsync($"delete from auth.users where id = '{ada.Id}'");
        var answer = await asking;

        Assert.Equal(403, answer.Status);
        Assert.Empty(await world.CallsAsync());
        Assert.Empty(await world.AnswersAsync());
        await world.Database.AssertRefusedAsync(Caller.User(ada.Id), $"insert into ai_consents (user_id) values ({ada.Id})"); // a token outlives its account
        Assert.Equal([Guid.Empty.ToString()], (await world.RowsAsync("evolv.ai_spending", "user_id")).Select(row => (string?)row["user_id"]));
    }

    [Fact]
    public async Task Calls_and_money_are_the_servers()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.Server.SignUpAsync("grace", "admin", "teacher"));
        await ada.Http.CallAsync("ai-learning-path", GrokWorld.Goal(1));
        var database = world.Database;

        foreach (var caller in new[] { Caller.User(ada.Id), Caller.User(grace.Id), Caller.Anonymous })
        {
            await database.AssertRefusedAsync(caller, $"insert into ai_requests (user_id, purpose, input_hash, provider, reserved_ticks) values ({ada.Id}, 'learning_path', 'x', 'x', 0)");
            await database.AssertRefusedAsync(caller, $"update ai_requests set cost_ticks = 0");
            await database.AssertRefusedAsync(caller, $"select from evolv.ai_spending");
            await database.AssertRefusedAsync(caller, $"delete from evolv.ai_spending");
            await database.AssertRefusedAsync(caller, $"select evolv.reserve_ai_request({ada.Id}, 'learning_path', 'x', 'x', 'x', 0, 1, 1, 1, 1)");
            await database.AssertRefusedAsync(caller, $"select evolv.settle_ai_request({ada.Id}, 'failed', 0, false)");
            await database.AssertRefusedAsync(caller, $"select evolv.spend(current_date, {ada.Id}, -100)");
        }

        Assert.Single(await database.ColumnAsync<Guid>(Caller.User(ada.Id), $"select id from ai_requests"));
        Assert.Empty(await database.ColumnAsync<Guid>(Caller.User(grace.Id), $"select id from ai_requests"));
        await database.AssertRefusedAsync(Caller.Anonymous, $"select from ai_requests");
        using var read = await ada.Http.GetAsync("/rest/v1/ai_requests?select=state,cost_ticks", Token);
        Assert.Equal("answered", (string?)JsonNode.Parse(await read.Content.ReadAsStringAsync(Token))![0]!["state"]); // a person sees what was spent for them
    }
}
