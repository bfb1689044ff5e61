using Evolv.Functions;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// GET /functions/v1/get-user-level?user_id=…: where a person stands, by default the caller, and what is missing to the next level. The same
/// for all who ask.
/// </summary>
static class GetUserLevel
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var person = http.Request.Query.OptionalGuid("user_id")
            ?? caller.UserId ?? throw FunctionError.Field("user_id", "is missing: whoever is not signed in has no level");

        var level = await http.RequestServices.GetRequiredService<AnswerCache>().GetAsync(
            CacheKeys.UserLevel(person), caller,
            async token => Answer.Of(await database.QueryOptionalJsonAsync(
                Caller.Anonymous, $"select evolv.get_user_level({person})::text", token)),
            cancellationToken)
            ?? throw FunctionError.Missing("person");
        await http.Response.WriteDataAsync(level, cancellationToken);
    }
}
