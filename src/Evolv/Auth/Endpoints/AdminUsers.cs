using System.Text.Json.Nodes;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/admin/users, and GET and DELETE /auth/v1/admin/users/{user_id}.</summary>
static class AdminUsers
{
    internal sealed record ListResponse(IReadOnlyList<AuthUser> Users, string Aud);

    internal sealed record DeleteRequest(bool ShouldSoftDelete = false);

    internal static async Task<IResult> ListAsync(HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var paging = Paging.Read(context.Request);
        var filter = context.Request.Query["filter"].ToString();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var total = await db.QuerySingleAsync($"select count(*) from auth.users u where {Matches(filter)}", row => row.GetInt64(0), cancellationToken);
        var users = await db.QueryListAsync(
            $"""
            select {AuthUser.Columns}
            from auth.users u
            where {Matches(filter)}
            order by u.created_at desc, u.id desc
            limit {paging.PerPage} offset {paging.Offset}
            """, AuthUser.Read, cancellationToken);
        paging.WriteHeaders(context, total);
        return TypedResults.Json(new ListResponse(users, "authenticated"), AuthJson.Default.AdminUserList);
    }

    internal static async Task<IResult> GetAsync(string userId, HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        return TypedResults.Json(await RequireAsync(userId, database, cancellationToken), AuthJson.Default.AuthUser);
    }

    internal static async Task<IResult> DeleteAsync(
        string userId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var user = await RequireAsync(userId, database, cancellationToken);
        var request = await AuthBody.ReadOptionalAsync(context.Request, AuthJson.Default.AdminDeleteRequest, cancellationToken);
        var now = time.GetUtcNow();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await LockAsync(db, user.Id, cancellationToken);
        await Accounts.CloseAsync(db, user.Id, keep: null, cancellationToken);
        await db.ExecuteAsync(
            request?.ShouldSoftDelete == true ? Empty(user.Id, now) : $"delete from auth.users where id = {user.Id}", cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.Deleted, admin, RequestOrigin.Of(context), now, Traits(user)), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }

    /// <summary>The account that a path names.</summary>
    /// <exception cref="AuthError">There is none.</exception>
    internal static async Task<AuthUser> RequireAsync(string userId, Database database, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(userId, "D", out var id))
            throw AuthError.NotUuid("user_id");
        return await database.QuerySingleAsync(
            Caller.AuthAdmin, $"select {AuthUser.Columns} from auth.users u where u.id = {id}", AuthUser.Read, cancellationToken)
            ?? throw AuthError.NoSuchUser();
    }

    /// <summary>
    /// Locks the account to the end of the transaction. A statement of its own, so that the next one sees the sessions of whoever signed in just
    /// before, and ends them.
    /// </summary>
    /// <exception cref="AuthError">It was deleted meanwhile.</exception>
    internal static async Task LockAsync(DbSession db, Guid userId, CancellationToken cancellationToken)
    {
        if (!await db.QuerySingleAsync(
            $"select true from auth.users where id = {userId} for no key update", row => row.GetBoolean(0), cancellationToken))
            throw AuthError.NoSuchUser();
    }

    /// <summary>Whom an administrator's deed concerns, for the audit log.</summary>
    internal static JsonObject Traits(AuthUser user) => new()
    {
        ["user_id"] = user.Id,
        ["user_email"] = user.Email,
        ["user_phone"] = user.Phone,
    };

    static Sql Matches(string filter)
    {
        if (filter.Length == 0)
            return $"true";
        return $"""
            (
                strpos(lower(u.email), lower({filter})) > 0
                or strpos(lower(u.raw_user_meta_data ->> 'full_name'), lower({filter})) > 0
                or strpos(u.phone, {filter}) > 0
                or u.id::text = lower({filter})
            )
            """;
    }

    // The row stays, for who refers to it, and says nothing of anybody. Triggers take the name from the profile.
    static Sql Empty(Guid userId, DateTimeOffset now)
        => $"""
            with identities as (
                delete from auth.identities where user_id = {userId}
            ),
            factors as (
                delete from auth.mfa_factors where user_id = {userId}
            ),
            codes as (
                delete from auth.mfa_recovery_codes where user_id = {userId}
            ),
            passkeys as (
                delete from auth.webauthn_credentials where user_id = {userId}
            ),
            mails as (
                delete from auth.mails where user_id = {userId}
            ),
            consents as (
                delete from auth.oauth_consents where user_id = {userId}
            )
            update auth.users
            set email = null, phone = null, encrypted_password = null, phone_change = null,
                raw_user_meta_data = default, raw_app_meta_data = default, deleted_at = {now}, updated_at = {now}
            where id = {userId} and deleted_at is null
            """;
}
