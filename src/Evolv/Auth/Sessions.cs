using System.Text.Json;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>What an access token says of its session.</summary>
sealed record SessionState(Guid Id, string Aal, JsonElement Amr);

/// <summary>What signing in answers. auth-js takes it for a session only when tokens and <c>expires_in</c> are there.</summary>
sealed record SessionResponse(
    string AccessToken, string TokenType, int ExpiresIn, long ExpiresAt, string RefreshToken, AuthUser User, WeakPassword? WeakPassword = null);

/// <summary>Why the password that signed in would be refused today.</summary>
sealed record WeakPassword(string Message, IReadOnlyList<string> Reasons);

/// <summary>Starts sessions and makes the answer to whoever signs in or refreshes.</summary>
sealed class Sessions(AccessToken accessToken, IOptions<AuthOptions> options, TimeProvider time)
{
    /// <summary>Starts a session in the caller's transaction.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="userId">Whose session.</param>
    /// <param name="passwordHash">The hash that was checked; nobody signs in by a password that changed meanwhile.</param>
    /// <param name="method">For the claim <c>amr</c>.</param>
    /// <param name="origin">From where.</param>
    /// <param name="audit">Written along.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null when the account is gone or has another password.</returns>
    internal async Task<SessionResponse?> StartAsync(
        DbSession db, Guid userId, string? passwordHash, string method, RequestOrigin origin, Sql audit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var sessionId = Guid.CreateVersion7(now);
        var refreshToken = RefreshTokens.New();
        var started = await db.QuerySingleAsync(
            $"""
            with account as (
                update auth.users
                set last_sign_in_at = {now}, updated_at = {now}
                where id = {userId} and encrypted_password is not distinct from {passwordHash}
                returning id
            ),
            session as (
                insert into auth.sessions (id, user_id, created_at, updated_at, user_agent, ip)
                select {sessionId}, id, {now}, {now}, {origin.UserAgent}, {origin.Address}::inet
                from account
            ),
            method as (
                insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
                select {Guid.CreateVersion7(now)}, {sessionId}, {method}, {now}, {now}
                from account
            ),
            token as (
                insert into auth.refresh_tokens (token, user_id, session_id, created_at, updated_at)
                select {RefreshTokens.Hash(refreshToken)}, id, {sessionId}, {now}, {now}
                from account
            ),
            audit as (
                {audit}
            )
            select true from account
            """, row => row.GetBoolean(0), cancellationToken);
        return started ? await RespondAsync(db, sessionId, refreshToken, cancellationToken) : null;
    }

    /// <summary>A new access token for a session, together with its user as the transaction sees them.</summary>
    internal async Task<SessionResponse> RespondAsync(
        DbSession db, Guid sessionId, string refreshToken, CancellationToken cancellationToken)
    {
        var (user, session) = (await db.QuerySingleAsync(
            $"""
            select {AuthUser.Columns},
                s.aal,
                (
                    select coalesce(jsonb_agg(jsonb_build_object(
                        'method', m.authentication_method, 'timestamp', extract(epoch from m.created_at)::bigint
                    ) order by m.created_at desc), '[]')::text
                    from auth.mfa_amr_claims m
                    where m.session_id = s.id
                )
            from auth.sessions s
            join auth.users u on u.id = s.user_id
            where s.id = {sessionId}
            """,
            row => Tuple.Create(AuthUser.Read(row), new SessionState(
                sessionId, row.GetString(AuthUser.ColumnCount), JsonElement.Parse(row.GetString(AuthUser.ColumnCount + 1)))),
            cancellationToken))!;
        var now = time.GetUtcNow();
        var seconds = options.Value.JwtExpirySeconds;
        return new SessionResponse(
            accessToken.Create(user, session, now), "bearer", seconds, now.ToUnixTimeSeconds() + seconds, refreshToken, user);
    }
}
