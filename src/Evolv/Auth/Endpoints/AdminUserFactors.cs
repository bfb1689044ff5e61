using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Auth.Mfa;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>/auth/v1/admin/users/{user_id}/factors: second factors of somebody, for instance of who has lost the device.</summary>
static class AdminUserFactors
{
    static readonly JsonElement None = JsonElement.Parse("[]");

    internal sealed record UpdateRequest(string? FriendlyName = null);

    internal static async Task<IResult> ListAsync(string userId, HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        return TypedResults.Json(user.Factors ?? None, AuthJson.Default.JsonElement);
    }

    internal static async Task<IResult> UpdateAsync(
        string userId, string factorId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var (user, id, _) = await RequireAsync(userId, factorId, database, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.AdminFactorUpdateRequest, cancellationToken);
        var now = time.GetUtcNow();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        try
        {
            await db.ExecuteAsync(
                $"""
                update auth.mfa_factors
                set friendly_name = coalesce({request.FriendlyName}, friendly_name), updated_at = {now}
                where id = {id}
                """, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw AuthError.MfaFactorNameConflict(request.FriendlyName!);
        }

        await db.ExecuteAsync(Audit(AuditEntry.FactorUpdated, admin, user.Id, id, context, now), cancellationToken);
        await db.CommitAsync(cancellationToken);
        var (_, _, factor) = await RequireAsync(userId, factorId, database, cancellationToken);
        return TypedResults.Json(factor, AuthJson.Default.JsonElement);
    }

    internal static async Task<IResult> DeleteAsync(
        string userId, string factorId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var (user, id, factor) = await RequireAsync(userId, factorId, database, cancellationToken);
        var now = time.GetUtcNow();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await AdminUsers.LockAsync(db, user.Id, cancellationToken);
        if (await db.ExecuteAsync(FactorHolder.Delete(user.Id, id, now), cancellationToken) == 0)
            throw AuthError.MfaFactorNotFound(); // Somebody was faster.
        await db.ExecuteAsync(Audit(AuditEntry.FactorDeleted, admin, user.Id, id, context, now), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(factor, AuthJson.Default.JsonElement);
    }

    static async Task<(AuthUser User, Guid Id, JsonElement Factor)> RequireAsync(
        string userId, string factorId, Database database, CancellationToken cancellationToken)
    {
        var user = await AdminUsers.RequireAsync(userId, database, cancellationToken);
        var id = FactorHolder.RequireFactorId(factorId);
        foreach (var factor in (user.Factors ?? None).EnumerateArray())
        {
            if (factor.GetProperty("id").GetGuid() == id)
                return (user, id, factor);
        }

        throw AuthError.MfaFactorNotFound();
    }

    static Sql Audit(string action, Actor admin, Guid userId, Guid factorId, HttpContext context, DateTimeOffset now)
        => AuditLog.Insert(
            action, admin, RequestOrigin.Of(context), now, new JsonObject { ["user_id"] = userId, ["factor_id"] = factorId });
}
