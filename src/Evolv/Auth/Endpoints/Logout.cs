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
        var signedIn = await SignedIn.RequireOrClientAsync(context, database, time, cancellationToken);
        var (user, sessionId, _) = signedIn;
        // A client ends what it was given and nothing else, whatever its library sends by default.
        if (signedIn.ClientId is not null)
            scope = scope == "others" ? throw AuthError.OAuthClientRefused() : "local";

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await Accounts.LockAsync(db, user.Id, cancellationToken);
        if (scope == "global" || sessionId is null) // GoTrue ends all when the token names none.
            await Accounts.CloseAsync(db, user.Id, keep: null, cancellationToken);
        else
            await db.ExecuteAsync($"delete from auth.sessions where user_id = {user.Id} and (id = {sessionId}) = {scope == "local"}", cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.LoggedOut, user.Id, user.Email, RequestOrigin.Of(context), time.GetUtcNow()), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
