using System.Text.Json.Nodes;
using Evolv.Auth.Passkeys;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/passkeys, PATCH and DELETE /auth/v1/passkeys/{passkey_id}: a person's own.</summary>
static class UserPasskeys
{
    const int LongestName = 120;

    internal sealed record RenameRequest(string? FriendlyName = null);

    internal static async Task<IResult> ListAsync(HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        return TypedResults.Json(await StoredPasskeys.ListAsync(database, signedIn.User.Id, cancellationToken), AuthJson.Default.ListPasskey);
    }

    internal static async Task<IResult> RenameAsync(
        string passkeyId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        var id = RequireId(passkeyId);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.PasskeyRenameRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.FriendlyName))
            throw AuthError.Invalid("friendly_name is required");
        if (request.FriendlyName.EnumerateRunes().Count() > LongestName)
            throw AuthError.Invalid($"friendly_name must be {LongestName} characters or less");

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await PasskeyRegistration.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var now = time.GetUtcNow();
        var renamed = await StoredPasskeys.RenameAsync(db, signedIn.User.Id, id, request.FriendlyName, now, cancellationToken)
            ?? throw AuthError.PasskeyNotFound();
        await db.ExecuteAsync(Audit(AuditEntry.PasskeyUpdated, signedIn, id, context, now), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(renamed, AuthJson.Default.Passkey);
    }

    internal static async Task<IResult> DeleteAsync(
        string passkeyId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        var id = RequireId(passkeyId);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await PasskeyRegistration.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        if (!await StoredPasskeys.DeleteAsync(db, signedIn.User.Id, id, cancellationToken))
            throw AuthError.PasskeyNotFound();
        await db.ExecuteAsync(Audit(AuditEntry.PasskeyDeleted, signedIn, id, context, time.GetUtcNow()), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <exception cref="AuthError">Nobody has one of this id.</exception>
    internal static Guid RequireId(string passkeyId) => Guid.TryParseExact(passkeyId, "D", out var id) ? id : throw AuthError.PasskeyNotFound();

    static Sql Audit(string action, SignedIn signedIn, Guid id, HttpContext context, DateTimeOffset now)
        => AuditLog.Insert(action, Actor.Of(signedIn.User), RequestOrigin.Of(context), now, new JsonObject { ["passkey_id"] = id });
}
