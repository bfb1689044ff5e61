using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// GET /functions/v1/get-achievements: every badge with the progress of the caller; with another person's <c>user_id</c>, the
/// badges that they have.
/// </summary>
static class GetAchievements
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var person = http.Request.Query.OptionalGuid("user_id");

        var achievements = await database.QueryJsonAsync(caller, $"select evolv.get_achievements({person})::text", cancellationToken);
        await http.Response.WriteDataAsync(achievements, cancellationToken);
    }
}
