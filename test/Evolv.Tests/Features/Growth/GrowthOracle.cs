using System.Globalization;

namespace Evolv.Tests.Features.Growth;

/// <summary>
/// What one person gets for a history, said as plainly as can be: each question is answered by looking at all that has been seen
/// so far. Slow, without memory of its own, and not a translation of the SQL.
/// </summary>
sealed class GrowthOracle(
    IReadOnlyList<XpRule> xpRules, IReadOnlyList<BadgeRule> badges, IReadOnlyList<(int Level, long Xp)> levels, XpRule badgeReward)
{
    readonly List<Entry> _ledger = [];
    readonly List<Held> _held = [];
    readonly Dictionary<Guid, Memory> _memories = [];

    long Total => _ledger.Where(entry => !entry.IsVoided).Sum(entry => entry.Amount);

    int Level => levels.Last(level => level.Xp <= Total).Level;

    sealed record Entry(Guid Rule, string Slug, string Key, long Amount, DateTimeOffset At, DateOnly Date)
    {
        internal bool IsVoided { get; set; }
    }

    sealed record Held(BadgeRule Badge, int Tier, int Number, DateTimeOffset At)
    {
        internal bool IsRevoked { get; set; }
    }

    /// <summary>What a badge has looked at, and what was given for it.</summary>
    sealed class Memory(BadgeRule badge)
    {
        internal List<Seen> Events { get; } = [];
        internal bool[] Met { get; } = new bool[badge.Criteria.Length];
        internal int Tier { get; set; }
        internal bool IsBarred { get; set; }

        // Of a repeated badge: how often, after how many events the last time, and in which period.
        internal int Times { get; set; }
        internal int Start { get; set; }
        internal DateOnly? Period { get; set; }
    }

    /// <summary>Somebody decided, or something happened.</summary>
    internal void See(Happening happening, Seen seen)
    {
        switch (happening.Type)
        {
            case "xp.voided":
                var entry = _ledger.Find(one => one.Rule == happening.Object && one.Key == Text(happening, "award_key") && !one.IsVoided);
                entry?.IsVoided = true;
                break;
            case "badge.granted":
                var badge = badges.Single(one => one.Id == happening.Object);
                Give(badge, Number(happening, "tier"), Number(happening, "points"), seen);
                MemoryOf(badge).IsBarred = false;
                break;
            case "badge.revoked":
                foreach (var held in _held.Where(one => one.Badge.Id == happening.Object && one.Tier >= Number(happening, "tier") && !one.IsRevoked))
                {
                    held.IsRevoked = true;
                    var reward = _ledger.Find(one => one.Rule == badgeReward.Id && one.Key == $"{held.Badge.Id} {held.Tier} {held.Number}" && !one.IsVoided);
                    reward?.IsVoided = true;
                }

                MemoryOf(badges.Single(one => one.Id == happening.Object)).IsBarred = true;
                break;
        }

        Judge(seen);
    }

    void Judge(Seen seen)
    {
        foreach (var rule in xpRules.OrderBy(rule => rule.Id))
        {
            var version = rule.Versions.LastOrDefault(one => one.From is null || one.From <= seen.At);
            if (version is not null && version.Type == seen.Type && version.Where.Holds(seen))
                Pay(rule, version, seen);
        }

        foreach (var badge in badges.OrderBy(badge => badge.Id))
            if (badge.Criteria.Any(criterion => criterion.Types.Contains(seen.Type))
                && !(seen.At < badge.Published) && !(seen.At < badge.ValidFrom) && !(seen.At >= badge.ValidUntil))
                Consider(badge, seen);
    }

    void Pay(XpRule rule, XpRuleVersion version, Seen seen)
    {
        var amount = version.TakesNumber ? Math.Min(version.Amount, Math.Floor(seen.Number ?? 0)) : version.Amount;
        if (amount < 1)
            return;
        var paid = _ledger.Where(entry => entry.Rule == rule.Id).ToList();
        var key = seen.Key!;
        if (version.Once != Once.None)
        {
            key = OnceKey(version.Once, seen);
            if (paid.Exists(entry => entry.Key == key))
                return;
        }

        if (version.Cooldown is { } seconds && paid.Exists(entry => entry.At > seen.At.AddSeconds(-seconds)))
            return;
        if (paid.Count(entry => entry.Date == seen.Date) >= version.PerDay || paid.Count(entry => Monday(entry.Date) == Monday(seen.Date)) >= version.PerWeek)
            return;
        Enter(rule, key, (long)amount, seen);
    }

    internal static string OnceKey(Once once, Seen seen) => string.Join(' ', new[]
    {
        once.HasFlag(Once.Actor) ? seen.Actor.ToString() : null,
        once.HasFlag(Once.Object) ? seen.Object?.ToString() : null,
        once.HasFlag(Once.Day) ? seen.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
        once.HasFlag(Once.Week) ? $"{ISOWeek.GetYear(seen.Local):0000}-W{ISOWeek.GetWeekOfYear(seen.Local):00}" : null,
    }.Where(part => part is not null));

    void Enter(XpRule rule, string key, long amount, Seen seen)
    {
        var before = Level;
        _ledger.Add(new Entry(rule.Id, rule.Slug, key, amount, seen.At, seen.Date));
        if (Level > before)
            Judge(seen with { Type = "level.reached", Actor = seen.Person, Object = null, Number = Level, Text = null, Kind = null, Key = $"level {Level}" });
    }

    void Give(BadgeRule badge, int tier, int points, Seen seen)
    {
        if (!badge.Repeats || seen.Type == "badge.granted")
            if (_held.Exists(held => held.Badge.Id == badge.Id && held.Tier == tier && !held.IsRevoked))
                return;
        var number = 1 + _held.Count(held => held.Badge.Id == badge.Id && held.Tier == tier);
        _held.Add(new Held(badge, tier, number, seen.At));
        var awarded = seen with
        {
            Type = "badge.awarded",
            Actor = seen.Person,
            Object = badge.Id,
            Number = null,
            Text = null,
            Kind = null,
            Key = $"{badge.Id} {tier} {number}",
        };
        if (points > 0)
            Enter(badgeReward, awarded.Key, Math.Min(points, 100_000), awarded);
        // The reward is paid by a rule like others, and the badges come after the rules.
        Judge(awarded);
    }

    Memory MemoryOf(BadgeRule badge) => _memories.TryGetValue(badge.Id, out var memory) ? memory : _memories[badge.Id] = new Memory(badge);

    void Consider(BadgeRule badge, Seen seen)
    {
        var memory = MemoryOf(badge);
        if (!badge.Repeats && memory.Tier >= (badge.Tiers?.Length ?? 1))
            return;
        var stood = Standing(badge, memory);
        memory.Events.Add(seen);
        if (badge.Repeats)
        {
            var times = 0;
            while (Current(badge, memory) >= badge.Criteria[0].Target)
            {
                memory.Times++;
                memory.Start = memory.Events.Count;
                memory.Period = badge.Criteria[0].Per is { } per ? PeriodOf(per, seen.Date) : null;
                times++;
            }

            for (var i = 0; i < times && !memory.IsBarred; i++)
                Give(badge, 1, badge.Points, seen);
            return;
        }

        // What changes nothing awards nothing: who was barred gets the next tiers with the next event that counts.
        if (Standing(badge, memory) == stood)
            return;
        var before = memory.Tier;
        var reached = Reached(badge, memory);
        if (memory.IsBarred || reached <= before)
            return;
        memory.Tier = reached;
        for (var tier = before + 1; tier <= reached; tier++)
            Give(badge, tier, badge.TierPoints(tier), seen);
    }

    static string Standing(BadgeRule badge, Memory memory) => string.Join(' ', badge.Criteria.Select(criterion =>
    {
        var counted = memory.Events.Where(seen => criterion.Types.Contains(seen.Type) && criterion.Where.Holds(seen) && HasValue(criterion, seen)).ToList();
        var period = criterion.Per is null || counted.Count == 0 ? (DateOnly?)null : counted.Max(seen => PeriodOf(criterion.Per, seen.Date));
        return criterion.Measure == "streak"
            ? $"{Measure(criterion, memory.Events)} {(Measure(criterion, memory.Events) == 0 ? null : counted[^1].At.Instant())}"
            : $"{Measure(criterion, memory.Events)} {period} {(counted.Count == 0 ? 0 : Amount(criterion, [.. counted.Where(seen => period is null || PeriodOf(criterion.Per!, seen.Date) == period)]))}";
    }));

    static int Reached(BadgeRule badge, Memory memory)
    {
        if (badge.Tiers is not null)
            return badge.Tiers.Count(tier => tier.Target <= Current(badge, memory));
        for (var i = 0; i < badge.Criteria.Length; i++)
            memory.Met[i] |= Measure(badge.Criteria[i], memory.Events) >= badge.Criteria[i].Target;
        return badge.Criteria.Length == 1 ? (Current(badge, memory) >= badge.Criteria[0].Target ? 1 : 0)
            : badge.IsAll ? (memory.Met.All(met => met) ? 1 : 0)
            : memory.Met.Any(met => met) ? 1 : 0;
    }

    static decimal Current(BadgeRule badge, Memory memory)
    {
        if (badge.Criteria.Length > 1)
            return memory.Met.Count(met => met);
        var criterion = badge.Criteria[0];
        if (!badge.Repeats || memory.Times == 0)
            return Measure(criterion, memory.Events);
        if (criterion.AtLeast is not null)
            return Measure(criterion, memory.Events, after: memory.Period);
        if (criterion.Per is not null)
        {
            // Once in a period: the rest of it does not count any more.
            var later = memory.Events.Where(seen => PeriodOf(criterion.Per, seen.Date) > memory.Period).ToList();
            return Measure(criterion, later);
        }

        return criterion.Measure is "count" or "sum"
            ? Measure(criterion, memory.Events) - memory.Times * criterion.Target!.Value
            : Measure(criterion, memory.Events[memory.Start..]);
    }

    static decimal Measure(Criterion criterion, IReadOnlyList<Seen> events, DateOnly? after = null)
    {
        var looked = events.Where(seen => criterion.Types.Contains(seen.Type)).ToList();
        if (criterion.Measure == "streak")
        {
            var run = looked.Skip(looked.FindLastIndex(seen => !criterion.Where.Holds(seen)) + 1).ToList();
            return criterion.WithinHours is { } hours && run.Count > 0
                ? run.Count(seen => seen.At >= run[^1].At.AddHours(-(double)hours))
                : run.Count;
        }

        var counted = looked.Where(seen => criterion.Where.Holds(seen) && HasValue(criterion, seen)).ToList();
        if (counted.Count == 0)
            return 0;
        if (criterion.Per is null)
            return Amount(criterion, counted);
        var periods = counted.GroupBy(seen => PeriodOf(criterion.Per, seen.Date)).ToDictionary(period => period.Key, period => period.ToList());
        var last = periods.Keys.Max();
        if (criterion.AtLeast is not { } least)
            return Amount(criterion, periods[last]);

        // In a row up to the running period, or up to the one before while this one is not enough yet.
        bool IsEnough(DateOnly period) => periods.TryGetValue(period, out var inIt)
            && (after is null || period > after)
            && Enumerable.Range(1, inIt.Count).Any(count => Amount(criterion, inIt[..count]) >= least);
        var inARow = 0;
        var at = IsEnough(last) ? last : Before(criterion.Per, last);
        for (; IsEnough(at); at = Before(criterion.Per, at))
            inARow++;
        return inARow;
    }

    static bool HasValue(Criterion criterion, Seen seen) => criterion.Value switch
    {
        null => true,
        "$.metadata.n" => criterion.Measure == "distinct" ? seen.Text is not null : seen.Number is not null,
        "$.object_id" => seen.Object is not null,
        _ => true,
    };

    static decimal Amount(Criterion criterion, List<Seen> counted) => criterion.Measure switch
    {
        "count" => counted.Count,
        "sum" => counted.Sum(seen => seen.Number!.Value),
        "max" => counted.Max(seen => seen.Number!.Value),
        "last" => counted[^1].Number!.Value,
        "distinct" => counted.Select(seen => criterion.Value switch
        {
            "$.metadata.n" => seen.Text,
            "$.object_id" => seen.Object.ToString(),
            "$.actor_id" => seen.Actor.ToString(),
            var other => throw new ArgumentException(other),
        }).Distinct().Count(),
        var other => throw new ArgumentException(other),
    };

    static DateOnly PeriodOf(string per, DateOnly date) => per switch
    {
        "day" => date,
        "week" => Monday(date),
        "month" => new DateOnly(date.Year, date.Month, 1),
        _ => new DateOnly(date.Year, 1, 1),
    };

    static DateOnly Before(string per, DateOnly period) => PeriodOf(per, period.AddDays(-1));

    static DateOnly Monday(DateOnly date) => date.AddDays(-(((int)date.DayOfWeek + 6) % 7));

    static string Text(Happening happening, string name) => System.Text.Json.JsonElement.Parse(happening.Metadata).GetProperty(name).ToString();

    static int Number(Happening happening, string name) => int.Parse(Text(happening, name), CultureInfo.InvariantCulture);

    /// <summary>What there is in the end, a line for each thing.</summary>
    internal IEnumerable<string> Lines()
    {
        yield return $"total {Total} level {Level}";
        foreach (var rule in _ledger.Where(entry => !entry.IsVoided).GroupBy(entry => entry.Slug))
            yield return $"xp {rule.Key} {rule.Sum(entry => entry.Amount)} in {rule.Count()}";
        foreach (var held in _held.Where(held => !held.IsRevoked))
            yield return $"badge {held.Badge.Slug} {held.Tier} {held.Number} {held.At.Instant()}";
        foreach (var badge in badges.Where(badge => badge.Criteria.Length == 1 || badge.IsAll))
            if (_memories.TryGetValue(badge.Id, out var memory) && memory.Events.Count > 0)
            {
                var tiers = badge.Tiers?.Length ?? 1;
                yield return $"progress {badge.Slug} {Current(badge, memory).Plain()} next {(badge.Repeats || memory.Tier < tiers ? memory.Tier + 1 : 0)}";
            }
    }
}
