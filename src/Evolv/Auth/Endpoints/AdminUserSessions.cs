using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/admin/users/{user_id}/sessions and POST …/logout: where somebody is signed in, and an end to it. Not in GoTrue.</summary>
static class AdminUserSessions
{
    internal static async Task<IResult> ListAsync(
        string userId, HttpContext context, Database database, IOptions<AuthOptions> options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        var sessions = await UserSessions.ListAsync(database, user.Id, current: null, options.Value, time, cancellationToken);
        return TypedResults.Json(sessions, AuthJson.Default.SessionList);
    }

    internal static async Task<IResult> LogoutAsync(
        string userId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        // Without a session of one's own there is no local one, and no others.
        if (context.Request.Query["scope"].ToString() is not ("" or "global") and var scope)
            throw AuthError.Invalid($"Unsupported logout scope \"{scope}\"");
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await AdminUsers.LockAsync(db, user.Id, cancellationToken);
        await Accounts.CloseAsync(db, user.Id, keep: null, cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.LoggedOut, admin, RequestOrigin.Of(context), time.GetUtcNow(), new JsonObject { ["user_id"] = user.Id }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
