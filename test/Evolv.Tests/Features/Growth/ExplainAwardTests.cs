using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>POST /functions/v1/explain-award, and what get-progress and get-achievements say.</summary>
public sealed class ExplainAwardTests(EvolvCluster cluster)
{
    [Fact]
    public async Task An_entry_is_explained_by_its_event_and_the_version_of_its_rule()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await ada.Http.CallAsync("check-in", new { });
        var entry = await server.Database.ScalarAsync<Guid>("select id from xp_transactions");

        var why = await ada.Http.CallAsync("explain-award", new { xp_transaction_id = entry });

        Assert.Equal(("xp", "10", "person.active", "daily-login", "1", "10"), (
            why.At("kind"), why.At("entry", "amount"), why.At("events", 0, "type"), why.At("rule", "slug"), why.At("rule", "version"),
            why.At("rule", "amount")));
    }

    [Fact]
    public async Task A_badge_is_explained_by_the_event_that_crossed_and_its_reward_and_a_missing_one_by_what_is_missing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 300, source = "quiz_completion" });
        var earned = await server.Database.ScalarAsync<Guid>("select id from user_badges");
        var missing = await server.Database.ScalarAsync<Guid>("select id from badges where slug = 'level-5'");

        var why = await ada.Http.CallAsync("explain-award", new { user_badge_id = earned });
        var whyNot = await ada.Http.CallAsync("explain-award", new { badge_id = missing });

        Assert.Equal(("badge", "True", "level.reached", "2", "20"), (
            why.At("kind"), why.At("earned"), why.At("events", 0, "type"), why.At("events", 0, "metadata", "level"), why.At("reward", "amount")));
        Assert.Equal(("False", "2", "5", "False"), (
            whyNot.At("earned"), whyNot.At("progress", "current"), whyNot.At("progress", "target"), whyNot.At("progress", "criteria", 0, "met")));
    }

    [Fact]
    public async Task What_an_event_did_not_bring_is_explained_by_the_cap()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            $$"""
            select evolv.record_event('{{ada.Id}}', 'post.created', 'post', gen_random_uuid(), metadata => '{"visibility": "public"}')
            from generate_series(1, 6);
            select evolv.settle_now('{{ada.Id}}')
            """);
        var last = (int)await server.Database.ScalarAsync<long>("select event_id from xp_refusals");

        var why = await ada.Http.CallAsync("explain-award", new { event_id = last });
        var progress = await ada.Http.AskAsync("get-progress");

        Assert.Equal(("post-published", "capped_day", "15", "5"), (
            why.At("refusals", 0, "rule"), why.At("refusals", 0, "reason"), why.At("refusals", 0, "amount"), why.At("refusals", 0, "cap_per_day")));
        var limit = progress.Data.GetProperty("limits").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "post-published");
        Assert.Equal((5, 5, 1), (
            limit.GetProperty("today").GetInt32(), limit.GetProperty("cap_per_day").GetInt32(),
            limit.GetProperty("refused_today").GetProperty("capped_day").GetInt32()));
    }

    [Fact]
    public async Task Of_others_nothing_is_explained_but_to_admins_and_the_service()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, eve) = (await server.SignUpAsync("ada"), await server.SignUpAsync("eve"));
        var admin = await server.SignUpAsync("admin", "admin");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 300, source = "quiz_completion" });
        var entry = await server.Database.ScalarAsync<Guid>("select id from xp_transactions where badge_id is null");
        var badge = await server.Database.ScalarAsync<Guid>("select id from user_badges");
        object[] questions = [new { xp_transaction_id = entry }, new { user_badge_id = badge }, new { event_id = 1 }, new { xp_transaction_id = Guid.NewGuid() }];

        foreach (var question in questions)
            Assert.Equal((404, "award_not_found"), await CodeAsync(eve, question));
        Assert.Equal(200, (await admin.Http.CallAsync("explain-award", questions[0])).Status);
        Assert.Equal(200, (await server.Service.CallAsync("explain-award", questions[1])).Status);
        Assert.Equal(403, (await eve.Http.AskAsync($"get-progress?user_id={ada.Id}")).Status);
        Assert.Equal(200, (await admin.Http.AskAsync($"get-progress?user_id={ada.Id}")).Status);
        Assert.Equal(400, (await server.Service.AskAsync("get-progress")).Status);

        static async Task<(int, string?)> CodeAsync(Person person, object question)
            => await person.Http.CallAsync("explain-award", question) is var answer ? (answer.Status, answer.Code) : default;
    }

    [Theory]
    [InlineData("{}", "Send one of xp_transaction_id, user_badge_id, badge_id, event_id.")]
    [InlineData("""{"badge_id":"x"}""", "badge_id must be a UUID")]
    [InlineData("""{"event_id":0}""", "event_id must be an integer from 1 to 9223372036854775807")]
    [InlineData("""{"event_id":1,"badge_id":"de300000-0001-4000-8000-000000000001"}""", "Send one of xp_transaction_id, user_badge_id, badge_id, event_id.")]
    public async Task Bad_input_is_named(string body, string error)
    {
        var server = await cluster.SharedServerAsync();

        var answer = await server.Service.CallAsync("explain-award", JsonElement.Parse(body));

        Assert.Equal((400, error), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task Progress_names_level_streak_and_the_nearest_badges()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 300, source = "quiz_completion" });

        var progress = await ada.Http.AskAsync("get-progress");

        // Level 2 begins at 200 and takes 300; 20 are the reward of its badge.
        Assert.Equal(("320", "2", "120", "180", "0.4000"), (
            progress.At("total_xp"), progress.At("current_level"), progress.At("level_xp"), progress.At("xp_to_next"), progress.At("level_progress")));
        Assert.Equal("none", progress.At("streak", "status"));
        Assert.Equal(["level-5", "level-10", "level-20"], progress.Data.GetProperty("nearest_badges").EnumerateArray().Select(badge => badge.GetProperty("slug").GetString()));
    }

    [Fact]
    public async Task Achievements_of_another_person_are_the_badges_they_have_and_secret_ones_are_shown_to_their_holders()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, eve) = (await server.SignUpAsync("ada"), await server.SignUpAsync("eve"));
        await server.Service.CallAsync("publish-badge", new
        {
            slug = "secret",
            name = "Secret",
            is_secret = true,
            rule = new { all = new[] { new Dictionary<string, object> { ["event"] = "xp.awarded", ["target"] = 1 } } },
        });
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 10, source = "quiz_completion" });

        var own = await ada.Http.AskAsync("get-achievements");
        var others = await eve.Http.AskAsync($"get-achievements?user_id={ada.Id}");
        var eves = await eve.Http.AskAsync("get-achievements");
        var secret = await server.Database.ScalarAsync<Guid>("select id from badges where slug = 'secret'");
        Assert.Equal(404, (await eve.Http.CallAsync("explain-award", new { badge_id = secret })).Status);

        Assert.Equal(12, own.Data.GetProperty("badges").GetArrayLength());
        Assert.Equal("1", own.At("earned_count"));
        Assert.Equal(("0", 0), (others.At("earned_count"), others.Data.GetProperty("badges").GetArrayLength()));
        await server.Service.CallAsync("add-xp", new { user_id = eve.Id, amount = 200, source = "quiz_completion" });
        others = await eve.Http.AskAsync($"get-achievements?user_id={ada.Id}");
        Assert.Equal(("secret", "1"), (others.At("badges", 0, "slug"), others.At("earned_count"))); // who has it, too, may know
        Assert.False(others.Data.GetProperty("badges")[0].TryGetProperty("current", out _));
        Assert.DoesNotContain(eves.Data.GetProperty("badges").EnumerateArray(), badge => badge.GetProperty("slug").GetString() == "secret");
        Assert.Equal(404, (await eve.Http.AskAsync($"get-achievements?user_id={Guid.NewGuid()}")).Status);
    }
}
