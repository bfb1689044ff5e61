using System.Text.Json;
using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>GET and PUT /auth/v1/user: the person behind the token.</summary>
sealed class User(
    Database database, Passwords passwords, PasswordPolicy policy, EmailChange emailChange, MailVerification verification, MailTexts texts,
    Redirects redirects, AuthLimits limits, IOptions<AuthOptions> options, TimeProvider time)
{
    // How old a session may be that sets a password without a nonce (GoTrue's figure).
    static readonly TimeSpan FreshSession = TimeSpan.FromDays(1);

    internal sealed record UpdateRequest(
        string? Email = null, string? Phone = null, string? Password = null, string? CurrentPassword = null, string? Nonce = null,
        JsonElement? Data = null, JsonElement? AppMetadata = null, string? CodeChallenge = null, string? CodeChallengeMethod = null);

    internal static async Task<IResult> GetAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireOrClientAsync(context, database, time, cancellationToken);
        return TypedResults.Json(signedIn.User, AuthJson.Default.AuthUser);
    }

    internal static Task<IResult> PutAsync(HttpContext context, User user, CancellationToken cancellationToken)
        => user.UpdateAsync(context, cancellationToken);

    async Task<IResult> UpdateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.UserUpdateRequest, cancellationToken);
        if (request.AppMetadata is not null)
            throw AuthError.NotAdmin();
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.PhoneDisabled();
        var user = signedIn.User;
        var data = AuthBody.RequireObject(request.Data, "data");
        var challenge = CodeChallenge.Read(request.CodeChallenge, request.CodeChallengeMethod);
        var email = string.IsNullOrEmpty(request.Email) ? null : EmailAddress.Normalize(request.Email);
        if (email == user.Email)
            email = null;
        if ((email is not null || request.Password is not null) && signedIn.LacksSecondFactor)
            throw AuthError.InsufficientAalToUpdate();
        if (email is not null && options.Value.MustConfirm)
            await limits.MailAsync(context, MailKind.EmailChangeNew, email);
        if (request.Password is not null)
            await limits.PasswordChangeAsync(context, user.Id);
        var hash = await HashAsync(context, request, signedIn, email, cancellationToken);

        var (origin, now) = (RequestOrigin.Of(context), time.GetUtcNow());
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // A sign-in in flight waits, and then finds that the password is another.
        await db.ExecuteAsync($"select from auth.users where id = {user.Id} for update", cancellationToken);
        if (hash is not null)
            await RequireFreshAsync(context, db, signedIn, request.Nonce, cancellationToken);
        if (hash is not null)
            await Accounts.CloseAsync(db, user.Id, signedIn.SessionId, cancellationToken);
        await db.ExecuteAsync(Update(user.Id, hash, data, now), cancellationToken);
        if (email is not null)
            await ChangeEmailAsync(context, db, user, email, challenge, cancellationToken);
        var action = hash is null ? AuditEntry.Modified : AuditEntry.PasswordUpdated;
        await db.ExecuteAsync(AuditLog.Insert(action, user.Id, email ?? user.Email, origin, now), cancellationToken);
        var updated = await Accounts.ReadAsync(db, user.Id, cancellationToken);
        if (data is not null)
            updated.RefuseLargeMetadata();
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(updated, AuthJson.Default.AuthUser);
    }

    async Task<string?> HashAsync(
        HttpContext context, UpdateRequest request, SignedIn signedIn, string? email, CancellationToken cancellationToken)
    {
        if (request.Password is null)
            return null;
        if (signedIn.User.IsAnonymous && email is null)
            throw AuthError.AnonymousPassword();
        policy.Require(request.Password);
        if (signedIn.PasswordHash is { } old)
        {
            // Only where one is given: clients of Supabase do not ask people for it.
            if (request.CurrentPassword is { } current)
            {
                limits.RefuseGuessing(context);
                if (await passwords.VerifyAsync(old, current, cancellationToken) == PasswordVerificationResult.Failed)
                {
                    await limits.WrongPasswordAsync(context);
                    throw AuthError.CurrentPasswordInvalid();
                }
            }

            if (await passwords.VerifyAsync(old, request.Password, cancellationToken) != PasswordVerificationResult.Failed)
                throw AuthError.SamePassword();
        }

        return await passwords.HashAsync(request.Password, cancellationToken);
    }

    async Task RequireFreshAsync(
        HttpContext context, DbSession db, SignedIn signedIn, string? nonce, CancellationToken cancellationToken)
    {
        if (!options.Value.SecurePasswordChange)
            return;
        var isFresh = await db.QuerySingleAsync(
            $"select true from auth.sessions where id = {signedIn.SessionId} and created_at > {time.GetUtcNow() - FreshSession}",
            row => row.GetBoolean(0), cancellationToken);
        if (isFresh)
            return;
        if (string.IsNullOrEmpty(nonce))
            throw AuthError.ReauthenticationNeeded();
        if (!await verification.TakeNonceAsync(context, db, signedIn.User.Id, nonce, cancellationToken))
        {
            await db.CommitAsync(cancellationToken); // The try stays counted.
            throw AuthError.ReauthenticationNotValid();
        }
    }

    // Right-hand sides read the row as it is now, so two updates at once both take effect.
    static Sql Update(Guid id, string? hash, JsonElement? data, DateTimeOffset now)
    {
        var added = new Json(data?.GetRawText() ?? "{}");
        return $"""
            update auth.users
            set encrypted_password = coalesce({hash}, encrypted_password),
                raw_user_meta_data = (raw_user_meta_data || {added})
                    - coalesce((select array_agg(key) from jsonb_each({added}) where value = 'null'), array[]::text[]),
                updated_at = {now}
            where id = {id}
            """;
    }

    async Task ChangeEmailAsync(
        HttpContext context, DbSession db, AuthUser user, string email, CodeChallenge? challenge, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            if (options.Value.MustConfirm)
            {
                var isTaken = await Accounts.FindAsync(db, email, cancellationToken) is not null;
                var language = texts.Choose(user.Locale, texts.Choose(context.Request));
                await emailChange.BeginAsync(db, user, email, redirects.Choose(context.Request), language, challenge, isTaken, cancellationToken);
                return;
            }

            await db.ExecuteAsync(EmailChange.Apply(user.Id, email, now), cancellationToken);
            await db.ExecuteAsync(EmailIdentity.Upsert(user.Id, email, isVerified: false, now), cancellationToken);
        }
        catch (PostgresException exception) when (Accounts.IsTakenAddress(exception))
        {
            throw AuthError.EmailExists();
        }
    }
}
