using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// POST /functions/v1/check-in: the person is here today, which extends the streak and pays the daily login. Repeating it on the
/// same day changes nothing. <c>repair: true</c> brings back a streak that broke within the last two days.
/// </summary>
static class CheckIn
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        if (caller.UserId is null)
            throw FunctionError.Unauthorized(); // A key of the installation has no days.
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var repair = body.Flag("repair", otherwise: false);

        var answer = await database.QueryJsonAsync(caller, $"select evolv.check_in({repair})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
