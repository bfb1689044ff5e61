using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>POST /functions/v1/revoke-badge: takes a badge back with its reward, and says why; for admins and the service.</summary>
static class RevokeBadge
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var userBadge = body.Guid("user_badge_id");
        var reason = body.Text("reason", 1000);

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.revoke_badge({userBadge}, {reason})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
