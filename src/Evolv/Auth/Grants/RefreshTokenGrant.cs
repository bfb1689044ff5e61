using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Grants;

/// <summary>
/// grant_type=refresh_token. A token is good for one refresh, which gives a child. One that comes again is
/// (a) the parent of a token that nobody has used: its answer was lost, so the same child is given again, whenever;
/// (b) used only a moment ago: two tabs refreshed at once, so it gets another child;
/// (c) else stolen, from us or by us: all tokens of the session are revoked.
/// </summary>
sealed class RefreshTokenGrant(
    Database database, Sessions sessions, RefreshTokens tokens, IOptions<AuthOptions> options, TimeProvider time,
    ILogger<RefreshTokenGrant> logger)
{
    internal sealed record Request(string? RefreshToken = null);

    internal sealed record State(
        Guid SessionId, Guid UserId, string Email, DateTimeOffset? BannedUntil, DateTimeOffset? SessionEnd, DateTimeOffset RefreshedAt,
        bool IsRevoked, DateTimeOffset UpdatedAt, int Children, string? UnusedChild, bool IsFamilyAlive, Guid? ClientId);

    internal async Task<SessionResponse> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.RefreshRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.RefreshToken))
            throw AuthError.OAuth("invalid_request", "refresh_token required");
        return await RefreshAsync(request.RefreshToken, clientId: null, RequestOrigin.Of(context), cancellationToken);
    }

    /// <param name="token">What is refreshed.</param>
    /// <param name="clientId">The client that showed who it is; null where people refresh their own. A token of the other door is none here.</param>
    /// <param name="origin">From where.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<SessionResponse> RefreshAsync(
        string token, Guid? clientId, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var given = RefreshTokens.Hash(token);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var state = await LockAsync(db, given, cancellationToken) ?? throw AuthError.RefreshTokenNotFound();
        if (state.ClientId != clientId)
            throw AuthError.RefreshTokenNotFound();
        var now = time.GetUtcNow();
        if (state.BannedUntil > now)
            throw AuthError.BannedFromRefreshing();
        if (state is { IsRevoked: true, IsFamilyAlive: false })
            throw AuthError.RefreshTokenAlreadyUsed();
        if (state.SessionEnd < now ||
            options.Value.SessionInactivitySeconds is > 0 and var longest && state.RefreshedAt.AddSeconds(longest) < now)
            throw AuthError.SessionExpired();

        var child = state.UnusedChild is null ? null : tokens.Child(token, state.SessionId, state.Children - 1);
        if (child is not null && RefreshTokens.Hash(child) == state.UnusedChild)
        {
            // (a) Nothing to write.
        }
        else if (!state.IsRevoked || state.UnusedChild is not null || IsRecent(state, now))
        {
            child = tokens.Child(token, state.SessionId, state.Children);
            await SwapAsync(db, state, given, child, origin, now, cancellationToken);
        }
        else
        {
            await RevokeFamilyAsync(db, state, origin, now, cancellationToken);
            await db.CommitAsync(cancellationToken); // Although the request fails.
            logger.RefreshTokenReused(state.SessionId);
            EvolvMeter.TokenReused();
            throw AuthError.RefreshTokenAlreadyUsed();
        }

        var response = await sessions.RespondAsync(db, state.SessionId, "token_refresh", child, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return response;
    }

    // A family without a living token was revoked as stolen; however recently, nothing revives it.
    bool IsRecent(State state, DateTimeOffset now)
        => state.IsFamilyAlive && now <= state.UpdatedAt.AddSeconds(options.Value.RefreshTokenReuseIntervalSeconds);

    // The session is locked first, by a statement of its own: the next one then sees what the one before us committed.
    internal static async Task<State?> LockAsync(DbSession db, string given, CancellationToken cancellationToken)
    {
        var isLocked = await db.QuerySingleAsync(
            $"""
            select true
            from auth.refresh_tokens t
            join auth.sessions s on s.id = t.session_id
            where t.token = {given}
            for update of s
            """, row => row.GetBoolean(0), cancellationToken);
        return !isLocked ? null : await db.QuerySingleAsync(
            $"""
            select s.id, s.user_id, coalesce(u.email, ''), u.banned_until, s.not_after, coalesce(s.refreshed_at, s.created_at), t.revoked, t.updated_at,
                (select count(*)::int from auth.refresh_tokens c where c.session_id = s.id and c.parent = t.token),
                (
                    select c.token
                    from auth.refresh_tokens c
                    where c.session_id = s.id and c.parent = t.token and not c.revoked
                    order by c.id desc
                    limit 1
                ),
                exists (select from auth.refresh_tokens a where a.session_id = s.id and not a.revoked),
                s.oauth_client_id
            from auth.refresh_tokens t
            join auth.sessions s on s.id = t.session_id
            join auth.users u on u.id = s.user_id
            where t.token = {given} and u.deleted_at is null
            """,
            row => new State(
                row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetInstant(3), row.GetInstant(4),
                row.GetFieldValue<DateTimeOffset>(5), row.GetBoolean(6), row.GetFieldValue<DateTimeOffset>(7), row.GetInt32(8), row.GetText(9),
                row.GetBoolean(10), row.IsDBNull(11) ? null : row.GetGuid(11)), cancellationToken);
    }

    internal static Task<int> SwapAsync(
        DbSession db, State state, string given, string child, RequestOrigin origin, DateTimeOffset now, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            with spent as (
                update auth.refresh_tokens
                set revoked = true, updated_at = {now}
                where token = {given} and not revoked
            ),
            child as (
                insert into auth.refresh_tokens (token, user_id, session_id, parent, created_at, updated_at)
                values ({RefreshTokens.Hash(child)}, {state.UserId}, {state.SessionId}, {given}, {now}, {now})
            )
            update auth.sessions
            set refreshed_at = {now}, updated_at = {now}, user_agent = {origin.UserAgent}, ip = {origin.Address}::inet
            where id = {state.SessionId}
            """, cancellationToken);

    static Task<int> RevokeFamilyAsync(
        DbSession db, State state, RequestOrigin origin, DateTimeOffset now, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            with audit as (
                {AuditLog.Insert(AuditEntry.TokenReuseDetected, state.UserId, state.Email, origin, now)}
            ),
            session as (
                update auth.sessions set not_after = least(not_after, {now}), updated_at = {now} where id = {state.SessionId}
            ),
            told as (
                insert into auth.revocations (kind, subject) values ('session', {state.SessionId})
            )
            update auth.refresh_tokens
            set revoked = true, updated_at = {now}
            where session_id = {state.SessionId} and not revoked
            """, cancellationToken);
}
