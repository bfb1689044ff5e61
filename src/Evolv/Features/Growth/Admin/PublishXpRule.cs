using System.Text.Json;
using System.Text.RegularExpressions;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/publish-xp-rule: a new rule of XP, or a new version of one, which holds from now on. What its fields mean is
/// at the columns of <c>xp_rule_versions</c>. For admins and the service.
/// </summary>
static partial class PublishXpRule
{
    static readonly string[] Distinctions = ["actor", "object", "day", "week"];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var slug = body.Slug("slug");
        var type = body.Text("event_type", 60);
        if (!EventType().IsMatch(type))
            throw FunctionError.Field("event_type", "must be a type of event, such as post.created");
        var (alarmCount, alarmMinutes) = (body.OptionalInteger("alarm_count", 1, 1_000_000), body.OptionalInteger("alarm_minutes", 1, 10_080));
        if (alarmCount is null != alarmMinutes is null)
            throw FunctionError.Field("alarm_count", "and alarm_minutes belong together");
        var rule = new Dictionary<string, object?>
        {
            ["name"] = body.OptionalText("name", 120),
            ["description"] = body.OptionalText("description", 1000),
            ["event_type"] = type,
            ["condition"] = body.OptionalText("condition", 1000),
            ["amount"] = body.Integer("amount", 1, 100_000),
            ["amount_path"] = body.OptionalText("amount_path", 200),
            ["distinct_by"] = body.OptionalSetOf("distinct_by", Distinctions),
            ["cap_per_day"] = body.OptionalInteger("cap_per_day", 1, 1_000_000),
            ["cap_per_week"] = body.OptionalInteger("cap_per_week", 1, 1_000_000),
            ["cooldown_seconds"] = body.OptionalInteger("cooldown_seconds", 1, 31_536_000),
            ["alarm_count"] = alarmCount,
            ["alarm_minutes"] = alarmMinutes,
            ["valid_from"] = body.OptionalInstant("valid_from"),
            ["valid_until"] = body.OptionalInstant("valid_until"),
            ["is_active"] = body.Flag("is_active", otherwise: true),
        };
        if (body.OptionalOneOf("source", AddXp.Sources) is { } source)
            rule.Add("source", source);
        var json = new Json(JsonSerializer.Serialize(rule));

        var answer = await database.QueryJsonAsync(caller, $"select evolv.publish_xp_rule({slug}, {json})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }

    [GeneratedRegex(@"^[a-z_]+(\.[a-z_]+)+$")]
    private static partial Regex EventType();
}
