using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/signup: an account by e-mail and password, or a guest when neither is given.</summary>
static class Signup
{
    internal sealed record Request(string? Email = null, string? Phone = null, string? Password = null, JsonElement? Data = null);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, Sessions sessions, Passwords passwords, PasswordPolicy policy,
        IOptions<AuthOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.SignupRequest, cancellationToken);
        if (options.Value.DisableSignup)
            throw AuthError.SignupDisabled();
        var data = AuthBody.RequireObject(request.Data, "data");
        var account = string.IsNullOrEmpty(request.Email)
            ? Guest(request, data, options.Value, time)
            : await PersonAsync(request, data, passwords, policy, time, cancellationToken);

        var origin = RequestOrigin.Of(context);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        try
        {
            await db.ExecuteAsync(account.Insert(), cancellationToken);
        }
        catch (PostgresException exception) when (exception is
        { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email_idx" })
        {
            // After the hash, as for a new address: the time tells nothing. The status does, until there is mail to confirm by.
            throw AuthError.UserAlreadyExists();
        }

        var response = (await sessions.StartAsync(
            db, account.Id, account.PasswordHash, account.Method, origin,
            AuditLog.Insert(AuditEntry.SignedUp, account.Id, account.Email ?? "", origin, account.Now), cancellationToken))!;
        response.User.RefuseLargeMetadata();
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(response, AuthJson.Default.SessionResponse);
    }

    static NewAccount Guest(Request request, JsonElement? data, AuthOptions options, TimeProvider time)
    {
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.PhoneDisabled();
        if (!string.IsNullOrEmpty(request.Password))
            throw AuthError.Invalid("To signup, please provide your email");
        return options.AllowAnonymous
            ? new NewAccount(time.GetUtcNow(), Email: null, PasswordHash: null, data)
            : throw AuthError.AnonymousDisabled();
    }

    static async Task<NewAccount> PersonAsync(
        Request request, JsonElement? data, Passwords passwords, PasswordPolicy policy, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Password))
            throw AuthError.Invalid("Signup requires a valid password");
        var email = EmailAddress.Normalize(request.Email!);
        policy.Require(request.Password);
        var hash = await passwords.HashAsync(request.Password, cancellationToken);
        return new NewAccount(time.GetUtcNow(), email, hash, data);
    }

    /// <summary>An account to be. Without an address it is a guest.</summary>
    sealed record NewAccount(DateTimeOffset Now, string? Email, string? PasswordHash, JsonElement? Data)
    {
        internal Guid Id { get; } = Guid.CreateVersion7(Now);

        internal string Method => Email is null ? "anonymous" : "password";

        // There is no mail yet, so an address is confirmed by being given. Triggers on auth.users make the profile.
        internal Sql Insert()
        {
            var data = new Json(Data?.GetRawText() ?? "{}");
            if (Email is null)
            {
                return $"""
                    insert into auth.users (id, raw_user_meta_data, is_anonymous, created_at, updated_at)
                    values ({Id}, {data}, true, {Now}, {Now})
                    """;
            }

            // Ours last: nobody claims another's address or id by their own data.
            return $"""
                with account as (
                    insert into auth.users (
                        id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
                    values (
                        {Id}, {Email}, {PasswordHash}, {Now}, {EmailIdentity.AppMetadata},
                        {data} || {EmailIdentity.Claims(Id, Email, isVerified: true)}, {Now}, {Now})
                    returning id
                )
                insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
                select {Guid.CreateVersion7(Now)}, id::text, id, {data} || {EmailIdentity.Claims(Id, Email, isVerified: false)},
                    'email', {Now}, {Now}, {Now}
                from account
                """;
        }
    }
}
