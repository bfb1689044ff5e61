using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/admin/users: an account for somebody else. As in GoTrue, its password may be weak.</summary>
static class AdminUserCreate
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, Passwords passwords, TimeProvider time, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.AdminUserRequest, cancellationToken);
        var fields = AdminUserFields.Read(request);
        if (fields is { Email: null, Phone: null })
            throw AuthError.Invalid("Cannot create a user without either an email or phone");
        var wantedId = ReadId(request.Id);
        var hash = fields.Password is null ? fields.PasswordHash : await passwords.HashAsync(fields.Password, cancellationToken);
        var now = time.GetUtcNow();
        var id = wantedId ?? Guid.CreateVersion7(now);

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        try
        {
            await db.ExecuteAsync(Insert(id, fields, hash, now), cancellationToken);
            await WriteIdentitiesAsync(db, id, fields, now, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Taken(exception);
        }

        var user = (await db.QuerySingleAsync($"select {AuthUser.Columns} from auth.users u where u.id = {id}", AuthUser.Read, cancellationToken))!;
        user.RefuseLargeMetadata();
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.SignedUp, admin, RequestOrigin.Of(context), now, AdminUsers.Traits(user)), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(user, AuthJson.Default.AuthUser);
    }

    /// <summary>What stands in the way of an account.</summary>
    internal static AuthError Taken(PostgresException exception) => exception.ConstraintName switch
    {
        "users_email_idx" => AuthError.EmailExists(),
        "users_phone_idx" => AuthError.PhoneExists(),
        _ => AuthError.UserAlreadyExists(), // The id is somebody's, or was: profiles outlive accounts.
    };

    /// <summary>Identities for the address and the number that the account has from now on.</summary>
    internal static async Task WriteIdentitiesAsync(
        DbSession db, Guid userId, AdminUserFields fields, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (fields.Email is { } email)
            await db.ExecuteAsync(EmailIdentity.Upsert(userId, email, fields.ConfirmsEmail, now), cancellationToken);
        if (fields.Phone is { } phone)
            await db.ExecuteAsync(UpsertPhoneIdentity(userId, PhoneClaims(userId, phone), now), cancellationToken);
    }

    static Sql UpsertPhoneIdentity(Guid userId, Json claims, DateTimeOffset now)
        => $"""
            insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
            select {Guid.CreateVersion7(now)}, id::text, id, {claims}, 'phone', {now}, {now}, {now}
            from auth.users
            where id = {userId}
            on conflict (provider_id, provider) do update
            set identity_data = identities.identity_data || excluded.identity_data, updated_at = excluded.updated_at
            """;

    static Json PhoneClaims(Guid userId, string phone) => new(new JsonObject
    {
        ["sub"] = userId.ToString(),
        ["phone"] = phone,
        ["email_verified"] = false,
        ["phone_verified"] = false,
    }.ToJsonString());

    static Guid? ReadId(string? id)
    {
        if (string.IsNullOrEmpty(id))
            return null;
        if (!Guid.TryParseExact(id, "D", out var wanted))
            throw AuthError.Invalid("ID must conform to the uuid v4 format");
        return wanted == Guid.Empty ? throw AuthError.Invalid("ID cannot be a nil uuid") : wanted;
    }

    static Sql Insert(Guid id, AdminUserFields fields, string? hash, DateTimeOffset now)
    {
        string[] providers = [.. new[] { fields.Email is null ? null : "email", fields.Phone is null ? null : "phone" }.OfType<string>()];
        var app = new Json(JsonSerializer.Serialize(new ProviderMetadata(providers[0], providers), AuthJson.Default.ProviderMetadata));
        var none = new Json("{}");
        var verified = fields is { ConfirmsEmail: true, Email: not null } ? new Json("""{"email_verified":true}""") : none;
        DateTimeOffset? emailConfirmedAt = fields is { ConfirmsEmail: true, Email: not null } ? now : null;
        DateTimeOffset? phoneConfirmedAt = fields is { ConfirmsPhone: true, Phone: not null } ? now : null;
        return $"""
            insert into auth.users (
                id, role, email, phone, encrypted_password, email_confirmed_at, phone_confirmed_at, raw_app_meta_data, raw_user_meta_data,
                banned_until, created_at, updated_at)
            values (
                {id}, coalesce({fields.Role}, 'authenticated'), {fields.Email}, {fields.Phone}, {hash}, {emailConfirmedAt}, {phoneConfirmedAt},
                {AdminUserFields.Merge($"{app}", fields.AppMetadata)},
                {AdminUserFields.Merge($"{none}", fields.UserMetadata)} || {verified},
                {fields.BannedUntil(now)}, {now}, {now})
            """;
    }

    /// <summary>How an account without more says by what it signs in.</summary>
    internal sealed record ProviderMetadata(string Provider, IReadOnlyList<string> Providers);
}
