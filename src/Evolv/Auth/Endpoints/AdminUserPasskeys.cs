using System.Text.Json.Nodes;
using Evolv.Auth.Passkeys;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>/auth/v1/admin/users/{user_id}/passkeys: those of somebody, for instance of who has lost the device.</summary>
static class AdminUserPasskeys
{
    internal static async Task<IResult> ListAsync(string userId, HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        return TypedResults.Json(await StoredPasskeys.ListAsync(database, user.Id, cancellationToken), AuthJson.Default.ListPasskey);
    }

    internal static async Task<IResult> DeleteAsync(
        string userId, string passkeyId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        var id = UserPasskeys.RequireId(passkeyId);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await AdminUsers.LockAsync(db, user.Id, cancellationToken);
        if (!await StoredPasskeys.DeleteAsync(db, user.Id, id, cancellationToken))
            throw AuthError.PasskeyNotFound();
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.PasskeyDeleted, admin, RequestOrigin.Of(context), time.GetUtcNow(),
                new JsonObject { ["user_id"] = user.Id, ["passkey_id"] = id }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
