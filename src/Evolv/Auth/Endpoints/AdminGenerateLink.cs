using System.Text.Json;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/admin/generate_link: what a mail would carry, without the mail; a back end sends it in its own way.</summary>
sealed class AdminGenerateLink(
    Database database, AccountMails mails, Passwords passwords, PasswordPolicy policy, Redirects redirects, IOptions<AuthOptions> options,
    TimeProvider time)
{
    internal sealed record Request(
        string? Type = null, string? Email = null, string? NewEmail = null, string? Password = null, JsonElement? Data = null,
        string? RedirectTo = null);

    internal static Task<IResult> HandleAsync(HttpContext context, AdminGenerateLink endpoint, CancellationToken cancellationToken)
        => endpoint.GenerateAsync(context, cancellationToken);

    async Task<IResult> GenerateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.GenerateLinkRequest, cancellationToken);
        var email = EmailAddress.Normalize(request.Email ?? "");
        var data = AuthBody.RequireObject(request.Data, "data");
        var redirectTo = string.IsNullOrEmpty(request.RedirectTo) ? redirects.Choose(context.Request) : redirects.Check(request.RedirectTo);
        var hash = await HashAsync(request, cancellationToken);
        var now = time.GetUtcNow();

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var (kind, id, address) = request.Type switch
        {
            "signup" => (MailKind.Confirmation, await SignUpAsync(db, email, hash, data, now, cancellationToken), email),
            "invite" => (MailKind.Invite, await Invite.PrepareAsync(db, email, data, now, cancellationToken), email),
            "magiclink" => await MagicLinkAsync(db, email, data, now, cancellationToken),
            "recovery" => (MailKind.Recovery, (await RequireAsync(db, email, cancellationToken)).Id, email),
            "email_change_current" or "email_change_new" => await ChangeAsync(db, request, email, now, cancellationToken),
            _ => throw AuthError.Invalid($"Invalid email action link type requested: {request.Type}"),
        };
        var token = await mails.IssueAsync(db, new AccountMail(kind, id, address, redirectTo, "en"), cancellationToken);
        var user = await Accounts.ReadAsync(db, id, cancellationToken);
        user.RefuseLargeMetadata();
        var action = kind is MailKind.Invite ? AuditEntry.Invited : AuditEntry.RecoveryRequested;
        await db.ExecuteAsync(AuditLog.Insert(action, admin, RequestOrigin.Of(context), now, AdminUsers.Traits(user)), cancellationToken);
        await db.CommitAsync(cancellationToken);

        var answer = JsonSerializer.SerializeToNode(user, AuthJson.Default.AuthUser)!.AsObject();
        answer["action_link"] = token.Link;
        answer["email_otp"] = token.Digits;
        answer["hashed_token"] = token.TokenHash;
        answer["redirect_to"] = redirectTo;
        answer["verification_type"] = kind == MailKind.Confirmation ? "signup" : request.Type;
        return TypedResults.Json(answer, AuthJson.Default.JsonObject);
    }

    async Task<string?> HashAsync(Request request, CancellationToken cancellationToken)
    {
        if (request.Type != "signup")
            return null;
        if (string.IsNullOrEmpty(request.Password))
            throw AuthError.Invalid("Signup requires a valid password");
        policy.Require(request.Password);
        return await passwords.HashAsync(request.Password, cancellationToken);
    }

    static async Task<Account> RequireAsync(DbSession db, string email, CancellationToken cancellationToken)
        => await Accounts.FindAsync(db, email, cancellationToken) ?? throw AuthError.NobodyHasEmail();

    static async Task<(MailKind, Guid, string)> MagicLinkAsync(
        DbSession db, string email, JsonElement? data, DateTimeOffset now, CancellationToken cancellationToken)
        => await Accounts.FindAsync(db, email, cancellationToken) is { } account
            ? (MailKind.MagicLink, account.Id, email)
            : (MailKind.Confirmation, await SignUpAsync(db, email, null, data, now, cancellationToken), email);

    static async Task<Guid> SignUpAsync(
        DbSession db, string email, string? hash, JsonElement? data, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await Accounts.FindAsync(db, email, cancellationToken) is { } existing)
        {
            if (existing.IsConfirmed)
                throw AuthError.EmailExists();
            var added = new Json(data?.GetRawText() ?? "{}");
            await db.ExecuteAsync(
                $"""
                update auth.users
                set encrypted_password = {hash}, raw_user_meta_data = raw_user_meta_data || {added}, updated_at = {now}
                where id = {existing.Id}
                """, cancellationToken);
            await Accounts.ForgetWaysInAsync(db, existing.Id, cancellationToken);
            return existing.Id;
        }

        var account = new NewAccount(now, email, hash, data) { HasClaims = false };
        await Accounts.InsertAsync(db, account, AuthError.EmailExists, cancellationToken);
        return account.Id;
    }

    async Task<(MailKind, Guid, string)> ChangeAsync(
        DbSession db, Request request, string email, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isCurrent = request.Type == "email_change_current";
        if (isCurrent && !options.Value.SecureEmailChange)
            throw AuthError.Invalid("Enable secure email change to generate link for current email");
        var newEmail = EmailAddress.Normalize(request.NewEmail ?? "");
        var account = await RequireAsync(db, email, cancellationToken);
        if (await Accounts.FindAsync(db, newEmail, cancellationToken) is not null)
            throw AuthError.EmailExists();
        // A change that waits for its other half goes on; another one begins anew.
        await db.ExecuteAsync(
            $"""
            with stale as (
                delete from auth.one_time_tokens t
                using auth.users u
                where u.id = {account.Id} and t.user_id = u.id and u.email_change is distinct from {newEmail}
                    and t.token_type in ('email_change_token_new', 'email_change_token_current')
            )
            update auth.users
            set email_change_confirm_status = case when email_change = {newEmail} then email_change_confirm_status else 0 end,
                email_change = {newEmail}, updated_at = {now}
            where id = {account.Id}
            """, cancellationToken);
        return isCurrent ? (MailKind.EmailChangeCurrent, account.Id, email) : (MailKind.EmailChangeNew, account.Id, newEmail);
    }
}
