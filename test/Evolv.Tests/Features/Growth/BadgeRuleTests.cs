using System.Globalization;
using System.Runtime.CompilerServices;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>The language of badge rules: each kind of rule by a small history. Every test has an event type and a badge of its own.</summary>
public sealed class BadgeRuleTests(SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    TestDatabase Database => shared.Database;

    // The kinds -----------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task First_event()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "target": 1}]}""");

        await track.HappenAsync("03-02 10:00");
        await track.HappenAsync("03-02 11:00");

        Assert.Equal(["1.1 03-02 10:00"], await track.EarnedAsync());
        Assert.Equal("1 of 1, next -", await track.ProgressAsync());
    }

    [Fact]
    public async Task Conditional_tiers_by_a_value()
    {
        var track = await TrackAsync(
            """
            {"all": [{"event": "EVENT", "where": "$.metadata.score <= 100", "measure": "max", "value": "$.metadata.score"}],
             "tiers": [{"name": "bronze", "target": 50}, {"name": "silver", "target": 80, "points": 7}, {"name": "gold", "target": 95.5}]}
            """);

        Assert.Null(await track.ProgressAsync());
        await track.HappenAsync("03-02 10:00", """{"score": 49.99}""");
        Assert.Equal("49.99 of 50, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 11:00", """{"score": 101}"""); // no score
        await track.HappenAsync("03-02 12:00", """{"score": "99"}"""); // no number
        await track.HappenAsync("03-02 13:00", "{}");
        await track.HappenAsync("03-02 14:00", """{"score": 81}"""); // two at once
        Assert.Equal(["1.1 03-02 14:00", "2.1 03-02 14:00"], await track.EarnedAsync());
        await track.HappenAsync("03-02 15:00", """{"score": 60}""");
        Assert.Equal("81 of 95.5, next 3", await track.ProgressAsync());
        await track.HappenAsync("03-02 16:00", """{"score": 95.5}""");

        Assert.Equal(["1.1 03-02 14:00", "2.1 03-02 14:00", "3.1 03-02 16:00"], await track.EarnedAsync());
        Assert.Equal("95.5 of 95.5, next -", await track.ProgressAsync());
        Assert.Equal(7 + 2 * 25, await track.RewardsAsync()); // a tier without points has those of the badge
    }

    [Fact]
    public async Task Streak_of_events_that_one_of_another_kind_ends()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "where": "$.metadata.ok == true", "measure": "streak", "target": 3}]}""");

        foreach (var (at, ok) in new[] { ("10:00", true), ("11:00", true), ("12:00", false), ("13:00", true), ("14:00", true) })
            await track.HappenAsync($"03-02 {at}", ok ? """{"ok": true}""" : """{"ok": false}""");
        Assert.Equal("2 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-09 10:00", """{"ok": true}"""); // time is of no matter

        Assert.Equal(["1.1 03-09 10:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Time_bounded_streak()
    {
        var track = await TrackAsync(
            """{"all": [{"event": "EVENT", "where": "$.metadata.ok == true", "measure": "streak", "within_hours": 1.5, "target": 3}]}""");
        const string ok = """{"ok": true}""";

        await track.HappenAsync("03-02 10:00", ok);
        await track.HappenAsync("03-02 11:00", ok);
        await track.HappenAsync("03-02 11:31", ok); // the first is 91 minutes ago
        Assert.Equal("2 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 11:40", """{"ok": false}""");
        Assert.Equal("0 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 12:00", ok);
        await track.HappenAsync("03-02 12:10", ok);
        await track.HappenAsync("03-02 13:30", ok); // 90 minutes, to the second

        Assert.Equal(["1.1 03-02 13:30"], await track.EarnedAsync());
    }

    [Fact]
    public async Task So_many_in_a_period()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "per": "week", "target": 3}]}""");

        await track.HappenAsync("03-07 10:00"); // Saturday
        await track.HappenAsync("03-08 23:59");
        await track.HappenAsync("03-09 00:00"); // a new week
        Assert.Equal("1 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-11 10:00");
        await track.HappenAsync("03-15 23:59");

        Assert.Equal(["1.1 03-15 23:59"], await track.EarnedAsync());
    }

    [Fact]
    public async Task So_many_periods_in_a_row()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "per": "month", "at_least": 2, "target": 3}]}""");

        await track.HappenAsync("01-30 10:00", "01-31 10:00", "02-01 10:00", "02-28 10:00", "03-31 10:00"); // one in March, so far
        Assert.Equal("2 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("04-01 10:00", "04-02 10:00"); // March was not enough
        Assert.Equal("1 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("05-10 10:00", "05-11 10:00", "05-12 10:00", "06-30 22:00", "06-30 23:00");

        Assert.Equal(["1.1 06-30 23:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task So_much_in_a_period()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "measure": "sum", "value": "$.metadata.minutes", "per": "day", "target": 60}]}""");

        await track.HappenAsync("03-02 22:00", """{"minutes": 59.5}""");
        await track.HappenAsync("03-03 08:00", """{"minutes": 30}""");
        Assert.Equal("30 of 60, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-03 23:00", """{"minutes": 30}""");

        Assert.Equal(["1.1 03-03 23:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task So_much_in_each_of_many_periods_in_a_row()
    {
        var track = await TrackAsync(
            """{"all": [{"event": "EVENT", "measure": "sum", "value": "$.metadata.minutes", "per": "day", "at_least": 60, "target": 2}]}""");

        await track.HappenAsync("03-02 10:00", """{"minutes": 100}""");
        await track.HappenAsync("03-04 10:00", """{"minutes": 100}""");
        Assert.Equal("1 of 2, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-05 10:00", """{"minutes": 59}""");
        Assert.Equal("1 of 2, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-05 11:00", """{"minutes": 1}""");

        Assert.Equal(["1.1 03-05 11:00"], await track.EarnedAsync());
    }

    [Theory]
    [InlineData("$.month == 12", "11-30 23:59", "12-01 00:00")]
    [InlineData("$.month >= 6 && $.month <= 8", "05-31 10:00", "06-01 10:00")]
    [InlineData("$.weekday >= 6", "03-06 23:00", "03-07 00:30")]
    [InlineData("$.weekday == 1", "03-08 23:00", "03-09 00:30")]
    [InlineData("$.hour < 6", "03-02 06:00", "03-02 05:59")]
    [InlineData("$.hour >= 22 || $.hour < 4", "03-02 21:59", "03-02 22:00")]
    [InlineData("""$.date == "2025-02-14" """, "02-13 23:59", "02-14 00:00")]
    public async Task Filters_of_season_weekday_and_time_of_day(string where, string not, string yes)
    {
        var track = await TrackAsync(
            $$"""{"all": [{"event": "EVENT", "where": {{System.Text.Json.JsonSerializer.Serialize(where.Trim())}}, "target": 1}]}""", year: 2025 + (where.Contains("weekday", StringComparison.Ordinal) ? 1 : 0));

        await track.HappenAsync(not);
        Assert.Empty(await track.EarnedAsync());
        // The other one is earlier, perhaps: then it comes late.
        await track.HappenAsync(yes);

        Assert.Equal([$"1.1 {yes}"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Hours_and_dates_are_those_of_the_person()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "where": "$.hour < 6 && $.weekday == 7", "target": 1}]}""");
        await Database.ExecuteAsync($"update profile_zone_history set time_zone = 'Asia/Tokyo' where user_id = '{track.Person}'");

        await track.HappenAsync("03-01 01:00"); // ten in the morning
        Assert.Empty(await track.EarnedAsync());
        await track.HappenAsync("03-07 16:00"); // one o'clock on Sunday

        Assert.Equal(["1.1 03-07 16:00"], await track.EarnedAsync());
    }

    // Their parts ---------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task All_criteria_at_whatever_time_each_was_reached()
    {
        var track = await TrackAsync(
            """
            {"all": [{"event": "EVENT", "where": "$.metadata.kind == \"a\"", "per": "day", "target": 2},
                     {"event": "EVENT", "where": "$.metadata.kind == \"b\"", "target": 1},
                     {"event": "EVENT", "measure": "last", "value": "$.metadata.n", "target": 5}]}
            """);

        await track.HappenAsync("03-02 10:00", """{"kind": "a", "n": 9}""");
        await track.HappenAsync("03-02 11:00", """{"kind": "a", "n": 1}""");
        Assert.Equal("2 of 3, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-20 12:00", """{"kind": "b"}""");

        Assert.Equal(["1.1 03-20 12:00"], await track.EarnedAsync());
        Assert.Equal("3 of 3, next -", await track.ProgressAsync());
    }

    [Fact]
    public async Task Any_criterion_and_the_nearest_is_the_progress()
    {
        var track = await TrackAsync(
            """{"any": [{"event": "EVENT", "target": 4}, {"event": "EVENT", "measure": "sum", "value": "$.metadata.n", "target": 10}]}""");

        await track.HappenAsync("03-02 10:00", """{"n": 1}""");
        Assert.Equal("0.25 of 1, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 11:00", """{"n": 8}""");
        Assert.Equal("0.9 of 1, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 12:00", """{"n": 2}""");

        Assert.Equal(["1.1 03-02 12:00"], await track.EarnedAsync());
        Assert.Equal("1 of 1, next -", await track.ProgressAsync());
    }

    [Fact]
    public async Task Distinct_values_count_once()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "measure": "distinct", "value": "$.metadata.city", "target": 3}]}""");

        foreach (var (at, city) in new[] { ("10:00", "\"Rome\""), ("11:00", "\"Rome\""), ("12:00", "null"), ("13:00", "\"Oslo\""), ("14:00", "\"Rome\""), ("15:00", "\"Bern\"") })
            await track.HappenAsync($"03-02 {at}", $$"""{"city": {{city}}}""");

        Assert.Equal(["1.1 03-02 15:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Events_of_several_types_and_no_others()
    {
        var track = await TrackAsync("""{"all": [{"event": ["EVENT", "EVENT.again"], "target": 2}]}""");

        await track.HappenAsync("03-02 10:00");
        await Database.RecordAsync(new Happening(track.Person, track.Type + ".other", track.At("03-02 11:00")));
        await Database.RecordAsync(new Happening(track.Person, track.Type + ".again", track.At("03-02 12:00")));
        await Database.SettleAsync();

        Assert.Equal(["1.1 03-02 12:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Of_others_and_not_of_oneself()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "where": "$.actor_id != $.user_id", "measure": "distinct", "value": "$.actor_id", "target": 2}]}""");
        var (bob, eve) = (Guid.NewGuid(), Guid.NewGuid());

        await Database.RecordAsync([.. new[] { track.Person, bob, bob, eve }.Select((actor, i) => new Happening(track.Person, track.Type, track.At($"03-02 1{i}:00"), Actor: actor))]);
        await Database.SettleAsync();

        Assert.Equal(["1.1 03-02 13:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Repeated_by_count()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "target": 2}], "repeat": true}""");

        await track.HappenAsync("03-02 10:00", "03-02 11:00", "03-02 12:00", "03-02 13:00", "03-02 14:00");

        Assert.Equal(["1.1 03-02 11:00", "1.2 03-02 13:00"], await track.EarnedAsync());
        Assert.Equal("1 of 2, next 1", await track.ProgressAsync());
        Assert.Equal(50, await track.RewardsAsync());
    }

    [Fact]
    public async Task Repeated_by_sum_with_what_was_too_much()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "measure": "sum", "value": "$.metadata.n", "target": 10}], "repeat": true}""");

        await track.HappenAsync("03-02 10:00", """{"n": 7}""");
        await track.HappenAsync("03-02 11:00", """{"n": 26}"""); // 33

        Assert.Equal(["1.1 03-02 11:00", "1.2 03-02 11:00", "1.3 03-02 11:00"], await track.EarnedAsync());
        Assert.Equal("3 of 10, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 12:00", """{"n": 7}""");
        Assert.Equal(4, (await track.EarnedAsync()).Count);
        Assert.Equal(100, await track.RewardsAsync());
    }

    [Fact]
    public async Task Repeated_at_most_a_hundred_times_by_one_event_which_keeps_no_worker_busy()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "measure": "sum", "value": "$.metadata.n", "target": 0.001}], "repeat": true}""");

        await track.HappenAsync("03-02 10:00", """{"n": 1e12}""");
        Assert.Equal(100, (await track.EarnedAsync()).Count);

        await track.HappenAsync("03-02 11:00", """{"n": 1}""");
        Assert.Equal(200, (await track.EarnedAsync()).Count);
    }

    [Fact]
    public async Task Repeated_once_in_a_period()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "per": "day", "target": 2}], "repeat": true}""");

        await track.HappenAsync("03-02 10:00", "03-02 11:00", "03-02 12:00", "03-02 13:00", "03-03 10:00");
        Assert.Equal("1 of 2, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-03 11:00", "03-04 11:00");

        Assert.Equal(["1.1 03-02 11:00", "1.2 03-03 11:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task Repeated_by_periods_in_a_row()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "per": "day", "at_least": 1, "target": 2}], "repeat": true}""");

        await track.HappenAsync("03-02 10:00", "03-03 10:00", "03-03 11:00", "03-04 10:00", "03-06 10:00", "03-07 10:00");

        Assert.Equal(["1.1 03-03 10:00", "1.2 03-07 10:00"], await track.EarnedAsync());
    }

    [Fact]
    public async Task A_repeated_badge_whose_reward_leads_back_to_it_counts_that_too()
    {
        // 25 points: the first award is no level, the eighth is, which counts again.
        var track = await TrackAsync("""{"all": [{"event": ["EVENT", "level.reached"], "target": 1}], "repeat": true}""");
        await track.HappenAsync([.. Enumerable.Range(0, 8).Select(i => $"03-02 1{i}:00")]);

        Assert.Equal(9, (await track.EarnedAsync()).Count);
        Assert.Equal(9 * 25, await track.RewardsAsync());
        await track.RetireAsync(); // the other tests reach levels
    }

    [Fact]
    public async Task Only_what_happens_within_the_window_counts()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "target": 2}]}""", validFrom: "2026-03-02 10:00+00", validUntil: "2026-03-02 12:00+00");

        await track.HappenAsync("03-02 09:59", "03-02 10:00", "03-02 12:00", "03-02 13:00");
        Assert.Equal("1 of 2, next 1", await track.ProgressAsync());
        await track.HappenAsync("03-02 11:59"); // late

        Assert.Equal(["1.1 03-02 11:59"], await track.EarnedAsync());
    }

    [Fact]
    public async Task A_late_event_takes_its_place_and_moves_the_award()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT"}], "tiers": [{"target": 2}, {"target": 3}]}""");

        await track.HappenAsync("03-02 10:00", "03-02 12:00");
        Assert.Equal(["1.1 03-02 12:00"], await track.EarnedAsync());
        var id = await Database.ScalarAsync<Guid>($"select id from user_badges where user_id = '{track.Person}'");
        await track.HappenAsync("03-02 11:00");

        Assert.Equal(["1.1 03-02 11:00", "2.1 03-02 12:00"], await track.EarnedAsync());
        Assert.Equal(50, await track.RewardsAsync());
        Assert.Equal(1L, await Database.ScalarAsync<long>($"select count(*) from user_badges where id = '{id}' and revoked_at is null and tier = 1"));
        await Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_late_event_that_breaks_a_run_takes_the_badge_back_and_it_can_be_earned_again()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "where": "$.metadata.ok == true", "measure": "streak", "target": 2}]}""");
        const string ok = """{"ok": true}""";

        await track.HappenAsync("03-02 10:00", ok);
        await track.HappenAsync("03-02 12:00", ok);
        await track.HappenAsync("03-02 11:00", "{}");
        Assert.Empty(await track.EarnedAsync());
        Assert.Equal(0, await track.RewardsAsync());
        await track.HappenAsync("03-02 13:00", ok);

        Assert.Equal(["1.1 03-02 13:00"], await track.EarnedAsync());
        Assert.Equal(25, await track.RewardsAsync());
        Assert.True(await Database.ScalarAsync<bool>($"select evolv.verify_xp('{track.Person}') is null"));
        await Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Limits_forget_what_a_late_event_took_back()
    {
        var type = "limits.forget";
        await Database.ExecuteAsync(
            $$"""
            with r as (insert into xp_rules (slug, name, source) values ('limits-forget', 'x', 'quiz_completion') returning id)
            insert into xp_rule_versions (rule_id, version, event_type, amount, distinct_by, cooldown_seconds, valid_from)
            select id, 1, '{{type}}', 10, '{object}', 3600, '-infinity' from r
            """);
        var (person, one, two) = (await Database.AddPersonAsync("ada"), Guid.NewGuid(), Guid.NewGuid());
        async Task<string> PaidAsync(string time, Guid what)
        {
            await Database.RecordAsync(new Happening(person, type, DateTimeOffset.Parse($"2026-03-02 {time}Z", CultureInfo.InvariantCulture), Object: what));
            await Database.SettleAsync();
            return await Database.ScalarAsync<string>(
                $"""
                select coalesce(string_agg(to_char(x.awarded_at at time zone 'UTC', 'HH24:MI'), ' ' order by x.awarded_at), '')
                from xp_transactions x
                where x.user_id = '{person}' and x.amount > 0 and not exists (select from xp_transactions r where r.reversal_of = x.id)
                """);
        }

        Assert.Equal("10:00", await PaidAsync("10:00", one));
        Assert.Equal("09:30", await PaidAsync("09:30", two)); // late: the one of ten is in its cooldown now, and its object is unpaid
        Assert.Equal("09:30 10:45", await PaidAsync("10:45", one)); // an hour after 9:30; 10:00 counts for nothing
        Assert.True(await Database.ScalarAsync<bool>($"select evolv.verify_xp('{person}') is null"));
        await Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_secret_badge_is_seen_by_who_has_it_and_by_admins()
    {
        var track = await TrackAsync("""{"all": [{"event": "EVENT", "target": 2}]}""");
        await Database.ExecuteAsync($"update badges set is_secret = true where id = '{track.Badge}'");
        var (ada, bob, admin) = (Caller.User(track.Person), await Database.PersonAsync("bob"), await Database.PersonAsync("admin", "admin"));
        async Task<string> SeenBy(Caller caller) => string.Join(' ', await Task.WhenAll(
            Database.ScalarAsync<long>(caller, $"select count(*) from badges where id = {track.Badge}"),
            Database.ScalarAsync<long>(caller, $"select count(*) from badge_rule_versions where badge_id = {track.Badge}"),
            caller.UserId is null ? Task.FromResult(0L) : Database.ScalarAsync<long>(caller, $"select count(*) from badge_progress where badge_id = {track.Badge}")));

        await track.HappenAsync("03-02 10:00");
        Assert.Equal(("0 0 0", "0 0 0", "0 0 0"), (await SeenBy(ada), await SeenBy(bob), await SeenBy(Caller.Anonymous)));
        Assert.Equal("1 1 0", await SeenBy(admin));
        Assert.DoesNotContain(track.Badge.ToString(), await Database.ScalarAsync<string>(ada, $"select evolv.get_progress(null)::text"), StringComparison.Ordinal);
        Assert.DoesNotContain(track.Badge.ToString(), await Database.ScalarAsync<string>(ada, $"select evolv.get_achievements(null)::text"), StringComparison.Ordinal);
        await track.HappenAsync("03-02 11:00");

        Assert.Equal(("1 1 1", "0 0 0", "0 0 0"), (await SeenBy(ada), await SeenBy(bob), await SeenBy(Caller.Anonymous)));
        Assert.Contains(track.Badge.ToString(), await Database.ScalarAsync<string>(ada, $"select evolv.get_achievements(null)::text"), StringComparison.Ordinal);
    }

    // Bad rules -----------------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("1", "rule must be an object")]
    [InlineData("null", "rule must be an object")]
    [InlineData("[]", "rule must be an object")]
    [InlineData("{}", "rule must have either all or any")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}], "any": [{"event": "a.b", "target": 1}]}""", "rule must have either all or any")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}], "none": []}""", "rule.none is not known")]
    [InlineData("""{"all": []}""", "rule.all must be a list of 1 to 10 criteria")]
    [InlineData("""{"any": {"event": "a.b", "target": 1}}""", "rule.any must be a list of 1 to 10 criteria")]
    [InlineData("""{"all": null}""", "rule.all must be a list of 1 to 10 criteria")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}], "repeat": "yes"}""", "rule.repeat must be true or false")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}], "repeat": null}""", "rule.repeat must be true or false")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}, {"event": "a.b", "target": 1}], "repeat": true}""", "rule.tiers and rule.repeat are for rules of one criterion")]
    [InlineData("""{"any": [{"event": "a.b"}, {"event": "a.b"}], "tiers": [{"target": 1}]}""", "rule.tiers and rule.repeat are for rules of one criterion")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1}], "repeat": true}""", "rule.tiers and rule.repeat exclude each other")]
    [InlineData("""{"all": ["a.b"]}""", "rule.all[0] must be an object")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}, {"event": "a.b", "target": 1, "goal": 2}]}""", "rule.all[1].goal is not known")]
    [InlineData("""{"all": [{"target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": "created", "target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": "Post.created", "target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": [], "target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": ["a.b", 1], "target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": ["a.b", "b"], "target": 1}]}""", "rule.all[0].event must be a type of event such as post.created, or a list of them")]
    [InlineData("""{"all": [{"event": "badge.awarded", "target": 1}], "repeat": true}""", "rule.all[0].event badge.awarded is not for a repeated badge, which would cause itself")]
    [InlineData("""{"all": [{"event": "a.b", "where": "$.metadata", "target": 1}]}""", "rule.all[0].where must be a condition in SQL/JSON path, such as $.metadata.score >= 80")]
    [InlineData("""{"all": [{"event": "a.b", "where": "score >", "target": 1}]}""", "rule.all[0].where must be a condition in SQL/JSON path, such as $.metadata.score >= 80")]
    [InlineData("""{"all": [{"event": "a.b", "where": 5, "target": 1}]}""", "rule.all[0].where must be a condition in SQL/JSON path, such as $.metadata.score >= 80")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "average", "value": "$.n", "target": 1}]}""", "rule.all[0].measure must be one of count, sum, distinct, max, last, streak")]
    [InlineData("""{"all": [{"event": "a.b", "measure": null, "target": 1}]}""", "rule.all[0].measure must be one of count, sum, distinct, max, last, streak")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "sum", "target": 1}]}""", "rule.all[0].value is for the measures sum, distinct, max and last, which need it")]
    [InlineData("""{"all": [{"event": "a.b", "value": "$.metadata.n", "target": 1}]}""", "rule.all[0].value is for the measures sum, distinct, max and last, which need it")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "max", "value": "n", "target": 1}]}""", "rule.all[0].value must be a SQL/JSON path, such as $.metadata.minutes")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "max", "value": 7, "target": 1}]}""", "rule.all[0].value must be a SQL/JSON path, such as $.metadata.minutes")]
    [InlineData("""{"all": [{"event": "a.b", "per": "hour", "target": 1}]}""", "rule.all[0].per must be one of day, week, month, year")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "streak", "per": "day", "target": 1}]}""", "rule.all[0].per is not for the measure streak; use at_least for periods in a row")]
    [InlineData("""{"all": [{"event": "a.b", "within_hours": 1, "target": 1}]}""", "rule.all[0].within_hours is for the measure streak")]
    [InlineData("""{"all": [{"event": "a.b", "at_least": 1, "target": 1}]}""", "rule.all[0].at_least needs per")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "streak", "within_hours": 0, "target": 1}]}""", "rule.all[0].within_hours must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b", "per": "day", "at_least": "3", "target": 1}]}""", "rule.all[0].at_least must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b", "per": "day", "at_least": -1, "target": 1}]}""", "rule.all[0].at_least must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b"}]}""", "rule.all[0].target must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b", "target": 0}]}""", "rule.all[0].target must be a positive number")]
    [InlineData("""{"any": [{"event": "a.b", "target": "1"}]}""", "rule.any[0].target must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1e13}]}""", "rule.all[0].target must be a positive number")]
    [InlineData("""{"all": [{"event": "a.b", "target": 1}], "tiers": [{"target": 1}]}""", "rule.all[0].target is said by the tiers")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "streak", "target": 1001}]}""", "rule.all[0] counts up to 1000")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "distinct", "value": "$.object_id", "per": "day", "at_least": 1001, "target": 1}]}""", "rule.all[0] counts up to 1000")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": []}""", "rule.tiers must be a list of 1 to 10 tiers")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": 3}""", "rule.tiers must be a list of 1 to 10 tiers")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [5]}""", "rule.tiers[0] must be an object of name, target and points")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1, "colour": "red"}]}""", "rule.tiers[0] must be an object of name, target and points")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1, "name": ""}]}""", "rule.tiers[0].name must be text of 1 to 40 characters")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 2}, {"target": 2}]}""", "rule.tiers[1].target must be a number above that of the tier before")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"name": "x"}]}""", "rule.tiers[0].target must be a number above that of the tier before")]
    [InlineData("""{"all": [{"event": "a.b", "measure": "streak"}], "tiers": [{"target": 1001}]}""", "rule.tiers[0].target must be a number above that of the tier before")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1, "points": -1}]}""", "rule.tiers[0].points must be an integer from 0 to 100000")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1, "points": 1.5}]}""", "rule.tiers[0].points must be an integer from 0 to 100000")]
    [InlineData("""{"all": [{"event": "a.b"}], "tiers": [{"target": 1, "points": "5"}]}""", "rule.tiers[0].points must be an integer from 0 to 100000")]
    public async Task What_is_wrong_with_a_rule_is_said(string rule, string problem)
        => Assert.Equal(problem, await Database.ScalarAsync<string>($"select coalesce(evolv.badge_rule_problem($rule${rule}$rule$), '')"));

    [Fact]
    public async Task Rules_of_the_seed_are_right()
        => Assert.Equal(0L, await Database.ScalarAsync<long>("select count(*) from badge_rule_versions where evolv.badge_rule_problem(rule) is not null"));

    // A badge and somebody ----------------------------------------------------------------------------------------------------

    async Task<Track> TrackAsync(
        string rule, string validFrom = "-infinity", string validUntil = "infinity", int year = 2026, [CallerMemberName] string name = "")
    {
        // A theory has a badge for each case, too.
        var type = "rule." + name.ToLowerInvariant() + "_" + string.Concat(Guid.NewGuid().ToString("N").Where(char.IsAsciiLetter));
        var (badge, person) = (Guid.NewGuid(), await Database.AddPersonAsync("ada"));
        await Database.ExecuteAsync(
            $$"""
            insert into badges (id, slug, name, rarity, category, requirement_type, requirement_value, points)
            values ('{{badge}}', '{{badge}}', '{{badge}}', 'common', 'milestone', 'rule', 1, 25);
            insert into badge_rule_versions (badge_id, version, rule, event_types, points, valid_from, valid_until, published_at)
            select '{{badge}}', 1, r, evolv.rule_event_types(r), 25, '{{validFrom}}', '{{validUntil}}', '-infinity'
            from (values ($rule${{rule.Replace("EVENT", type, StringComparison.Ordinal)}}$rule$::jsonb)) v (r)
            where evolv.badge_rule_problem(r) is null
            """);
        return new Track(Database, badge, person, type, year);
    }

    sealed record Track(TestDatabase Database, Guid Badge, Guid Person, string Type, int Year)
    {
        internal DateTimeOffset At(string text)
            => new(DateTime.ParseExact($"{Year}-{text}", "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), TimeSpan.Zero);

        internal async Task HappenAsync(params string[] momentsOrMetadata)
        {
            var metadata = momentsOrMetadata is [_, var last] && last.StartsWith('{') ? last : "{}";
            await Database.RecordAsync([.. momentsOrMetadata.Where(text => !text.StartsWith('{')).Select(at => new Happening(Person, Type, At(at), metadata))]);
            await Database.SettleAsync();
        }

        /// <summary>Tier, number and moment of each award; its event is the one of that moment.</summary>
        internal Task<List<string>> EarnedAsync() => Database.LinesAsync(
            $"""
            select format('%s.%s %s', u.tier, u.seq, to_char(u.earned_at at time zone 'UTC', 'MM-DD HH24:MI'))
            from user_badges u
            join activity_events e on e.id = u.event_id and e.occurred_at = u.earned_at and e.user_id = u.user_id
            where u.user_id = '{Person}' and u.badge_id = '{Badge}' and u.revoked_at is null
            order by u.tier, u.seq
            """);

        internal async Task<string?> ProgressAsync() => (await Database.LinesAsync(
            $"""
            select format('%s of %s, next %s', trim_scale(round(current, 4)), trim_scale(target), coalesce(next_tier::text, '-'))
            from badge_progress
            where user_id = '{Person}' and badge_id = '{Badge}'
            """)).SingleOrDefault();

        internal Task<int> RewardsAsync()
            => Database.ScalarAsync<int>($"select coalesce(sum(amount), 0)::int from xp_transactions where user_id = '{Person}' and badge_id = '{Badge}'");

        internal Task RetireAsync() => Database.ExecuteAsync(
            $"""
            insert into badge_rule_versions (badge_id, version, is_active, rule, event_types, points)
            select badge_id, version + 1, false, rule, event_types, points from badge_rule_versions where badge_id = '{Badge}'
            """);
    }
}
