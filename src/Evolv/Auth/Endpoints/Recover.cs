using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/recover: a mail that signs in to set a new password. The answer is the same whether there is an account.</summary>
static class Recover
{
    internal sealed record Request(string? Email = null, string? CodeChallenge = null, string? CodeChallengeMethod = null);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AccountMails mails, MailTexts texts, Redirects redirects, AuthLimits limits, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.RecoverRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Email))
            throw AuthError.Invalid("Password recovery requires an email");
        var email = EmailAddress.Normalize(request.Email);
        var challenge = CodeChallenge.Read(request.CodeChallenge, request.CodeChallengeMethod);
        await limits.MailAsync(context, MailKind.Recovery, email);

        var (language, origin) = (texts.Choose(context.Request), RequestOrigin.Of(context));
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        if (await Accounts.FindAsync(db, email, cancellationToken) is { } account)
        {
            await mails.SendAsync(
                db, new AccountMail(MailKind.Recovery, account.Id, email, redirects.Choose(context.Request), texts.Choose(account.Locale, language), challenge),
                cancellationToken);
            await db.ExecuteAsync(AuditLog.Insert(AuditEntry.RecoveryRequested, account.Id, email, origin, time.GetUtcNow()), cancellationToken);
        }
        else
        {
            await mails.PretendAsync(db, MailKind.Recovery, email, language, cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }
}
