using System.Text.Json;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/invite: an account for somebody, who gets a mail that lets them in. For administrators.</summary>
static class Invite
{
    internal sealed record Request(string? Email = null, JsonElement? Data = null);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AccountMails mails, MailTexts texts, Redirects redirects, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var admin = Admin.RequireAdmin(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.InviteRequest, cancellationToken);
        var email = EmailAddress.Normalize(request.Email ?? "");
        var data = AuthBody.RequireObject(request.Data, "data");

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var id = await PrepareAsync(db, email, data, time.GetUtcNow(), cancellationToken);
        var locale = (await Accounts.FindAsync(db, email, cancellationToken))?.Locale;
        await mails.SendAsync(
            db, new AccountMail(MailKind.Invite, id, email, redirects.Choose(context.Request), texts.Choose(locale, texts.Choose(context.Request))),
            cancellationToken);
        var user = await Accounts.ReadAsync(db, id, cancellationToken);
        user.RefuseLargeMetadata();
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.Invited, admin, RequestOrigin.Of(context), time.GetUtcNow(), AdminUsers.Traits(user)), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(user, AuthJson.Default.AuthUser);
    }

    /// <summary>The invited account: a new one, or one that was never confirmed.</summary>
    /// <exception cref="AuthError">The address is somebody's already.</exception>
    internal static async Task<Guid> PrepareAsync(
        DbSession db, string email, JsonElement? data, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await Accounts.FindAsync(db, email, cancellationToken) is { } existing)
        {
            if (existing.IsConfirmed)
                throw AuthError.EmailExists();
            var added = new Json(data?.GetRawText() ?? "{}");
            // Whoever signed up with the address before has not shown that it is theirs.
            await db.ExecuteAsync(
                $"""
                update auth.users
                set invited_at = {now}, encrypted_password = null, raw_user_meta_data = raw_user_meta_data || {added}, updated_at = {now}
                where id = {existing.Id}
                """, cancellationToken);
            await Accounts.ForgetWaysInAsync(db, existing.Id, cancellationToken);
            return existing.Id;
        }

        var account = new NewAccount(now, email, PasswordHash: null, data) { InvitedAt = now, HasClaims = false };
        await Accounts.InsertAsync(db, account, AuthError.EmailExists, cancellationToken);
        return account.Id;
    }
}
