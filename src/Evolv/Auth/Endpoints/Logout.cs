using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/logout: ends all sessions of the person, this one, or the others.</summary>
static class Logout
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var scope = context.Request.Query["scope"].ToString() is { Length: > 0 } given ? given : "global";
        if (scope is not ("global" or "local" or "others"))
            throw AuthError.Invalid($"Unsupported logout scope \"{scope}\"");
        var (user, sessionId, _) = await SignedIn.RequireAsync(context, database, time, cancellationToken);

        Sql which = scope switch
        {
            _ when sessionId is null => $"true", // GoTrue ends all when the token names none.
            "local" => $"id = {sessionId}",
            "others" => $"id <> {sessionId}",
            _ => $"true",
        };
        await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            with ended as (
                delete from auth.sessions
                where user_id = {user.Id} and {which}
            ),
            tokens as (
                delete from auth.one_time_tokens where user_id = {user.Id} and {scope == "global"}
            ),
            begun as (
                delete from auth.flow_state where user_id = {user.Id} and {scope == "global"}
            )
            {AuditLog.Insert(AuditEntry.LoggedOut, user.Id, user.Email, RequestOrigin.Of(context), time.GetUtcNow())}
            returning true
            """, row => row.GetBoolean(0), cancellationToken);
        return TypedResults.NoContent();
    }
}
