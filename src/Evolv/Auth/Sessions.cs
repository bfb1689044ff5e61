using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>Who signs in, and how.</summary>
/// <param name="UserId">Whose session.</param>
/// <param name="Method">For the claim <c>amr</c>.</param>
/// <param name="Password">The hash that was checked; nobody signs in by a password that changed meanwhile. Null where no password was.</param>
readonly record struct SignIn(Guid UserId, string Method, string? Password = null)
{
    /// <summary>Who gets the session when it is not the person.</summary>
    internal ClientSession? Client { get; init; }
}

/// <summary>A session that a person grants a client. It shows what the session showed in which they approved, and never more.</summary>
/// <param name="Id">Of the session that begins.</param>
/// <param name="ClientId">Whose it is.</param>
/// <param name="Scopes">What was granted.</param>
/// <param name="ApprovedIn">The person's own session.</param>
/// <param name="CanRefresh">Whether it lives longer than its first token.</param>
sealed record ClientSession(Guid Id, Guid ClientId, string Scopes, Guid ApprovedIn, bool CanRefresh);

/// <summary>What signing in answers. auth-js takes it for a session only when tokens and <c>expires_in</c> are there.</summary>
sealed record SessionResponse(
    string AccessToken, string TokenType, int ExpiresIn, long ExpiresAt, string RefreshToken, AuthUser User, WeakPassword? WeakPassword = null,
    string? ProviderToken = null, string? ProviderRefreshToken = null);

/// <summary>Why the password that signed in would be refused today.</summary>
sealed record WeakPassword(string Message, IReadOnlyList<string> Reasons);

/// <summary>Starts sessions and makes the answer to whoever signs in or refreshes.</summary>
sealed class Sessions(AccessToken accessToken, IOptions<AuthOptions> options, TimeProvider time)
{
    /// <summary>Starts a session in the caller's transaction.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="signIn">Who, and how.</param>
    /// <param name="origin">From where.</param>
    /// <param name="audit">Written along.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null when the account is gone or has another password.</returns>
    internal async Task<SessionResponse?> StartAsync(
        DbSession db, SignIn signIn, RequestOrigin origin, Sql audit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var sessionId = signIn.Client?.Id ?? Guid.CreateVersion7(now);
        var (clientId, scopes, approvedIn) = (signIn.Client?.ClientId, signIn.Client?.Scopes, signIn.Client?.ApprovedIn);
        var refreshToken = RefreshTokens.New();
        DateTimeOffset? end = options.Value.SessionTimeboxSeconds is > 0 and var timebox ? now.AddSeconds(timebox) : null;
        if (signIn.Client is { CanRefresh: false } && !(end < now.AddSeconds(options.Value.JwtExpirySeconds)))
            end = now.AddSeconds(options.Value.JwtExpirySeconds);
        var started = await db.QuerySingleAsync(
            $"""
            with account as (
                update auth.users
                set last_sign_in_at = {now}, updated_at = {now}
                where id = {signIn.UserId} and deleted_at is null and ({signIn.Password}::text is null or encrypted_password = {signIn.Password})
                returning id
            ),
            others as (
                delete from auth.sessions s
                using account a
                -- What a person granted others is none of their own devices.
                where s.user_id = a.id and {options.Value.SingleSession && signIn.Client is null} and s.oauth_client_id is null
            ),
            session as (
                insert into auth.sessions (id, user_id, created_at, updated_at, not_after, user_agent, ip, aal, factor_id, oauth_client_id, scopes)
                select {sessionId}, a.id, {now}, {now}, {end}, {origin.UserAgent}, {origin.Address}::inet,
                    coalesce(own.aal, 'aal1'), own.factor_id, {clientId}, {scopes}
                from account a
                left join auth.sessions own on own.id = {approvedIn} and own.user_id = a.id
            ),
            method as (
                insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
                select {Guid.CreateVersion7(now)}, {sessionId}, {signIn.Method}, {now}, {now}
                from account
                union all
                select gen_random_uuid(), {sessionId}, m.authentication_method, m.created_at, m.updated_at
                from account a
                join auth.sessions own on own.id = {approvedIn} and own.user_id = a.id
                join auth.mfa_amr_claims m on m.session_id = own.id
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
        return started ? await RespondAsync(db, sessionId, signIn.Method, refreshToken, cancellationToken) : null;
    }

    /// <summary>A new access token for a session, together with its user as the transaction sees them.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="sessionId">Which.</param>
    /// <param name="method">What led here, for <c>evolv.access_token_hook</c>.</param>
    /// <param name="refreshToken">Goes along.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuthError">The hook refuses, or takes away what a token must have.</exception>
    internal async Task<SessionResponse> RespondAsync(
        DbSession db, Guid sessionId, string method, string refreshToken, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (user, hooked, expiresAt, clientId) = (await db.QuerySingleAsync(Select(sessionId, method, now),
            row => Tuple.Create(
                AuthUser.Read(row), row.GetText(AuthUser.ColumnCount), row.GetInt64(AuthUser.ColumnCount + 1), row.GetText(AuthUser.ColumnCount + 2)),
            cancellationToken))!;
        return new SessionResponse(
            accessToken.Sign(hooked, clientId), "bearer", (int)(expiresAt - now.ToUnixTimeSeconds()), expiresAt, refreshToken, user);
    }

    /// <summary>The user, and what is to be signed: one statement for the benchmark, too.</summary>
    internal Sql Select(Guid sessionId, string method, DateTimeOffset now)
    {
        var issuedAt = now.ToUnixTimeSeconds();
        return $"""
            select {AuthUser.Columns},
                evolv.access_token_hook(jsonb_build_object(
                    'user_id', u.id,
                    'authentication_method', {method}::text,
                    'claims', jsonb_build_object(
                        'iss', {options.Value.Issuer}::text, 'sub', u.id, 'aud', u.aud, 'exp', e.expires_at, 'iat', {issuedAt}::bigint,
                        'email', coalesce(u.email, ''), 'phone', coalesce(u.phone, ''),
                        'app_metadata', u.raw_app_meta_data || evolv.account_claims(u.id), 'user_metadata', u.raw_user_meta_data,
                        'role', u.role, 'aal', s.aal, 'session_id', s.id, 'is_anonymous', u.is_anonymous,
                        'amr', (
                            select coalesce(jsonb_agg(jsonb_build_object(
                                'method', m.authentication_method, 'timestamp', floor(extract(epoch from m.created_at))::bigint
                            ) order by m.created_at desc, m.id desc), '[]')
                            from auth.mfa_amr_claims m
                            where m.session_id = s.id
                        )
                    ) || case when s.oauth_client_id is null then jsonb_build_object() else jsonb_build_object('client_id', s.oauth_client_id, 'scope', s.scopes) end))::text,
                e.expires_at, s.oauth_client_id::text
            from auth.sessions s
            join auth.users u on u.id = s.user_id
            -- No token outlives its session.
            cross join lateral (
                select least({issuedAt + options.Value.JwtExpirySeconds}::bigint, floor(extract(epoch from s.not_after))::bigint) as expires_at
            ) e
            where s.id = {sessionId}
            """;
    }
}
