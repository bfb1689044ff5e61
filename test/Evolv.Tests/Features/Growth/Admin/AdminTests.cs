using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth.Admin;

/// <summary>What admins and the service do with rules, badges, entries and flags over /functions/v1.</summary>
public sealed class AdminTests(EvolvCluster cluster)
{
    static readonly string[] Functions =
    [
        "publish-xp-rule", "publish-badge", "preview-badge", "backfill-badge", "award-badge", "revoke-badge", "void-xp", "hold-xp",
        "review-flag", "publish-levels",
    ];

    [Fact]
    public async Task Only_admins_and_the_service_call_them()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var teacher = await server.SignUpAsync("teacher", "teacher", "moderator", "reviewer");
        var id = Guid.NewGuid();
        // Valid for each of them, as far as it goes.
        var body = new
        {
            slug = "a-rule",
            event_type = "post.created",
            amount = 5,
            name = "A name",
            rule = JsonElement.Parse("""{"all":[{"event":"post.created","target":1}]}"""),
            badge_id = id,
            user_id = teacher.Id,
            user_badge_id = id,
            xp_transaction_id = id,
            flag_id = id,
            decision = "release",
            reason = "because",
            xp_required = new[] { 0, 10 },
        };

        foreach (var function in Functions)
        {
            // hold-xp has a rule by name where the others have one as an object.
            object sent = function == "hold-xp" ? new { user_id = teacher.Id, rule = "daily-login", reason = "because" } : body;
            Assert.Equal((function, 401), (function, (await server.Anonymous.CallAsync(function, sent)).Status));
            Assert.Equal((function, 403), (function, (await teacher.Http.CallAsync(function, sent)).Status));
            Assert.NotEqual((function, 403), (function, (await server.Service.CallAsync(function, sent)).Status));
        }
    }

    [Fact]
    public async Task An_awarded_badge_pays_its_reward_and_a_revoked_one_takes_it_back_and_stays_as_a_row()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var admin = await server.SignUpAsync("admin", "admin");
        var expert = await server.Database.ScalarAsync<Guid>("select id from badges where slug = 'expert'");

        var awarded = await admin.Http.CallAsync("award-badge", new { user_id = ada.Id, badge_id = expert, reason = "for the keynote" });
        var again = await admin.Http.CallAsync("award-badge", new { user_id = ada.Id, badge_id = expert, reason = "twice" });
        var progress = await ada.Http.AskAsync("get-progress");
        var revoked = await admin.Http.CallAsync("revoke-badge", new { user_badge_id = awarded.At("id"), reason = "the keynote was copied" });
        var twice = await admin.Http.CallAsync("revoke-badge", new { user_badge_id = awarded.At("id"), reason = "again" });
        var after = await ada.Http.AskAsync("get-progress");

        Assert.Equal((admin.Id.ToString(), "for the keynote"), (awarded.At("awarded_by"), awarded.At("metadata", "reason")));
        Assert.Equal((409, "badge_already_awarded"), (again.Status, again.Code));
        Assert.Equal("1020", progress.At("total_xp")); // and 20 for level 2, which stay: it was reached
        Assert.Equal(("the keynote was copied", admin.Id.ToString()), (revoked.At("revocation_reason"), revoked.At("revoked_by")));
        Assert.Equal((409, "badge_already_revoked"), (twice.Status, twice.Code));
        Assert.Equal(("20", "1", "4"), (after.At("total_xp"), after.At("current_level"), after.At("peak_level")));
        Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{ada.Id}') is null"));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_voided_entry_is_reversed_once_by_an_entry_that_says_why()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 150, source = "quiz_completion" });
        var entry = await server.Database.ScalarAsync<Guid>("select id from xp_transactions");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ =>
            server.Service.CallAsync("void-xp", new { xp_transaction_id = entry, reason = "wrong person" })));
        var why = await ada.Http.CallAsync("explain-award", new { xp_transaction_id = entry });

        var voided = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(("-150", "0"), (voided.At("amount"), voided.At("total_xp")));
        Assert.Equal(4, answers.Count(answer => answer.Code == "xp_already_voided"));
        Assert.Equal("wrong person", why.At("reversed_by", "reason"));
        Assert.Equal((404, "xp_transaction_not_found"), (await server.Service.CallAsync("void-xp", new { xp_transaction_id = ada.Id, reason = "no" })) is var no ? (no.Status, no.Code) : default);
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_new_version_of_a_rule_holds_from_now_on_and_the_entry_names_its_version()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await ada.Http.CallAsync("check-in", new { });

        var published = await server.Service.CallAsync("publish-xp-rule", new { slug = "daily-login", event_type = "person.active", amount = 25, distinct_by = new[] { "day" } });
        await bob.Http.CallAsync("check-in", new { });
        var ended = await server.Service.CallAsync("publish-xp-rule", new { slug = "daily-login", event_type = "person.active", amount = 25, is_active = false });
        var moved = await server.Service.CallAsync("publish-xp-rule", new { slug = "daily-login", event_type = "person.active", amount = 1, source = "skill_mastery" });
        var past = await server.Service.CallAsync("publish-xp-rule", new { slug = "daily-login", event_type = "person.active", amount = 1, valid_from = "2020-01-01T00:00:00Z" });

        Assert.Equal(("2", "daily_login"), (published.At("version"), published.At("source")));
        Assert.Equal("3", ended.At("version"));
        Assert.Equal((409, "source_fixed"), (moved.Status, moved.Code));
        Assert.Equal((400, "valid_from must not be in the past: what was paid stays paid"), (past.Status, past.Error));
        Assert.Equal("10 1, 25 2", await server.Database.ScalarAsync<string>(
            "select string_agg(x.amount || ' ' || v.version, ', ' order by v.version) from xp_transactions x join xp_rule_versions v on v.id = x.rule_version_id"));
        foreach (var person in new[] { ada, bob })
            Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{person.Id}') is null"));
    }

    [Fact]
    public async Task A_new_version_of_a_badge_changes_neither_what_was_paid_nor_what_it_does_not_name()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var rule = JsonElement.Parse("""{"all": [{"event": "xp.awarded", "target": 1}]}""");
        await server.Service.CallAsync("publish-badge", new { slug = "quiet", name = "Quiet", points = 5, is_secret = true, rule });
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 10, source = "quiz_completion" });

        var published = await server.Service.CallAsync("publish-badge", new { slug = "quiet", points = 50, rule });
        await server.Database.ExecuteAsync($"select evolv.settle_now('{ada.Id}')");

        Assert.Equal("2", published.At("version"));
        Assert.Equal("Quiet true 50", await server.Database.ScalarAsync<string>("select name || ' ' || is_secret || ' ' || points from badges where slug = 'quiet'"));
        Assert.Equal("15", (await ada.Http.AskAsync("get-progress")).At("total_xp"));
        Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{ada.Id}') is null"));
        Assert.False(await server.Database.ScalarAsync<bool>($"select evolv.recompute_xp('{ada.Id}')"));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task What_is_held_is_paid_on_release_and_never_when_upheld_and_the_person_may_appeal()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var admin = await server.SignUpAsync("admin", "admin");

        var held = await admin.Http.CallAsync("hold-xp", new { user_id = ada.Id, rule = "daily-login", reason = "many accounts, one address" });
        var checkIn = await ada.Http.CallAsync("check-in", new { });
        var progress = await ada.Http.AskAsync("get-progress");
        await server.Database.ExecuteAsync(Evolv.Platform.Data.Caller.User(ada.Id), $"insert into integrity_appeals (flag_id, body) values ({Guid.Parse(held.At("id"))}, 'We are a family.')");
        var released = await admin.Http.CallAsync("review-flag", new { flag_id = held.At("id"), decision = "release", note = "a family indeed" });
        var again = await admin.Http.CallAsync("review-flag", new { flag_id = held.At("id"), decision = "uphold" });
        var after = await ada.Http.AskAsync("get-progress");

        Assert.Equal("0", checkIn.At("xp_added"));
        Assert.Equal("True", progress.Data.GetProperty("limits").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "daily-login").GetProperty("held").ToString());
        Assert.Equal(("released", "10", admin.Id.ToString()), (released.At("status"), released.At("paid"), released.At("decided_by")));
        Assert.Equal((409, "flag_already_decided"), (again.Status, again.Code));
        Assert.Equal("10", after.At("total_xp"));

        var own = await server.Service.CallAsync("hold-xp", new { user_id = admin.Id, rule = "daily-login", reason = "check" });
        Assert.Equal(403, (await admin.Http.CallAsync("review-flag", new { flag_id = own.At("id"), decision = "release" })).Status);
        await admin.Http.CallAsync("check-in", new { });
        await server.Service.CallAsync("review-flag", new { flag_id = own.At("id"), decision = "uphold" });
        Assert.Equal("0", (await admin.Http.AskAsync("get-progress")).At("total_xp"));
        foreach (var person in new[] { ada, admin })
            Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{person.Id}') is null"));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task An_inhuman_pace_raises_the_alarm_of_the_rule()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        await server.Database.ExecuteAsync(
            $$"""
            select evolv.record_event('{{ada.Id}}', 'step.completed', 'step', gen_random_uuid(), metadata => '{"step_type": "quiz"}')
            from generate_series(1, 50);
            select evolv.settle_now('{{ada.Id}}')
            """);

        Assert.Equal("41 events in 60 minutes open", await server.Database.ScalarAsync<string>("select reason || ' ' || status from integrity_flags"));
        Assert.Equal((2000L, 10L), (
            await server.Database.ScalarAsync<long>("select sum(amount)::bigint from xp_transactions where source = 'quiz_completion'"),
            await server.Database.ScalarAsync<long>("select count(*) from xp_refusals where reason = 'held'")));
        Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{ada.Id}') is null"));
    }

    [Fact]
    public async Task A_new_table_of_levels_moves_everybody_and_peaks_stay()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 5000, source = "quiz_completion" });

        var published = await server.Service.CallAsync("publish-levels", new { xp_required = new[] { 0, 1000, 5000, 100000 }, note = "flatter" });

        Assert.Equal(("2", "4", "1"), (published.At("version"), published.At("levels"), published.At("people")));
        await Rest.Eventually.IsTrueAsync(async () =>
            await server.Database.ScalarAsync<string>($"select current_level || ' of ' || peak_level from user_levels where user_id = '{ada.Id}'") == "3 of 7");
        Assert.True(await server.Database.ScalarAsync<bool>($"select evolv.verify_xp('{ada.Id}') is null"));
        Assert.Equal("5120 3 94880", await server.Database.ScalarAsync<string>(
            $"select (p ->> 'total_xp') || ' ' || (p ->> 'current_level') || ' ' || (p ->> 'xp_to_next') from (select set_config('request.jwt.claims', '{{\"role\":\"service_role\"}}', true), evolv.get_progress('{ada.Id}')) a (c, p)"));
    }

    [Theory]
    [InlineData("publish-xp-rule", """{"slug":"A rule"}""", "slug must be lower-case letters and digits with single hyphens between, at most 60")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post"}""", "event_type must be a type of event, such as post.created")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":0}""", "amount must be an integer from 1 to 100000")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"distinct_by":["moon"]}""", "distinct_by must be a list of some of actor, object, day, week")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"alarm_count":3}""", "alarm_count and alarm_minutes belong together")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"condition":"drop table"}""", "condition must be a condition in SQL/JSON path, such as $.metadata.score >= 80")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"condition":"$.metadata"}""", "condition must be a condition in SQL/JSON path, such as $.metadata.score >= 80")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"amount_path":"$$"}""", "amount_path must be a SQL/JSON path, such as $.metadata.minutes")]
    [InlineData("publish-xp-rule", """{"slug":"a","event_type":"post.created","amount":1,"valid_until":"2020-01-01T00:00:00Z"}""", "valid_until must be after valid_from")]
    [InlineData("publish-badge", """{"slug":"a","rule":{"all":[{"event":"post.created","target":1}]}}""", "name is needed for a new badge")]
    [InlineData("publish-badge", """{"slug":"a","name":"A","rule":{"all":[]}}""", "rule.all must be a list of 1 to 10 criteria")]
    [InlineData("publish-badge", """{"slug":"a","name":"A","icon_url":"javascript:alert(1)","rule":{}}""", "icon_url must be an address of http or https")]
    [InlineData("publish-badge", """{"slug":"a","name":"A","policy":"rob","rule":{}}""", "policy must be one of keep, re_evaluate, notify")]
    [InlineData("preview-badge", """{"rule":{"any":[{"event":"post.created","target":-1}]}}""", "rule.any[0].target must be a positive number")]
    [InlineData("preview-badge", """{"rule":[]}""", "rule must be a JSON object")]
    [InlineData("award-badge", """{"user_id":"x"}""", "user_id must be a UUID")]
    [InlineData("award-badge", """{"user_id":"de300000-0001-4000-8000-000000000001","badge_id":"de300000-0001-4000-8000-000000000001","reason":" "}""", "reason must be text of 1 to 1000 characters")]
    [InlineData("review-flag", """{"flag_id":"de300000-0001-4000-8000-000000000001","decision":"maybe"}""", "decision must be one of release, uphold")]
    [InlineData("publish-levels", """{"xp_required":[0]}""", "xp_required must be a list of 2 to 200 integers")]
    [InlineData("publish-levels", """{"xp_required":[0,10,5]}""", "xp_required must begin with 0 and rise")]
    public async Task Bad_input_is_named_and_writes_nothing(string function, string body, string error)
    {
        var server = await cluster.SharedServerAsync();

        var answer = await server.Service.CallAsync(function, JsonElement.Parse(body));

        Assert.Equal((400, error), (answer.Status, answer.Error));
        Assert.Equal(0L, await server.Database.ScalarAsync<long>("select count(*) from badges where slug = 'a'"));
        Assert.Equal(0L, await server.Database.ScalarAsync<long>("select count(*) from xp_rules where slug = 'a'"));
    }
}
