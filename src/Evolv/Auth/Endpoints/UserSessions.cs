using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/user/sessions and DELETE /auth/v1/user/sessions/{session_id}: where a person is signed in. Not in GoTrue.</summary>
static class UserSessions
{
    /// <summary>One signed-in device. What is not known is null and not left out.</summary>
    internal sealed record Session(
        Guid Id, DateTime CreatedAt, DateTime UpdatedAt,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? RefreshedAt,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? UserAgent,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Ip,
        string Aal,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? NotAfter,
        bool IsCurrent,
        Guid? OauthClientId = null); // Left out for the person's own.

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, IOptions<AuthOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        var sessions = await ListAsync(database, signedIn.User.Id, signedIn.SessionId, options.Value, time, cancellationToken);
        return TypedResults.Json(sessions, AuthJson.Default.SessionList);
    }

    internal static async Task<IResult> EndAsync(
        string sessionId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        if (!Guid.TryParseExact(sessionId, "D", out var id))
            throw AuthError.NotUuid("session_id");
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await Accounts.LockAsync(db, signedIn.User.Id, cancellationToken);
        if (await db.ExecuteAsync($"delete from auth.sessions where id = {id} and user_id = {signedIn.User.Id}", cancellationToken) == 0)
            throw AuthError.NoSuchSession();
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.LoggedOut, Actor.Of(signedIn.User), RequestOrigin.Of(context), time.GetUtcNow(), new JsonObject { ["session_id"] = id }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }

    /// <summary>The living sessions of a person, the one used last first.</summary>
    internal static async Task<List<Session>> ListAsync(
        Database database, Guid userId, Guid? current, AuthOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        DateTimeOffset? leastRefreshed = options.SessionInactivitySeconds > 0 ? now.AddSeconds(-options.SessionInactivitySeconds) : null;
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        return await db.QueryListAsync(
            $"""
            select id, created_at, updated_at, refreshed_at, user_agent, host(ip), aal, not_after, id is not distinct from {current}, oauth_client_id
            from auth.sessions
            where user_id = {userId}
                and (not_after is null or not_after > {now})
                and ({leastRefreshed}::timestamptz is null or coalesce(refreshed_at, created_at) >= {leastRefreshed})
            order by coalesce(refreshed_at, created_at) desc, id desc
            """,
            row => new Session(
                row.GetGuid(0), row.GetDateTime(1), row.GetDateTime(2), row.IsDBNull(3) ? null : row.GetDateTime(3), row.GetText(4), row.GetText(5),
                row.GetString(6), row.IsDBNull(7) ? null : row.GetDateTime(7), row.GetBoolean(8),
                row.IsDBNull(9) ? null : row.GetGuid(9)),
            cancellationToken);
    }
}
