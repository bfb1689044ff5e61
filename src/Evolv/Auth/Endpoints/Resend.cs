using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/resend: the mail of a sign-up or of a new address once more. The answer is the same whether anything waits.</summary>
static class Resend
{
    internal sealed record Request(string? Type = null, string? Email = null, string? Phone = null, string? CodeChallenge = null, string? CodeChallengeMethod = null);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AccountMails mails, EmailChange change, MailTexts texts, Redirects redirects, AuthLimits limits,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.ResendRequest, cancellationToken);
        var (kind, email) = Read(request);
        if (email is null)
            return AuthBody.Empty; // No phone has anything waiting.
        var challenge = CodeChallenge.Read(request.CodeChallenge, request.CodeChallengeMethod);
        await limits.MailAsync(context, kind, email);

        var (language, redirectTo) = (texts.Choose(context.Request), redirects.Choose(context.Request));
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var account = await Accounts.FindAsync(db, email, cancellationToken);
        if (account is { IsConfirmed: false } && kind == MailKind.Confirmation)
        {
            await mails.SendAsync(
                db, new AccountMail(account.IsInvited ? MailKind.Invite : kind, account.Id, email, redirectTo, texts.Choose(account.Locale, language), challenge), cancellationToken);
            await db.ExecuteAsync(
                AuditLog.Insert(AuditEntry.ConfirmationRequested, account.Id, email, RequestOrigin.Of(context), time.GetUtcNow()), cancellationToken);
        }
        else if (account?.NewEmail is { } newEmail && kind == MailKind.EmailChangeNew)
        {
            await change.SendAsync(db, account.Id, account.Email, newEmail, redirectTo, texts.Choose(account.Locale, language), challenge,
                await Accounts.FindAsync(db, newEmail, cancellationToken) is not null, cancellationToken);
        }
        else
        {
            await mails.PretendAsync(db, kind, email, language, cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }

    static (MailKind Kind, string? Email) Read(Request request)
    {
        MailKind? kind = request.Type switch
        {
            "signup" => MailKind.Confirmation,
            "email_change" => MailKind.EmailChangeNew,
            "sms" or "phone_change" => null,
            _ => throw AuthError.Invalid("Missing one of these types: signup, email_change, sms, phone_change"),
        };
        if (!string.IsNullOrEmpty(request.Email) && !string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only an email address or phone number should be provided.");
        if (kind is null)
            return string.IsNullOrEmpty(request.Phone) ? throw AuthError.Invalid("Type provided requires a phone number") : (default, null);
        return string.IsNullOrEmpty(request.Email)
            ? throw AuthError.Invalid("Type provided requires an email address")
            : (kind.Value, EmailAddress.Normalize(request.Email));
    }
}
