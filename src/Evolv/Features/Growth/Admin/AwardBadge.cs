using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>POST /functions/v1/award-badge: gives a badge by hand, with a reason; for admins and the service.</summary>
static class AwardBadge
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var (person, badge) = (body.Guid("user_id"), body.Guid("badge_id"));
        var tier = body.OptionalInteger("tier", 1, 10) ?? 1;
        var reason = body.Text("reason", 1000);

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.award_badge({person}, {badge}, {tier}, {reason})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
