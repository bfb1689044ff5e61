using System.Text.Json.Nodes;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.OAuthServer;

/// <summary>A request of a client that somebody is to answer.</summary>
sealed record Authorization(
    Guid Id, string AuthorizationId, Guid? UserId, string Status, DateTimeOffset ExpiresAt, string RedirectUri, string Scope, string? State,
    bool HasKnownRedirect, ClientDetails Client)
{
    /// <summary>
    /// Whether an earlier consent may answer it without a question. Not on the loopback: whatever program listens there may call itself the
    /// client (RFC 8252, 8.6).
    /// </summary>
    internal bool IsAnsweredAlone => RedirectUri.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Rows of <c>auth.oauth_authorizations</c> up to the code. Lock account and session before you lock one.</summary>
sealed class Authorizations(IOptions<OAuthServerOptions> options, TimeProvider time)
{
    /// <summary>How long a code waits for its client.</summary>
    internal static readonly TimeSpan CodeLife = FlowStates.CodeLife;

    /// <summary>Writes down what a client asks for.</summary>
    /// <returns>What the consent page is told.</returns>
    internal async Task<string> AddAsync(
        Database database, OAuthClient client, AuthorizationRequest request, CancellationToken cancellationToken)
    {
        var (now, authorizationId) = (time.GetUtcNow(), Secret.New());
        await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            insert into auth.oauth_authorizations (
                id, authorization_id, client_id, redirect_uri, scope, state, resource, code_challenge, code_challenge_method, nonce,
                created_at, expires_at)
            values (
                {Guid.CreateVersion7(now)}, {authorizationId}, {client.Id}, {request.RedirectUri}, {request.Scope}, {request.State},
                {request.Resource}, {request.CodeChallenge}, 's256', {request.Nonce},
                {now}, {now.AddSeconds(options.Value.AuthorizationExpirySeconds)})
            returning true
            """, row => row.GetBoolean(0), cancellationToken);
        return authorizationId;
    }

    /// <summary>One that may still be answered, locked to the end of the transaction.</summary>
    /// <exception cref="AuthError">Unknown or too old, somebody else's, or answered already.</exception>
    internal async Task<Authorization> RequireAsync(DbSession db, string authorizationId, Guid userId, CancellationToken cancellationToken)
    {
        var found = await db.QuerySingleAsync(
            $"""
            select a.id, a.authorization_id, a.user_id, a.status, a.expires_at, a.redirect_uri, a.scope, a.state,
                a.redirect_uri = any (c.redirect_uris), c.id, c.client_name, c.client_uri, c.logo_uri
            from auth.oauth_authorizations a
            join auth.oauth_clients c on c.id = a.client_id
            where a.authorization_id = {authorizationId}
            for update of a
            """,
            row => new Authorization(
                row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.GetString(3),
                row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), row.GetString(6), row.GetText(7), row.GetBoolean(8),
                new ClientDetails(row.GetGuid(9), row.GetText(10), row.GetText(11), row.GetText(12))),
            cancellationToken);
        // Nobody learns of an authorization that is not theirs, nor what became of it.
        if (found is null || found.ExpiresAt < time.GetUtcNow() || found.UserId is { } owner && owner != userId || !found.HasKnownRedirect)
            throw AuthError.OAuthAuthorizationNotFound();
        return found.Status == "pending" ? found : throw AuthError.Invalid("authorization request cannot be processed");
    }

    /// <summary>The first who looks at it has it.</summary>
    internal static Task<int> BindAsync(DbSession db, Authorization authorization, Guid userId, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"update auth.oauth_authorizations set user_id = {userId} where id = {authorization.Id}", cancellationToken);

    /// <summary>Whether the person granted that client as much before.</summary>
    internal static async Task<bool> IsGrantedAsync(
        DbSession db, Authorization authorization, Guid userId, CancellationToken cancellationToken)
        => await db.QuerySingleAsync(
            $"select scopes from auth.oauth_consents where user_id = {userId} and client_id = {authorization.Client.Id} and revoked_at is null",
            row => row.GetString(0), cancellationToken) is { } granted && Scopes.Cover(granted, authorization.Scope);

    /// <summary>Writes down what the person said yes to: it is what they grant from now on, as in GoTrue.</summary>
    internal Task<int> RememberAsync(DbSession db, Authorization authorization, Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return db.ExecuteAsync(
            $"""
            insert into auth.oauth_consents (id, user_id, client_id, scopes, granted_at)
            values ({Guid.CreateVersion7(now)}, {userId}, {authorization.Client.Id}, {authorization.Scope}, {now})
            on conflict (user_id, client_id) do update
            set scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = null
            """, cancellationToken);
    }

    /// <returns>Where the browser goes, with the code.</returns>
    internal async Task<string> ApproveAsync(
        DbSession db, Authorization authorization, SignedIn person, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var (now, code) = (time.GetUtcNow(), Secret.New());
        await db.ExecuteAsync(
            $"""
            update auth.oauth_authorizations
            set status = 'approved', approved_at = {now}, authorization_code = {Secret.Hash(code)}, session_id = {person.SessionId},
                expires_at = {now + CodeLife}
            where id = {authorization.Id}
            """, cancellationToken);
        var traits = new JsonObject { ["oauth_client_id"] = authorization.Client.Id, ["scopes"] = authorization.Scope };
        await db.ExecuteAsync(AuditLog.Insert(AuditEntry.ClientApproved, Actor.Of(person.User), origin, now, traits), cancellationToken);
        return BrowserAnswer.Grant(authorization.RedirectUri, code, authorization.State);
    }

    /// <returns>Where the browser goes, with the refusal.</returns>
    internal static async Task<string> DenyAsync(DbSession db, Authorization authorization, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync(
            $"update auth.oauth_authorizations set status = 'denied' where id = {authorization.Id}", cancellationToken);
        return BrowserAnswer.Refusal(authorization.RedirectUri, "access_denied", "User denied the request", authorization.State);
    }
}
