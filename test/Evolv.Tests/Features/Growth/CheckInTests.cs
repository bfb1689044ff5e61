using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>POST /functions/v1/check-in and set-streak.</summary>
public sealed class CheckInTests(EvolvCluster cluster)
{
    [Fact]
    public async Task The_first_check_in_of_a_day_pays_the_daily_login_and_begins_a_streak_and_the_next_changes_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var first = await ada.Http.CallAsync("check-in", new { });
        var second = await ada.Http.CallAsync("check-in", new { });

        Assert.Equal(("True", "10", "10", "1", "active"), (
            first.At("checked_in"), first.At("xp_added"), first.At("total_xp"), first.At("streak", "current_length"), first.At("streak", "status")));
        Assert.Equal(("False", "0", "10", "1"), (
            second.At("checked_in"), second.At("xp_added"), second.At("total_xp"), second.At("streak", "current_length")));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Twenty_check_ins_at_once_are_one()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ada.Http.CallAsync("check-in", new { })));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers, answer => answer.At("checked_in") == "True");
        Assert.Equal(10L, await server.Database.ScalarAsync<long>("select sum(amount)::bigint from xp_transactions"));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Hopping_zones_brings_no_second_day()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await ada.Http.CallAsync("check-in", new { });

        foreach (var zone in new[] { "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Kiritimati" })
        {
            await server.Database.ExecuteAsync($"update user_settings set time_zone = '{zone}' where user_id = '{ada.Id}'");
            // Six hours later, as far as the deduplication of presence is concerned.
            await server.Database.ExecuteAsync(
                $"select evolv.record_event('{ada.Id}', 'person.active')");
            await ada.Http.CallAsync("check-in", new { });
        }

        var progress = await ada.Http.AskAsync("get-progress");
        Assert.Equal(("10", "1"), (progress.At("total_xp"), progress.At("streak", "current_length")));
    }

    [Fact]
    public async Task A_broken_streak_is_repaired_once_and_only_in_time()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await ActiveAsync(server, ada.Id, 8, 7, 6, 5, 3);

        var broken = await ada.Http.CallAsync("check-in", new { });
        var repaired = await ada.Http.CallAsync("check-in", new { repair = true });
        var again = await ada.Http.CallAsync("check-in", new { repair = true });

        Assert.Equal(("1", "1"), (broken.At("streak", "current_length"), broken.At("streak", "repairable_length")));
        Assert.Equal("2", repaired.At("streak", "current_length"));
        Assert.Equal((409, "streak_not_repairable", "there is no streak to repair"), (again.Status, again.Code, again.Error));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Schedule_and_pause_say_which_days_are_missed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var scheduled = await ada.Http.CallAsync("set-streak", new { weekdays = new[] { 5, 1, 2, 3, 4, 4 } });
        var paused = await ada.Http.CallAsync("set-streak", new { pause_until = DateTimeOffset.UnixEpoch.AddYears(100).ToString("yyyy-MM-dd", null) });
        var tomorrow = await server.Database.ScalarAsync<string>("select ((now() at time zone 'UTC')::date + 1)::text");
        var away = await ada.Http.CallAsync("set-streak", new { pause_until = tomorrow });
        var back = await ada.Http.CallAsync("set-streak", new { resume = true });

        Assert.Equal("[1,2,3,4,5]", scheduled.At("streak", "weekdays").Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal((400, "pause_until must be a day within the next 30 days"), (paused.Status, paused.Error));
        Assert.Equal(tomorrow, away.At("streak", "paused_until"));
        Assert.NotEqual(tomorrow, back.At("streak", "paused_until"));
    }

    [Theory]
    [InlineData("check-in", """{"repair":"yes"}""", "repair must be true or false")]
    [InlineData("set-streak", """{"weekdays":[1,2]}""", "weekdays must name at least 3 days of the week")]
    [InlineData("set-streak", """{"weekdays":[0,1,2]}""", "weekdays must be a list of 1 to 7 integers from 1 to 7")]
    [InlineData("set-streak", """{"weekdays":"all"}""", "weekdays must be a list of 1 to 7 integers from 1 to 7")]
    [InlineData("set-streak", """{"pause_until":"tomorrow"}""", "pause_until must be a day as YYYY-MM-DD")]
    [InlineData("set-streak", """{"pause_until":"2026-01-01","resume":true}""", "resume and pause_until exclude each other")]
    public async Task Bad_input_is_named(string function, string body, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(function, System.Text.Json.JsonElement.Parse(body));

        Assert.Equal((400, error), (answer.Status, answer.Error));
        Assert.Equal(0L, await server.Database.ScalarAsync<long>("select count(*) from activity_events"));
    }

    [Fact]
    public async Task Only_a_person_checks_in()
    {
        var server = await cluster.SharedServerAsync();

        Assert.Equal(401, (await server.Service.CallAsync("check-in", new { })).Status);
        Assert.Equal(401, (await server.Anonymous.CallAsync("check-in", new { })).Status);
        Assert.Equal(401, (await server.Service.CallAsync("set-streak", new { resume = true })).Status);
    }

    static Task ActiveAsync(EvolvServer server, Guid person, params int[] daysAgo)
        => server.Database.ExecuteAsync(
            $"""
            select evolv.record_event('{person}', 'person.active', occurred_at => clock_timestamp() - make_interval(days => d))
            from unnest(array[{string.Join(',', daysAgo)}]) d;
            select evolv.settle_now('{person}')
            """);
}
