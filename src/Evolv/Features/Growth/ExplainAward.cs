using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// POST /functions/v1/explain-award with one of <c>xp_transaction_id</c>, <c>user_badge_id</c>, <c>badge_id</c> (why, or why not yet)
/// or <c>event_id</c> (what it brought, and what it did not): events → version of the rule → award.
/// </summary>
static class ExplainAward
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var transaction = body.OptionalGuid("xp_transaction_id");
        var userBadge = body.OptionalGuid("user_badge_id");
        var badge = body.OptionalGuid("badge_id");
        var activity = body.OptionalLong("event_id", 1, long.MaxValue);
        var person = body.OptionalGuid("user_id");
        if (new object?[] { transaction, userBadge, badge, activity }.Count(id => id is not null) != 1)
            throw FunctionError.BadRequest("Send one of xp_transaction_id, user_badge_id, badge_id, event_id.");

        var explanation = await database.QueryJsonAsync(
            caller, $"select evolv.explain_award({person}, {transaction}, {userBadge}, {badge}, {activity})::text", cancellationToken);
        await http.Response.WriteDataAsync(explanation, cancellationToken);
    }
}
