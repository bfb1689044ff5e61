using System.Text.Json.Nodes;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;

namespace Evolv.Auth.OAuthServer;

/// <summary>
/// grant_type=authorization_code: a client brings the code that a person's approval gave, and the proof that it asked for it. A code is good
/// for one try, whatever comes of it. One that comes again was stolen, from the client or by it: the session that it gave ends.
/// </summary>
sealed class AuthorizationCodeGrant(
    Database database, Sessions sessions, OpenIdToken idTokens, TimeProvider time, ILogger<AuthorizationCodeGrant> logger)
{
    // amr's word, GoTrue's.
    const string Method = "oauth_provider/authorization_code";

    const string Invalid = "Invalid authorization code";

    sealed record Code(
        Guid Id, Guid ClientId, Guid UserId, string Email, DateTimeOffset? BannedUntil, Guid ApprovedIn, DateTimeOffset AuthTime,
        DateTimeOffset ExpiresAt, string RedirectUri, string? Resource, CodeChallenge Challenge, string Scope, string? Nonce,
        bool IsUsed, Guid? IssuedSession, DateTimeOffset? ApprovedUntil);

    internal async Task<TokenResponse> HandleAsync(
        OAuthClient client, TokenRequest request, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (request.Code is null)
            throw AuthError.OAuth("invalid_request", "code is required for authorization_code grant");
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var code = await LockAsync(db, Secret.Hash(request.Code), cancellationToken) ?? throw AuthError.InvalidGrant(Invalid);
        if (code.IsUsed)
        {
            await EndAsync(db, code, origin, cancellationToken);
            await db.CommitAsync(cancellationToken); // Although the request fails.
            throw AuthError.InvalidGrant(Invalid);
        }

        var now = time.GetUtcNow();
        await db.ExecuteAsync($"update auth.oauth_authorizations set redeemed_at = {now} where id = {code.Id}", cancellationToken);
        if (WhyNot(code, client, request, now) is { } why)
        {
            await db.CommitAsync(cancellationToken); // Although the request fails.
            throw AuthError.InvalidGrant(why);
        }

        var response = await StartAsync(db, code, client, origin, now, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return response;
    }

    // The account is locked first, by a statement of its own, as by all who end sessions: the next one then sees what the one before us committed.
    static async Task<Code?> LockAsync(DbSession db, string hash, CancellationToken cancellationToken)
    {
        var isLocked = await db.QuerySingleAsync(
            $"""
            select true
            from auth.users
            where id = (select user_id from auth.oauth_authorizations where authorization_code = {hash})
            for no key update
            """, row => row.GetBoolean(0), cancellationToken);
        return !isLocked ? null : await db.QuerySingleAsync(
            $"""
            select a.id, a.client_id, u.id, coalesce(u.email, ''), u.banned_until, a.session_id,
                coalesce((select max(m.created_at) from auth.mfa_amr_claims m where m.session_id = a.session_id), a.approved_at),
                a.expires_at, a.redirect_uri, a.resource, a.code_challenge_method, a.code_challenge, a.scope, a.nonce,
                a.redeemed_at is not null, a.issued_session_id, (select s.not_after from auth.sessions s where s.id = a.session_id)
            from auth.oauth_authorizations a
            join auth.users u on u.id = a.user_id
            where a.authorization_code = {hash} and u.deleted_at is null
            for update of a
            """,
            row => new Code(
                row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetString(3), row.GetInstant(4), row.GetGuid(5),
                row.GetFieldValue<DateTimeOffset>(6), row.GetFieldValue<DateTimeOffset>(7), row.GetString(8), row.GetText(9),
                new CodeChallenge(row.GetString(10), row.GetString(11)), row.GetString(12), row.GetText(13), row.GetBoolean(14),
                row.IsDBNull(15) ? null : row.GetGuid(15), row.GetInstant(16)),
            cancellationToken);
    }

    // GoTrue's words.
    static string? WhyNot(Code code, OAuthClient client, TokenRequest request, DateTimeOffset now) => code switch
    {
        _ when code.ExpiresAt < now => "Authorization code has expired",
        _ when code.ClientId != client.Id => "Authorization code was not issued for this client",
        _ when request.Resource is { } resource && resource != code.Resource
            => "Authorization code resource does not match the resource parameter",
        // OAuth 2.1 does not ask for it any more: the verifier binds the code.
        _ when request.RedirectUri is { } uri && uri != code.RedirectUri => "Invalid redirect_uri",
        _ when request.CodeVerifier is null => "PKCE verification failed: code_verifier is required when PKCE challenge is present",
        _ when !code.Challenge.IsMetBy(request.CodeVerifier)
            => "PKCE verification failed: code challenge does not match previously saved code verifier",
        _ when code.BannedUntil > now => "User is banned",
        _ when code.ApprovedUntil <= now => Invalid, // The session in which they approved was stolen, or is over.
        _ => null,
    };

    async Task<TokenResponse> StartAsync(
        DbSession db, Code code, OAuthClient client, RequestOrigin origin, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var granted = new ClientSession(
            Guid.CreateVersion7(now), client.Id, code.Scope, code.ApprovedIn, CanRefresh: client.GrantTypes.Contains(OAuthClient.RefreshToken));
        var traits = new JsonObject { ["provider_type"] = "oauth_provider_authorization_code", ["client_id"] = client.Id };
        var session = await sessions.StartAsync(
            db, new SignIn(code.UserId, Method) { Client = granted }, origin,
            AuditLog.Insert(AuditEntry.LoggedIn, new Actor(code.UserId, code.Email), origin, now, traits), cancellationToken)
            ?? throw AuthError.InvalidGrant(Invalid);
        await db.ExecuteAsync(
            $"update auth.oauth_authorizations set issued_session_id = {granted.Id} where id = {code.Id}", cancellationToken);
        return Tokens(client, session) with
        {
            Scope = code.Scope,
            IdToken = Scopes.Split(code.Scope).Contains(Scopes.OpenId)
                ? idTokens.Sign(session.User, client.Id, code.Scope, code.Nonce, code.AuthTime)
                : null,
        };
    }

    /// <summary>A session's tokens as its client gets them.</summary>
    internal static TokenResponse Tokens(OAuthClient client, SessionResponse session) => new(
        session.AccessToken, session.TokenType, session.ExpiresIn,
        client.GrantTypes.Contains(OAuthClient.RefreshToken) ? session.RefreshToken : null);

    async Task EndAsync(DbSession db, Code code, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (code.IssuedSession is not { } session)
            return;
        await db.ExecuteAsync($"delete from auth.sessions where id = {session}", cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.TokenReuseDetected, new Actor(code.UserId, code.Email), origin, time.GetUtcNow(),
                new JsonObject { ["client_id"] = code.ClientId }),
            cancellationToken);
        logger.AuthorizationCodeReused(code.ClientId);
        EvolvMeter.TokenReused();
    }
}
