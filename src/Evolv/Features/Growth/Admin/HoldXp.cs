using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/hold-xp: what a rule pays to a person waits until review-flag decides; for admins and the service.
/// </summary>
static class HoldXp
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var person = body.Guid("user_id");
        var rule = body.Slug("rule");
        var reason = body.Text("reason", 1000);

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.hold_xp({person}, {rule}, {reason})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
