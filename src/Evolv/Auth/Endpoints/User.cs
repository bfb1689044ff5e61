using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>GET and PUT /auth/v1/user: the person behind the token.</summary>
static class User
{
    internal sealed record UpdateRequest(
        string? Email = null, string? Password = null, JsonElement? Data = null, JsonElement? AppMetadata = null);

    internal static async Task<IResult> GetAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        return TypedResults.Json(signedIn.User, AuthJson.Default.AuthUser);
    }

    internal static async Task<IResult> UpdateAsync(
        HttpContext context, Database database, Passwords passwords, PasswordPolicy policy, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.UserUpdateRequest, cancellationToken);
        if (request.AppMetadata is not null)
            throw AuthError.NotAdmin();
        var user = signedIn.User;
        var data = AuthBody.RequireObject(request.Data, "data");
        var email = string.IsNullOrEmpty(request.Email) ? null : EmailAddress.Normalize(request.Email);
        if (email == user.Email)
            email = null;
        var hash = await HashAsync(request.Password, signedIn, email, passwords, policy, cancellationToken);

        var (origin, now) = (RequestOrigin.Of(context), time.GetUtcNow());
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        try
        {
            await db.ExecuteAsync(Update(signedIn, email, hash, data, now), cancellationToken);
            if (email is not null)
                await db.ExecuteAsync(UpdateIdentity(user.Id, email, now), cancellationToken);
        }
        catch (PostgresException exception) when (exception is
        { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email_idx" })
        {
            throw AuthError.EmailExists();
        }

        var action = hash is null ? AuditEntry.Modified : AuditEntry.PasswordUpdated;
        var updated = (await db.QuerySingleAsync(
            $"""
            with audit as (
                {AuditLog.Insert(action, user.Id, email ?? user.Email, origin, now)}
            )
            select {AuthUser.Columns}
            from auth.users u
            where u.id = {user.Id}
            """, AuthUser.Read, cancellationToken)) ?? throw AuthError.UserNotFound();
        if (data is not null)
            updated.RefuseLargeMetadata();
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(updated, AuthJson.Default.AuthUser);
    }

    static async Task<string?> HashAsync(
        string? password, SignedIn signedIn, string? email, Passwords passwords, PasswordPolicy policy, CancellationToken cancellationToken)
    {
        if (password is null)
            return null;
        if (signedIn.User.IsAnonymous && email is null)
            throw AuthError.AnonymousPassword();
        policy.Require(password);
        if (signedIn.PasswordHash is { } old &&
            await passwords.VerifyAsync(old, password, cancellationToken) != PasswordVerificationResult.Failed)
            throw AuthError.SamePassword();
        return await passwords.HashAsync(password, cancellationToken);
    }

    // Right-hand sides read the row as it is now, so two updates at once both take effect.
    static Sql Update(SignedIn signedIn, string? email, string? hash, JsonElement? data, DateTimeOffset now)
    {
        var id = signedIn.User.Id;
        var added = new Json(data?.GetRawText() ?? "{}");
        var claims = email is null ? new Json("{}") : EmailIdentity.Claims(id, email, isVerified: true);
        return $"""
            with ended as (
                delete from auth.sessions
                where user_id = {id} and {hash}::text is not null and id is distinct from {signedIn.SessionId}
            )
            update auth.users
            set email = coalesce({email}, email),
                email_confirmed_at = case when {email}::text is null then email_confirmed_at else {now} end,
                encrypted_password = coalesce({hash}, encrypted_password),
                raw_user_meta_data = (raw_user_meta_data || {added})
                    - coalesce((select array_agg(key) from jsonb_each({added}) where value = 'null'), array[]::text[]) || {claims},
                raw_app_meta_data = case
                    when is_anonymous and {email}::text is not null then raw_app_meta_data || {EmailIdentity.AppMetadata}
                    else raw_app_meta_data
                end,
                is_anonymous = is_anonymous and {email}::text is null,
                updated_at = {now}
            where id = {id}
            """;
    }

    // A guest has none yet.
    static Sql UpdateIdentity(Guid userId, string email, DateTimeOffset now)
        => $"""
            insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {userId}::text, {userId}, {EmailIdentity.Claims(userId, email, isVerified: false)},
                'email', {now}, {now}, {now})
            on conflict (provider_id, provider) do update
            set identity_data = identities.identity_data || excluded.identity_data, updated_at = excluded.updated_at
            """;
}
