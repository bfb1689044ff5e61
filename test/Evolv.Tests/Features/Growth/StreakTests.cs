using System.Globalization;
using System.Text.Json;
using CsCheck;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Growth;

/// <summary>Days in a row of people who travel, pause and forget.</summary>
public sealed class StreakTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    static readonly string[] Zones =
    [
        "UTC", "Etc/GMT-14", "Etc/GMT+12", "Pacific/Kiritimati", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Honolulu",
        "Pacific/Marquesas", "Australia/Lord_Howe", "Australia/Adelaide", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran",
        "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/St_Johns", "America/New_York", "America/Los_Angeles", "Africa/Nairobi",
    ];

    static readonly DateTimeOffset[] Starts =
    [
        // A month before the clocks change: Berlin, New York, Lord Howe, St John's; and Samoa, which had no 30 December 2011.
        .. new[] { "2019-03-01", "2020-10-01", "2021-03-05", "2022-10-05", "2023-03-01", "2024-09-20", "2011-12-10", "2018-02-01" }
            .Select(text => new DateTimeOffset(DateTime.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeSpan.Zero)),
    ];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    sealed record Traveller(Guid Id, Stay[] Stays, StreakDeed[] Deeds);

    [Fact]
    public async Task Ten_thousand_trips_do_to_streaks_what_an_oracle_says()
    {
        const int trips = 50;
        await using var database = await cluster.CreateDatabaseAsync();

        await Gen.Int.SampleAsync(
            async seed =>
            {
                var random = new Random(seed);
                var travellers = Enumerable.Range(0, 200).Select(_ => TravellerOf(random, trips)).ToArray();
                await TravelAsync(database, travellers);

                var actual = (await database.LinesAsync(
                    """
                    select concat_ws(' ', s.user_id, s.current_length, s.longest_length, s.last_day, s.freezes, (
                        select sum(x.amount) from xp_transactions x join xp_rules r on r.id = x.rule_id
                        where x.user_id = s.user_id and r.slug = 'daily-login'))
                    from streaks s
                    """)).ToDictionary(line => Guid.Parse(line[..36]), line => line[37..]);
                var number = 0;
                foreach (var traveller in travellers)
                {
                    var oracle = OracleOf(traveller);
                    var expected = string.Create(
                        CultureInfo.InvariantCulture,
                        $"{oracle.Length} {oracle.Longest} {oracle.LastDay:yyyy-MM-dd} {oracle.Freezes} {10 * oracle.Days.Count}");
                    Assert.True(expected == actual[traveller.Id], $"seed {seed}, traveller {number++}: {expected} and not {actual[traveller.Id]}\n{Describe(traveller)}");
                }
            },
            iter: 1, threads: 1);
        await database.AssertInvariantsAsync();
    }

    static Traveller TravellerOf(Random random, int trips)
    {
        var at = Starts[random.Next(Starts.Length)].AddMinutes(random.Next(1440));
        var hours = new[] { 10, 20, 28, 40 }[random.Next(4)];
        var home = Zones[random.Next(Zones.Length)];
        var stays = new List<Stay> { new(home, DateTimeOffset.MinValue) };
        var deeds = new List<StreakDeed>();
        while (stays.Count <= trips)
        {
            at = at.AddSeconds(120 + random.Next(hours * 3600));
            // Seconds keep deeds and trips from falling on the same moment, or exactly a day apart.
            at = new DateTimeOffset(at.Year, at.Month, at.Day, at.Hour, at.Minute, 0, TimeSpan.Zero);
            if (random.Next(100) < 45)
            {
                var zone = random.Next(3) == 0 ? home : Zones[random.Next(Zones.Length)];
                if (zone != stays[^1].Zone)
                    stays.Add(new Stay(zone, at.AddSeconds(30)));
            }
            else if (random.Next(100) < 90)
            {
                deeds.Add(new StreakDeed("active", at));
            }
            else
            {
                deeds.Add(random.Next(4) switch
                {
                    0 => new StreakDeed("scheduled", at, [.. Enum.GetValues<DayOfWeek>().Where(day => day == DayOfWeek.Monday || random.Next(3) > 0)]),
                    1 => new StreakDeed("paused", at, Days: random.Next(6)),
                    2 => new StreakDeed("resumed", at),
                    _ => new StreakDeed("repaired", at),
                });
            }
        }

        return new Traveller(Guid.NewGuid(), [.. stays], [.. deeds]);
    }

    static StreakOracle OracleOf(Traveller traveller)
    {
        var oracle = new StreakOracle(traveller.Stays);
        foreach (var deed in traveller.Deeds)
            oracle.See(deed);
        return oracle;
    }

    static async Task TravelAsync(TestDatabase database, Traveller[] travellers)
    {
        await using var owner = await database.OpenOwnerAsync();
        await using var batch = new NpgsqlBatch(owner);
        Add("insert into auth.users (id, email) select p, p || '@example.com' from unnest($1) p", travellers.Select(one => one.Id).ToArray());
        Add("delete from profile_zone_history where user_id = any ($1)", travellers.Select(one => one.Id).ToArray());
        var stays = travellers.SelectMany(one => one.Stays.Select((stay, i) => (one.Id, stay, First: i == 0, Next: i + 1 < one.Stays.Length ? one.Stays[i + 1] : null))).ToArray();
        Add(
            """
            insert into profile_zone_history (user_id, time_zone, since, until)
            select p, z, case when f then '-infinity' else s end, coalesce(u, 'infinity')
            from unnest($1::uuid[], $2::text[], $3::bool[], $4::timestamptz[], $5::timestamptz[]) t (p, z, f, s, u)
            """,
            stays.Select(one => one.Id).ToArray(), stays.Select(one => one.stay.Zone).ToArray(), stays.Select(one => one.First).ToArray(),
            stays.Select(one => one.First ? DateTimeOffset.UnixEpoch : one.stay.Since).ToArray(), stays.Select(one => one.Next?.Since).ToArray());
        var deeds = travellers.SelectMany(one => one.Deeds.Select(deed => (one, deed))).ToArray();
        Add(
            """
            insert into activity_events (user_id, type, metadata, occurred_at)
            select p, t, m::jsonb, a from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) d (p, t, m, a)
            """,
            deeds.Select(one => one.one.Id).ToArray(), deeds.Select(one => one.deed.Kind == "active" ? "person.active" : $"streak.{one.deed.Kind}").ToArray(),
            deeds.Select(one => MetadataOf(one.one, one.deed)).ToArray(), deeds.Select(one => one.deed.At).ToArray());
        await batch.ExecuteNonQueryAsync(Token);
        await database.SettleAsync();

        void Add(string sql, params object[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }
    }

    static string MetadataOf(Traveller traveller, StreakDeed deed) => deed.Kind switch
    {
        "scheduled" => JsonSerializer.Serialize(new { weekdays = deed.Weekdays!.Select(day => day == DayOfWeek.Sunday ? 7 : (int)day) }),
        "paused" => JsonSerializer.Serialize(new { until = new StreakOracle(traveller.Stays).DayAt(deed.At).AddDays(deed.Days) }),
        _ => "{}",
    };

    static string Describe(Traveller traveller) => string.Join('\n',
        traveller.Stays.Skip(1).Select(stay => $"{stay.Since.Instant()} in {stay.Zone}")
            .Concat(traveller.Deeds.Select(deed => $"{deed.At.Instant()} {deed.Kind} {MetadataOf(traveller, deed)} on {new StreakOracle(traveller.Stays).DayAt(deed.At):yyyy-MM-dd}"))
            .Order(StringComparer.Ordinal).Prepend($"first in {traveller.Stays[0].Zone}"));

    // By name -------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Travelling_east_over_the_date_line_keeps_a_streak()
    {
        var ada = await PersonAsync(("America/Los_Angeles", null), ("Pacific/Auckland", "2026-03-06 18:00"));

        // The 5th and the morning of the 6th in Los Angeles; then, after a flight, the evening of the 8th in Auckland: there was no 7th.
        Assert.Equal("3 3 2026-03-08 0", await StreakAsync(ada, "2026-03-06 04:00", "2026-03-06 16:00", "2026-03-08 07:00"));
    }

    [Fact]
    public async Task Travelling_west_over_the_date_line_gives_no_day_twice()
    {
        var ada = await PersonAsync(("Pacific/Auckland", null), ("America/Los_Angeles", "2026-03-06 12:00"));

        // The 6th and the 7th in Auckland, and again the 6th and the 7th in Los Angeles, where the 8th is the next new day.
        Assert.Equal("2 2 2026-03-07 0", await StreakAsync(ada, "2026-03-06 02:00", "2026-03-06 11:30", "2026-03-07 05:00", "2026-03-08 05:00"));
        Assert.Equal("3 3 2026-03-08 0", await StreakAsync(ada, "2026-03-08 20:00"));
        Assert.Equal(30, await LoginXpAsync(ada));
    }

    [Fact]
    public async Task Hopping_zones_gives_no_second_reward_and_no_second_day()
    {
        // At noon UTC there are three dates on Earth.
        var ada = await PersonAsync(
            ("Etc/GMT-14", null), ("UTC", "2026-03-06 11:01"), ("Etc/GMT+12", "2026-03-06 11:03"), ("Etc/GMT-14", "2026-03-06 11:05"), ("UTC", "2026-03-06 11:07"));

        Assert.Equal("1 1 2026-03-07 0", await StreakAsync(
            ada, "2026-03-06 11:00", "2026-03-06 11:02", "2026-03-06 11:04", "2026-03-06 11:06", "2026-03-06 11:08", "2026-03-07 09:00"));
        Assert.Equal(10, await LoginXpAsync(ada));

        // The 8th begins when it has begun in UTC; the 12 hours' zone was left more than a day ago.
        Assert.Equal("2 2 2026-03-08 0", await StreakAsync(ada, "2026-03-08 00:10"));
        Assert.Equal(20, await LoginXpAsync(ada));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28 22:30", "2026-03-28 23:30", "2026-03-29 21:30", "2026-03-29 22:30")] // 23 hours
    [InlineData("Europe/Berlin", "2025-10-25 21:30", "2025-10-25 22:30", "2025-10-26 22:30", "2025-10-26 23:30")] // 25 hours
    [InlineData("America/New_York", "2026-03-08 04:30", "2026-03-08 05:30", "2026-03-09 03:30", "2026-03-09 04:30")]
    [InlineData("Australia/Lord_Howe", "2026-04-04 12:30", "2026-04-04 13:30", "2026-04-05 13:15", "2026-04-05 13:45")] // half an hour longer
    public async Task Days_on_which_clocks_change_are_days(string zone, string before, string early, string late, string after)
    {
        var ada = await PersonAsync((zone, null));

        Assert.StartsWith("1 ", await StreakAsync(ada, before), StringComparison.Ordinal);
        Assert.StartsWith("2 ", await StreakAsync(ada, early, late), StringComparison.Ordinal);
        Assert.StartsWith("3 ", await StreakAsync(ada, after), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_means_to_come_from_Monday_to_Friday_misses_no_weekend()
    {
        var ada = await PersonAsync();
        await DecideAsync(ada, "2026-03-02 08:00", "scheduled", """{"weekdays": [1, 2, 3, 4, 5]}""");

        Assert.Equal("2 2 2026-03-09 0", await StreakAsync(ada, "2026-03-06 10:00", "2026-03-09 10:00")); // Friday, Monday
        Assert.Equal("7 7 2026-03-14 1", await StreakAsync(ada, Days(10, 14))); // and a Saturday counts
        Assert.Equal("8 8 2026-03-17 0", await StreakAsync(ada, Days(17, 17))); // Monday was missed: the freeze saved it
        Assert.Equal("1 8 2026-03-19 0", await StreakAsync(ada, Days(19, 19)));
    }

    [Fact]
    public async Task A_schedule_after_the_fact_excuses_nothing()
    {
        var ada = await PersonAsync();
        await StreakAsync(ada, "2026-03-02 10:00", "2026-03-03 10:00");
        await DecideAsync(ada, "2026-03-06 08:00", "scheduled", """{"weekdays": [5]}"""); // on a Friday, after two missed days
        Assert.Equal("1 2 2026-03-06 0", await StreakAsync(ada, "2026-03-06 10:00"));
    }

    [Fact]
    public async Task A_freeze_comes_every_seventh_day_and_there_are_two_at_most()
    {
        var ada = await PersonAsync();

        Assert.Equal("6 6 2026-03-06 0", await StreakAsync(ada, Days(1, 6)));
        Assert.Equal("7 7 2026-03-07 1", await StreakAsync(ada, Days(7, 7)));
        Assert.Equal("14 14 2026-03-14 2", await StreakAsync(ada, Days(8, 14)));
        Assert.Equal("21 21 2026-03-21 2", await StreakAsync(ada, Days(15, 21)));
    }

    [Fact]
    public async Task A_freeze_saves_a_missed_day_by_itself()
    {
        var ada = await PersonAsync();

        Assert.Equal("8 8 2026-03-09 0", await StreakAsync(ada, [.. Days(1, 7), .. Days(9, 9)]));
        Assert.Equal("1 8 2026-03-11 0", await StreakAsync(ada, Days(11, 11))); // there is no second one
    }

    [Fact]
    public async Task A_pause_excuses_its_days_and_can_be_made_longer_and_ended()
    {
        var (ada, grace) = (await PersonAsync(), await PersonAsync());
        await StreakAsync(ada, Days(1, 2));
        await DecideAsync(ada, "2026-03-03 08:00", "paused", """{"until": "2026-03-08"}""");
        await DecideAsync(ada, "2026-03-07 08:00", "paused", """{"until": "2026-03-12"}""");
        Assert.Equal("3 3 2026-03-13 0", await StreakAsync(ada, Days(13, 13)));

        await StreakAsync(grace, Days(1, 2));
        await DecideAsync(grace, "2026-03-03 08:00", "paused", """{"until": "2026-03-12"}""");
        await DecideAsync(grace, "2026-03-07 08:00", "resumed", "{}");
        Assert.Equal("3 3 2026-03-07 0", await StreakAsync(grace, Days(7, 7)));
        Assert.Equal("1 3 2026-03-09 0", await StreakAsync(grace, Days(9, 9)));
    }

    [Fact]
    public async Task A_pause_made_longer_and_ended_on_the_same_day_does_not_excuse_that_day()
    {
        // Found by the ten thousand trips, whose oracle excused the 9th as the first day of a new pause.
        var ada = new Traveller(Guid.NewGuid(), [new Stay("UTC", DateTimeOffset.MinValue)],
        [
            .. Days(1, 7).Select(at => new StreakDeed("active", Instant(at))), // with a freeze
            new StreakDeed("paused", Instant("2026-03-08 08:00")), // until the 8th
            new StreakDeed("paused", Instant("2026-03-09 08:00"), Days: 6),
            new StreakDeed("resumed", Instant("2026-03-09 12:00")),
            new StreakDeed("active", Instant("2026-03-10 10:00")),
        ]);

        await TravelAsync(shared.Database, [ada]);
        var oracle = OracleOf(ada);

        Assert.Equal("8 8 2026-03-10 0", await StreakAsync(ada.Id)); // the 9th cost the freeze
        Assert.Equal((8, 8, new DateOnly(2026, 3, 10), 0), (oracle.Length, oracle.Longest, oracle.LastDay, oracle.Freezes));
    }

    [Fact]
    public async Task Two_pauses_with_days_between_them_excuse_both()
    {
        var ada = await PersonAsync();
        await StreakAsync(ada, Days(1, 7)); // with a freeze
        await DecideAsync(ada, "2026-03-08 08:00", "paused", """{"until": "2026-03-10"}""");
        await DecideAsync(ada, "2026-03-12 08:00", "paused", """{"until": "2026-03-15"}"""); // the 11th was missed
        Assert.Equal("8 8 2026-03-16 0", await StreakAsync(ada, Days(16, 16)));
    }

    [Fact]
    public async Task A_pause_that_ended_where_the_day_is_younger_still_excuses_its_last_day()
    {
        // Found by the ten thousand trips: the 9th was too young to be judged when the second pause took the place of the first.
        var ada = new Traveller(
            Guid.NewGuid(), [new Stay("Etc/GMT+12", DateTimeOffset.MinValue), new Stay("Etc/GMT-14", Instant("2026-03-09 10:30"))],
            [
                .. Days(1, 7).Select(at => new StreakDeed("active", Instant(at).AddHours(6))), // with a freeze
                new StreakDeed("paused", Instant("2026-03-09 06:00"), Days: 1), // on the 8th until the 9th
                new StreakDeed("paused", Instant("2026-03-10 11:00")), // on the 11th; where they came from it is the 9th
                new StreakDeed("active", Instant("2026-03-11 11:00")), // on the 12th
            ]);

        await TravelAsync(shared.Database, [ada]);
        var oracle = OracleOf(ada);

        Assert.Equal("8 8 2026-03-12 0", await StreakAsync(ada.Id)); // the 10th cost the freeze
        Assert.Equal((8, 8, new DateOnly(2026, 3, 12), 0), (oracle.Length, oracle.Longest, oracle.LastDay, oracle.Freezes));
    }

    [Fact]
    public async Task A_broken_streak_is_repaired_within_two_days_and_once_in_thirty()
    {
        var (ada, grace) = (await PersonAsync(), await PersonAsync());
        await StreakAsync(ada, [.. Days(1, 5), .. Days(7, 9)]);
        await DecideAsync(ada, "2026-03-09 12:00", "repaired", "{}"); // two days after the one on which it began anew
        Assert.Equal("8 8 2026-03-09 0", await StreakAsync(ada));
        await StreakAsync(ada, Days(11, 11));
        await DecideAsync(ada, "2026-03-11 12:00", "repaired", "{}");
        Assert.Equal("1 8 2026-03-11 0", await StreakAsync(ada));

        await StreakAsync(grace, [.. Days(1, 5), .. Days(7, 10)]);
        await DecideAsync(grace, "2026-03-10 12:00", "repaired", "{}");
        Assert.Equal("4 5 2026-03-10 0", await StreakAsync(grace));
    }

    [Fact]
    public async Task The_status_says_what_a_streak_is_worth_now()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var today = await database.ScalarAsync<DateTime>("select date_trunc('day', now() at time zone 'UTC')");
        Task<string> Status(Guid person) => database.ScalarAsync<string>(
            $"select concat_ws(' ', s ->> 'status', s ->> 'current_length', s ->> 'longest_length', s ->> 'freezes', s ->> 'repairable_length') from evolv.streak_status('{person}') s");
        async Task<Guid> CameAsync(params int[] daysAgo)
        {
            var person = await database.AddPersonAsync("ada");
            await database.RecordAsync([.. daysAgo.Select(days => new Happening(person, "person.active", new DateTimeOffset(today, TimeSpan.Zero).AddDays(-days)))]);
            await database.SettleAsync();
            return person;
        }

        Assert.Equal("none 0 0 0", await Status(await CameAsync()));
        Assert.Equal("active 1 1 0", await Status(await CameAsync(0)));
        Assert.Equal("active 3 3 0", await Status(await CameAsync(2, 1, 0)));
        Assert.Equal("open 2 2 0", await Status(await CameAsync(2, 1)));
        Assert.Equal("broken 0 2 0", await Status(await CameAsync(3, 2)));
        Assert.Equal("active 1 2 0 2", await Status(await CameAsync(3, 2, 0)));
        Assert.Equal("frozen 7 7 0", await Status(await CameAsync(8, 7, 6, 5, 4, 3, 2)));
        var paused = await CameAsync(4, 3);
        await database.RecordAsync(new Happening(
            paused, "streak.paused", new DateTimeOffset(today, TimeSpan.Zero).AddDays(-2), $$"""{"until": "{{today.AddDays(2):yyyy-MM-dd}}"}"""));
        await database.SettleAsync();
        Assert.Equal("paused 2 2 0", await Status(paused));
    }

    [Fact]
    public async Task A_check_in_after_midnight_is_one_of_the_new_day()
    {
        var database = shared.Database;
        var ada = await PersonAsync(("Etc/GMT+12", null));
        Assert.True(await database.ScalarAsync<bool>($"select evolv.record_presence('{ada}') is not null"));
        Assert.False(await database.ScalarAsync<bool>($"select evolv.record_presence('{ada}') is not null"));

        // A night in a moment: the same history in the zone where it is a day later, or two.
        await database.ExecuteAsync($"update profile_zone_history set time_zone = 'Etc/GMT-14' where user_id = '{ada}'");
        Assert.True(await database.ScalarAsync<bool>($"select evolv.record_presence('{ada}') is not null"));
        await database.SettleAsync();
        Assert.Equal(20, await LoginXpAsync(ada));
    }

    static string[] Days(int from, int until) => [.. Enumerable.Range(from, until - from + 1).Select(day => $"2026-03-{day:00} 10:00")];

    async Task<Guid> PersonAsync(params (string Zone, string? Since)[] stays)
    {
        var person = await shared.Database.AddPersonAsync("ada");
        for (var i = 0; i < stays.Length; i++)
            await shared.Database.ExecuteAsync(
                i == 0 ? $"update profile_zone_history set time_zone = '{stays[0].Zone}' where user_id = '{person}'"
                : $"""
                  update profile_zone_history set until = '{stays[i].Since}+00' where user_id = '{person}' and until = 'infinity';
                  insert into profile_zone_history (user_id, time_zone, since) values ('{person}', '{stays[i].Zone}', '{stays[i].Since}+00')
                  """);
        return person;
    }

    async Task DecideAsync(Guid person, string at, string kind, string metadata)
    {
        await shared.Database.RecordAsync(new Happening(person, $"streak.{kind}", Instant(at), metadata));
        await shared.Database.SettleAsync();
    }

    /// <summary>Comes at these moments; returns current and longest length, the last day and the freezes.</summary>
    async Task<string> StreakAsync(Guid person, params string[] moments)
    {
        await shared.Database.RecordAsync([.. moments.Select(at => new Happening(person, "person.active", Instant(at)))]);
        await shared.Database.SettleAsync();
        return await shared.Database.ScalarAsync<string>(
            $"select concat_ws(' ', current_length, longest_length, last_day, freezes) from streaks where user_id = '{person}'");
    }

    async Task<int> LoginXpAsync(Guid person) => await shared.Database.ScalarAsync<int>(
        $"select coalesce(sum(amount), 0)::int from xp_transactions where user_id = '{person}' and source = 'daily_login'");

    static DateTimeOffset Instant(string text)
        => new(DateTime.ParseExact(text, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), TimeSpan.Zero);
}
