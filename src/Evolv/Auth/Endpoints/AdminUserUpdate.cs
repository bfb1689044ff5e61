using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>PUT /auth/v1/admin/users/{user_id}: changes an account at once, without asking its owner.</summary>
static class AdminUserUpdate
{
    internal static async Task<IResult> HandleAsync(
        string userId, HttpContext context, Database database, Passwords passwords, PasswordPolicy policy, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var id = (await AdminUsers.RequireAsync(userId, database, cancellationToken)).Id;
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.AdminUserRequest, cancellationToken);
        var fields = AdminUserFields.Read(request);
        if (fields.Password is not null)
            policy.Require(fields.Password);
        var hash = fields.Password is null ? fields.PasswordHash : await passwords.HashAsync(fields.Password, cancellationToken);
        var now = time.GetUtcNow();

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        try
        {
            await AdminUsers.LockAsync(db, id, cancellationToken);
            if (hash is not null) // Whoever knew the old one is out.
                await Accounts.CloseAsync(db, id, keep: null, cancellationToken);
            await db.ExecuteAsync(Update(id, fields, hash, now), cancellationToken);
            await AdminUserCreate.WriteIdentitiesAsync(db, id, fields, now, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw AdminUserCreate.Taken(exception);
        }

        var user = (await db.QuerySingleAsync($"select {AuthUser.Columns} from auth.users u where u.id = {id}", AuthUser.Read, cancellationToken))!;
        if (request.UserMetadata is not null || request.AppMetadata is not null)
            user.RefuseLargeMetadata();
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.Modified, admin, RequestOrigin.Of(context), now, AdminUsers.Traits(user)), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(user, AuthJson.Default.AuthUser);
    }

    // Links that were mailed to the old address open nothing any more.
    static Sql Update(Guid id, AdminUserFields fields, string? hash, DateTimeOffset now)
    {
        var (email, phone, none) = (fields.Email, fields.Phone, new Json("{}"));
        var verified = fields.ConfirmsEmail ? new Json("""{"email_verified":true}""") : none;
        var provider = fields switch
        {
            { Email: not null } => EmailIdentity.AppMetadata,
            { Phone: not null } => new Json("""{"provider": "phone", "providers": ["phone"]}"""),
            _ => none,
        };
        Sql appMetadata = $"case when is_anonymous then raw_app_meta_data || {provider} else raw_app_meta_data end";
        // Its own copy of the address follows, where there is one; nothing is added.
        Sql userMetadata = $"""
            case
                when {email}::text is not null and raw_user_meta_data ->> 'email' is not null
                then raw_user_meta_data || jsonb_build_object('email', {email}::text)
                else raw_user_meta_data
            end
            """;
        return $"""
            with outdated as (
                delete from auth.one_time_tokens t
                using auth.users u
                where t.user_id = {id} and u.id = t.user_id and {email}::text is not null and u.email is distinct from {email}
            )
            update auth.users
            set email = coalesce({email}, email),
                email_change = case when {email}::text is null then email_change end,
                email_confirmed_at = case
                    when {fields.ConfirmsEmail} and coalesce({email}, email) <> '' then coalesce(email_confirmed_at, {now})
                    else email_confirmed_at
                end,
                phone = coalesce({phone}, phone),
                phone_confirmed_at = case
                    when {fields.ConfirmsPhone} and coalesce({phone}, phone) <> '' then coalesce(phone_confirmed_at, {now})
                    else phone_confirmed_at
                end,
                encrypted_password = coalesce({hash}, encrypted_password),
                role = coalesce({fields.Role}, role),
                banned_until = case when {fields.Ban is not null} then {fields.BannedUntil(now)} else banned_until end,
                is_anonymous = is_anonymous and {email}::text is null and {phone}::text is null,
                raw_app_meta_data = {AdminUserFields.Merge(appMetadata, fields.AppMetadata)},
                raw_user_meta_data = {AdminUserFields.Merge(userMetadata, fields.UserMetadata)} || {verified},
                updated_at = {now}
            where id = {id}
            """;
    }
}
