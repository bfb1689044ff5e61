using System.Text.Json;
using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/signup: an account by e-mail and password, or a guest when neither is given.</summary>
sealed class Signup(
    Database database, Sessions sessions, AccountMails mails, MailTexts texts, Passwords passwords, PasswordPolicy policy, Redirects redirects,
    AuthLimits limits, IOptions<AuthOptions> options, TimeProvider time)
{
    internal sealed record Request(
        string? Email = null, string? Phone = null, string? Password = null, JsonElement? Data = null, string? CodeChallenge = null,
        string? CodeChallengeMethod = null);

    internal static Task<IResult> HandleAsync(HttpContext context, Signup signup, CancellationToken cancellationToken)
        => signup.SignUpAsync(context, cancellationToken);

    async Task<IResult> SignUpAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.SignupRequest, cancellationToken);
        var isGuest = string.IsNullOrEmpty(request.Email);
        if (isGuest)
            RequireGuest(request);
        if (options.Value.DisableSignup)
            throw AuthError.SignupDisabled();
        var data = AuthBody.RequireObject(request.Data, "data");
        if (isGuest)
        {
            await limits.GuestAsync(context);
            return await StartAsync(context, new NewAccount(time.GetUtcNow(), Email: null, PasswordHash: null, data), "anonymous", cancellationToken);
        }

        if (string.IsNullOrEmpty(request.Password))
            throw AuthError.Invalid("Signup requires a valid password");
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only an email address or phone number should be provided on signup.");
        var email = EmailAddress.Normalize(request.Email!);
        policy.Require(request.Password);
        var challenge = CodeChallenge.Read(request.CodeChallenge, request.CodeChallengeMethod);
        await limits.SignUpAsync(context);
        if (options.Value.MustConfirm)
            await limits.MailAsync(context, MailKind.Confirmation, email);
        var hash = await passwords.HashAsync(request.Password, cancellationToken);
        var account = new NewAccount(time.GetUtcNow(), email, hash, data) { IsConfirmed = !options.Value.MustConfirm };
        return options.Value.MustConfirm
            ? await AskAsync(context, account, request.Password, challenge, cancellationToken)
            : await StartAsync(context, account, "password", cancellationToken);
    }

    void RequireGuest(Request request)
    {
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.PhoneDisabled();
        if (!string.IsNullOrEmpty(request.Password))
            throw AuthError.Invalid("To signup, please provide your email");
        if (!options.Value.AllowAnonymous)
            throw AuthError.AnonymousDisabled();
    }

    // Without a confirmation whoever signs up is signed in, so an address that is taken cannot be hidden.
    async Task<IResult> StartAsync(HttpContext context, NewAccount account, string method, CancellationToken cancellationToken)
    {
        var origin = RequestOrigin.Of(context);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // After the hash, as for a new address: at least the time tells nothing.
        await Accounts.InsertAsync(db, account, AuthError.UserAlreadyExists, cancellationToken);
        var response = (await sessions.StartAsync(
            db, new SignIn(account.Id, method, account.PasswordHash), origin,
            AuditLog.Insert(AuditEntry.SignedUp, account.Id, account.Email ?? "", origin, account.Now), cancellationToken))!;
        response.User.RefuseLargeMetadata();
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(response, AuthJson.Default.SessionResponse);
    }

    async Task<IResult> AskAsync(
        HttpContext context, NewAccount account, string password, CodeChallenge? challenge, CancellationToken cancellationToken)
    {
        var language = texts.Choose(context.Request);
        AccountMail To(Guid id, string? locale) => new(
            MailKind.Confirmation, id, account.Email!, redirects.Choose(context.Request), texts.Choose(locale, language), challenge);

        var samePassword = await HasPasswordAsync(account.Email!, password, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var existing = await Accounts.FindAsync(db, account.Email!, cancellationToken);
        AuthUser user;
        if (existing is null)
        {
            // Two at the same moment: the second try finds the first.
            await Accounts.InsertAsync(db, account, AuthError.Busy, cancellationToken);
            await mails.SendAsync(db, To(account.Id, null), cancellationToken);
            await db.ExecuteAsync(Audit(context, AuditEntry.ConfirmationRequested, account.Id, account), cancellationToken);
            user = await Accounts.ReadAsync(db, account.Id, cancellationToken);
            user.RefuseLargeMetadata();
        }
        else
        {
            user = await PretendAsync(db, account, To(account.Id, null), cancellationToken);
            if (existing is { IsConfirmed: false, IsInvited: false, IsSelfMade: true })
            {
                await RenewAsync(db, existing.Id, account, samePassword, cancellationToken);
                await mails.SendAsync(db, To(existing.Id, existing.Locale), cancellationToken);
            }
            else
            {
                await mails.SendAsync(db, To(existing.Id, existing.Locale) with { Kind = MailKind.RepeatedSignup, Challenge = null }, cancellationToken);
            }

            await db.ExecuteAsync(Audit(context, AuditEntry.RepeatedSignup, existing.Id, account), cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(user, AuthJson.Default.AuthUser);
    }

    // Computed for nobody, too: the time tells nothing.
    async Task<bool> HasPasswordAsync(string email, string password, CancellationToken cancellationToken)
    {
        var hash = await database.QuerySingleAsync(Caller.AuthAdmin,
            $"select coalesce(encrypted_password, '') from auth.users where lower(email) = {email} and not is_sso_user and email_confirmed_at is null",
            row => row.GetString(0), cancellationToken);
        return await passwords.VerifyAsync(string.IsNullOrEmpty(hash) ? null : hash, password, cancellationToken) != PasswordVerificationResult.Failed;
    }

    // What a stranger would have got, made in the same way and taken back. Body and time are then the same.
    async Task<AuthUser> PretendAsync(DbSession db, NewAccount account, AccountMail mail, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync($"savepoint pretended", cancellationToken);
        await db.ExecuteAsync((account with { IsPretended = true }).Insert(), cancellationToken);
        await mails.SendAsync(db, mail, cancellationToken);
        var user = await Accounts.ReadAsync(db, account.Id, cancellationToken);
        await db.ExecuteAsync($"rollback to savepoint pretended", cancellationToken);
        user.RefuseLargeMetadata();
        return user;
    }

    // Two signed up with one address, and which of them will read the mail is not known. Unless they are the same, who has the same password,
    // neither password holds: whoever reads the mail is let in by it and sets one. Otherwise a stranger could sign up before or after
    // the owner, wait, and own the account that the owner confirms.
    static async Task RenewAsync(DbSession db, Guid id, NewAccount account, bool samePassword, CancellationToken cancellationToken)
    {
        var data = new Json(account.Data?.GetRawText() ?? "{}");
        await db.ExecuteAsync(
            $"""
            update auth.users
            set encrypted_password = case when {samePassword} then encrypted_password end, updated_at = {account.Now},
                raw_user_meta_data = {data} || {EmailIdentity.Claims(id, account.Email!, isVerified: false)}
            where id = {id}
            """, cancellationToken);
        if (!samePassword)
            await Accounts.ForgetWaysInAsync(db, id, cancellationToken);
    }

    static Sql Audit(HttpContext context, string action, Guid id, NewAccount account)
        => AuditLog.Insert(action, id, account.Email!, RequestOrigin.Of(context), account.Now);
}
