using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>POST /functions/v1/void-xp: an entry against an entry of the ledger, with a reason; for admins and the service.</summary>
static class VoidXp
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var transaction = body.Guid("xp_transaction_id");
        var reason = body.Text("reason", 1000);

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.void_xp({transaction}, {reason})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
