using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// GET /functions/v1/get-progress: level and XP to the next one, the streak, the nearest badges, and how far the limits of the rules
/// are used up. <c>user_id</c> is for admins and the service.
/// </summary>
static class GetProgress
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var person = http.Request.Query.OptionalGuid("user_id");

        var progress = await database.QueryJsonAsync(caller, $"select evolv.get_progress({person})::text", cancellationToken);
        await http.Response.WriteDataAsync(progress, cancellationToken);
    }
}
