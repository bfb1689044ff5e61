using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// POST /functions/v1/set-streak: <c>weekdays</c> on which the person means to be here (ISO, 1 is Monday; at least three),
/// <c>pause_until</c> a day within 30, or <c>resume: true</c>.
/// </summary>
static class SetStreak
{
    const int FewestWeekdays = 3;

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        if (caller.UserId is null)
            throw FunctionError.Unauthorized();
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        int[]? weekdays = body.OptionalIntegers("weekdays", 1, 7, 7) is { } days ? [.. days.Select(day => (int)day).Distinct().Order()] : null;
        if (weekdays?.Length < FewestWeekdays)
            throw FunctionError.Field("weekdays", $"must name at least {FewestWeekdays} days of the week");
        var pauseUntil = body.OptionalDate("pause_until");
        var resume = body.Flag("resume", otherwise: false);
        if (resume && pauseUntil is not null)
            throw FunctionError.Field("resume", "and pause_until exclude each other");

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.set_streak({weekdays}, {pauseUntil}, {resume})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
