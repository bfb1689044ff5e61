using System.Text.Json;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/publish-badge: a new badge with its rule, or a new version of the rule of one. <c>backfill</c> (true) lets
/// the past count, <c>silent</c> (true) tells nobody of what it gives. <c>policy</c> says what becomes of those who hold the badge:
/// keep, re_evaluate or notify. For admins and the service.
/// </summary>
static class PublishBadge
{
    static readonly string[] Rarities = ["common", "rare", "epic", "legendary"];
    static readonly string[] Categories = ["learning", "social", "achievement", "skill", "milestone"];
    static readonly string[] Policies = ["keep", "re_evaluate", "notify"];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var slug = body.Slug("slug");
        var badge = new Json(JsonSerializer.Serialize(new
        {
            name = body.OptionalText("name", 120),
            description = body.OptionalText("description", 1000),
            icon_url = WebAddress(body),
            rarity = body.OptionalOneOf("rarity", Rarities),
            category = body.OptionalOneOf("category", Categories),
            points = body.OptionalInteger("points", 0, 100_000),
            skill_id = body.OptionalGuid("skill_id"),
            is_secret = body.OptionalFlag("is_secret"),
            is_active = body.Flag("is_active", otherwise: true),
            policy = body.OptionalOneOf("policy", Policies),
            valid_from = body.OptionalInstant("valid_from"),
            valid_until = body.OptionalInstant("valid_until"),
            rule = JsonElement.Parse(body.Object("rule")),
        }));
        var (backfill, silent) = (body.Flag("backfill", otherwise: true), body.Flag("silent", otherwise: true));

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.publish_badge({slug}, {badge}, {backfill}, {silent})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }

    static string? WebAddress(FunctionBody body)
        => body.OptionalText("icon_url", 2048) is not { } text
            ? null
            : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                ? text
                : throw FunctionError.Field("icon_url", "must be an address of http or https");
}
