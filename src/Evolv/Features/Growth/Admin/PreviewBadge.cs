using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/preview-badge: how many people a rule would give the badge, or, with <c>badge_id</c>, take it from; ten of
/// them each, and what it costs to ask. Writes nothing. For admins and the service.
/// </summary>
static class PreviewBadge
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var badge = body.OptionalGuid("badge_id");
        var rule = new Json(body.Object("rule"));
        var (from, until) = (body.OptionalInstant("valid_from"), body.OptionalInstant("valid_until"));

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.preview_badge({badge}, {rule}, {from}, {until})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
