namespace Evolv.Tests.Features.Growth;

/// <summary>In which zone somebody was, until the next one.</summary>
sealed record Stay(string Zone, DateTimeOffset Since);

/// <summary>What somebody did or decided: <c>active</c>, <c>scheduled</c>, <c>paused</c>, <c>resumed</c>, <c>repaired</c>.</summary>
sealed record StreakDeed(string Kind, DateTimeOffset At, DayOfWeek[]? Weekdays = null, int Days = 0);

/// <summary>A streak by the rules as they are told to people, with the time zones of .NET and days looked at one by one.</summary>
sealed class StreakOracle(IReadOnlyList<Stay> stays)
{
    readonly List<(DateOnly From, DateOnly Until)> _pauses = [];
    HashSet<DayOfWeek> _weekdays = [.. Enum.GetValues<DayOfWeek>()];
    DateOnly _settled = DateOnly.MinValue;
    int _lost;
    DateOnly? _restarted;
    DateOnly? _repaired;

    internal int Length { get; private set; }

    internal int Longest { get; private set; }

    internal int Freezes { get; private set; }

    internal DateOnly? LastDay { get; private set; }

    /// <summary>The days for which there was a daily reward.</summary>
    internal HashSet<DateOnly> Days { get; } = [];

    internal void See(StreakDeed deed)
    {
        var today = DayAt(deed.At);
        var yesterdayMayRun = EarliestDate(deed.At, TimeSpan.FromHours(48));
        switch (deed.Kind)
        {
            case "active":
                Days.Add(today);
                if (!(today <= LastDay))
                    Come(today, yesterdayMayRun);
                break;
            case "repaired":
                if (_lost > 0 && _restarted is { } restarted && today.DayNumber - restarted.DayNumber is >= 0 and <= 2
                    && !(today.DayNumber - _repaired?.DayNumber <= 30))
                {
                    Length += _lost;
                    Longest = Math.Max(Longest, Length);
                    (_lost, _restarted, _repaired) = (0, null, today);
                }

                break;
            default:
                SettlePlan(yesterdayMayRun);
                ChangePlan(deed, today);
                break;
        }
    }

    void Come(DateOnly today, DateOnly until)
    {
        var missed = LastDay is null ? 0 : Missed(until);
        if (Length > 0 && missed <= Freezes)
        {
            Length++;
            Freezes -= missed;
        }
        else
        {
            if (LastDay is not null)
                (_lost, _restarted) = (Length > 0 ? Length : _lost, today);
            Length = 1;
        }

        if (Length % 7 == 0)
            Freezes = Math.Min(2, Freezes + 1);
        Longest = Math.Max(Longest, Length);
        LastDay = today;
    }

    // What was missed until now, by the plan until now.
    void SettlePlan(DateOnly until)
    {
        if (LastDay is null || Length == 0)
            return;
        var missed = Missed(until);
        if (missed <= Freezes)
            Freezes -= missed;
        else
            (_lost, _restarted, Length) = (Length, null, 0);
        _settled = until > _settled ? until : _settled;
    }

    void ChangePlan(StreakDeed deed, DateOnly today)
    {
        if (deed.Kind == "scheduled")
        {
            _weekdays = [.. deed.Weekdays!];
        }
        else if (deed.Kind == "paused")
        {
            // Who pauses during a pause, or the day after it, makes it longer: it is still the one that began before today.
            var from = today;
            if (_pauses is [.., var running] && running.Until >= today.AddDays(-1))
            {
                from = running.From;
                _pauses.RemoveAt(_pauses.Count - 1);
            }

            _pauses.Add((from, today.AddDays(deed.Days)));
        }
        else if (_pauses is [.., var last] && last.Until >= today)
        {
            // The day on which one resumes counts again, unless the pause would have no day then.
            _pauses[^1] = (last.From, today == last.From ? today : today.AddDays(-1));
        }
    }

    int Missed(DateOnly until)
    {
        var missed = 0;
        for (var day = LastDay!.Value.AddDays(1); day < until; day = day.AddDays(1))
            if (day >= _settled && _weekdays.Contains(day.DayOfWeek) && !_pauses.Exists(pause => pause.From <= day && day <= pause.Until))
                missed++;
        return missed;
    }

    // The earliest date of the last 24 hours' zones, and never an earlier one than before: it can only fall when a zone is added.
    internal DateOnly DayAt(DateTimeOffset at) => stays.Skip(1).Select(stay => stay.Since).Where(since => since <= at)
        .Select(since => EarliestDate(since.AddTicks(-10), TimeSpan.FromHours(24)))
        .Append(EarliestDate(at, TimeSpan.FromHours(24))).Max();

    DateOnly EarliestDate(DateTimeOffset at, TimeSpan during)
        => stays.Where((stay, i) => (i == 0 || stay.Since <= at) && (i == stays.Count - 1 || stays[i + 1].Since > at - during))
            .Min(stay => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(stay.Zone)).DateTime));
}
