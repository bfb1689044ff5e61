using Evolv.Platform.Data;
using Microsoft.AspNetCore.Identity;

namespace Evolv.Auth.Grants;

/// <summary>grant_type=password</summary>
sealed class PasswordGrant(Database database, Sessions sessions, Passwords passwords, PasswordPolicy policy, AuthLimits limits, TimeProvider time)
{
    internal sealed record Request(string? Email = null, string? Phone = null, string? Password = null);

    sealed record Account(Guid Id, string? Hash, bool IsConfirmed, DateTimeOffset? BannedUntil);

    internal async Task<SessionResponse> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.PasswordRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Email))
            throw string.IsNullOrEmpty(request.Phone) ? AuthError.Invalid("missing email or phone") : AuthError.PhoneLoginsDisabled();
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only an email address or phone number should be provided on login.");
        var email = request.Email.ToLowerInvariant();
        var password = request.Password ?? "";

        limits.RefuseGuessing(context);
        var account = await FindAsync(email, cancellationToken);
        // No transaction is open while the hash is computed.
        var verified = await passwords.VerifyAsync(account?.Hash, password, cancellationToken);
        limits.RefuseGuessing(context); // Two hundred at once are still thirty.
        if (account is null || verified == PasswordVerificationResult.Failed)
        {
            await limits.WrongPasswordAsync(context);
            throw AuthError.InvalidCredentials();
        }

        if (account.BannedUntil > time.GetUtcNow())
            throw AuthError.BannedFromSigningIn();
        if (!account.IsConfirmed)
            throw AuthError.EmailNotConfirmed();

        var stronger = verified == PasswordVerificationResult.SuccessRehashNeeded
            ? await passwords.HashAsync(password, cancellationToken)
            : null;
        var origin = RequestOrigin.Of(context);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        if (stronger is not null)
        {
            await db.ExecuteAsync(
                $"update auth.users set encrypted_password = {stronger} where id = {account.Id} and encrypted_password = {account.Hash}",
                cancellationToken);
        }

        var response = await sessions.StartAsync(
            db, new SignIn(account.Id, "password", stronger ?? account.Hash), origin,
            AuditLog.Insert(AuditEntry.LoggedIn, account.Id, email, origin, time.GetUtcNow()), cancellationToken)
            ?? throw AuthError.InvalidCredentials();
        await db.CommitAsync(cancellationToken);
        return response with { WeakPassword = policy.Check(password) };
    }

    Task<Account?> FindAsync(string email, CancellationToken cancellationToken)
        // What PostgreSQL cannot hold is nobody's address.
        => email.Contains('\0') ? Task.FromResult<Account?>(null) : database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            select id, encrypted_password, email_confirmed_at is not null, banned_until
            from auth.users
            where lower(email) = {email} and not is_sso_user and deleted_at is null
            """,
            row => new Account(row.GetGuid(0), row.GetText(1), row.GetBoolean(2), row.GetInstant(3)), cancellationToken);
}
