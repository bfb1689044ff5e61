using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/backfill-badge: lets the newest rule of a badge count what happened before it was published; silently,
/// unless <c>silent</c> is false. For admins and the service.
/// </summary>
static class BackfillBadge
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var badge = body.Guid("badge_id");
        var silent = body.Flag("silent", otherwise: true);

        var answer = await database.QueryJsonAsync(caller, $"select evolv.backfill_badge_now({badge}, {silent})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
