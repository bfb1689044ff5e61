using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth.Admin;

/// <summary>
/// POST /functions/v1/review-flag: <c>release</c> pays what was held, <c>uphold</c> never will; for admins and the service, and
/// never about oneself.
/// </summary>
static class ReviewFlag
{
    static readonly string[] Decisions = ["release", "uphold"];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var flag = body.Guid("flag_id");
        var decision = body.OneOf("decision", Decisions);
        var note = body.OptionalText("note", 1000);

        var answer = await database.QueryJsonAsync(
            caller, $"select evolv.review_flag({flag}, {decision}, {note})::text", cancellationToken);
        await http.Response.WriteDataAsync(answer, cancellationToken);
    }
}
