using System.Text.Json.Nodes;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET and DELETE /auth/v1/user/oauth/grants: which clients a person let in, and how they throw one out.</summary>
static class UserOAuthGrants
{
    internal sealed record Grant(ClientDetails Client, string[] Scopes, DateTime GrantedAt);

    internal static async Task<IResult> ListAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var grants = await db.QueryListAsync(
            $"""
            select c.id, c.client_name, c.client_uri, c.logo_uri, g.scopes, g.granted_at
            from auth.oauth_consents g
            join auth.oauth_clients c on c.id = g.client_id
            where g.user_id = {signedIn.User.Id} and g.revoked_at is null
            order by g.granted_at desc, g.id desc
            """,
            row => new Grant(
                new ClientDetails(row.GetGuid(0), row.GetText(1), row.GetText(2), row.GetText(3)), OAuthServer.Scopes.Split(row.GetString(4)),
                row.GetDateTime(5)),
            cancellationToken);
        return TypedResults.Json(grants, AuthJson.Default.OAuthGrantList);
    }

    internal static async Task<IResult> RevokeAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var user = (await SignedIn.RequireAsync(context, database, time, cancellationToken)).User;
        var given = context.Request.Query["client_id"].ToString();
        if (given.Length == 0)
            throw AuthError.Invalid("client_id query parameter is required");
        if (!Guid.TryParseExact(given, "D", out var clientId))
            throw AuthError.Invalid("invalid client_id format");

        var now = time.GetUtcNow();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // A client that is being let in at this moment is thrown out, too: whoever gives it a session holds the account.
        await Accounts.LockAsync(db, user.Id, cancellationToken);
        var revoked = await db.ExecuteAsync(
            $"update auth.oauth_consents set revoked_at = {now} where user_id = {user.Id} and client_id = {clientId} and revoked_at is null",
            cancellationToken);
        if (revoked == 0)
            throw AuthError.OAuthConsentNotFound();
        await db.ExecuteAsync(
            $"""
            with authorizations as (
                delete from auth.oauth_authorizations where user_id = {user.Id} and client_id = {clientId}
            )
            delete from auth.sessions where user_id = {user.Id} and oauth_client_id = {clientId}
            """, cancellationToken);
        var traits = new JsonObject { ["oauth_client_id"] = clientId, ["action"] = "revoke_oauth_grant" };
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.TokenRevoked, Actor.Of(user), RequestOrigin.Of(context), now, traits), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
