using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/publish-levels: a new table of levels, as the XP at which each begins, from 0 on; everybody's level
/// follows. For admins and the service.
/// </summary>
static class PublishLevels
{
    const int MostLevels = 200;

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var levels = body.OptionalIntegers("xp_required", 0, long.MaxValue / 4, MostLevels) is { Length: > 1 } list
            ? list
            : throw FunctionError.Field("xp_required", $"must be a list of 2 to {MostLevels} integers");
        var note = body.OptionalText("note", 500);

        var answer = await database.QueryJsonAsync(caller, $"select evolv.publish_levels({levels}, {note})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
