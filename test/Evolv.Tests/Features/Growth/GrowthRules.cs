using System.Globalization;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Features.Growth;

/// <summary>What a rule sees of an event.</summary>
sealed record Seen(
    string Type, Guid Person, Guid Actor, Guid? Object, decimal? Number, string? Text, string? Kind, string? Key, DateTimeOffset At, DateTime Local)
{
    internal DateOnly Date => DateOnly.FromDateTime(Local);
}

/// <summary>A condition in both languages.</summary>
sealed record Where(string? Text, Func<Seen, bool> Holds)
{
    internal static readonly Where[] Some =
    [
        new(null, _ => true),
        new("$.metadata.n >= 5", seen => seen.Number >= 5),
        new("$.metadata.kind == \"a\"", seen => seen.Kind == "a"),
        new("$.actor_id != $.user_id", seen => seen.Actor != seen.Person),
        new("$.weekday >= 6", seen => seen.Date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday),
        new("$.hour < 12", seen => seen.Local.Hour < 12),
        new("$.month == 3 && $.hour >= 6", seen => seen.Date.Month == 3 && seen.Local.Hour >= 6),
    ];
}

[Flags]
enum Once
{
    None = 0,
    Actor = 1,
    Object = 2,
    Day = 4,
    Week = 8,
}

sealed record XpRuleVersion(
    string Type, Where Where, int Amount, bool TakesNumber = false, Once Once = Once.None, int? PerDay = null, int? PerWeek = null,
    int? Cooldown = null, DateTimeOffset? From = null);

/// <summary>A rule with its versions, the newest last.</summary>
sealed record XpRule(Guid Id, string Slug, params XpRuleVersion[] Versions);

sealed record Criterion(
    string[] Types, Where Where, decimal? Target, string Measure = "count", string? Value = null, decimal? WithinHours = null, string? Per = null,
    decimal? AtLeast = null)
{
    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["event"] = Types.Length == 1 ? Types[0] : new JsonArray([.. Types.Select(type => (JsonNode)type)]) };
        if (Where.Text is not null)
            json["where"] = Where.Text;
        if (Measure != "count")
            json["measure"] = Measure;
        if (Value is not null)
            json["value"] = Value;
        if (WithinHours is not null)
            json["within_hours"] = WithinHours;
        if (Per is not null)
            json["per"] = Per;
        if (AtLeast is not null)
            json["at_least"] = AtLeast;
        if (Target is not null)
            json["target"] = Target;
        return json;
    }
}

sealed record Tier(decimal Target, int Points);

sealed record BadgeRule(
    Guid Id, string Slug, int Points, bool IsAll, Criterion[] Criteria, Tier[]? Tiers = null, bool Repeats = false,
    DateTimeOffset? ValidFrom = null, DateTimeOffset? ValidUntil = null, DateTimeOffset? Published = null)
{
    internal string ToJson()
    {
        var json = new JsonObject { [IsAll ? "all" : "any"] = new JsonArray([.. Criteria.Select(criterion => (JsonNode)criterion.ToJson())]) };
        if (Tiers is not null)
            json["tiers"] = new JsonArray([.. Tiers.Select(tier => (JsonNode)new JsonObject { ["target"] = tier.Target, ["points"] = tier.Points })]);
        if (Repeats)
            json["repeat"] = true;
        return json.ToJsonString();
    }

    internal int TierPoints(int tier) => Tiers is null ? Points : Tiers[tier - 1].Points;
}

static class Texts
{
    internal static string Instant(this DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    internal static string Plain(this decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);
}
