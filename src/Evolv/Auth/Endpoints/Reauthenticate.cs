using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/reauthenticate: six digits by mail that a change of the password may ask for (nonce).</summary>
static class Reauthenticate
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AccountMails mails, MailTexts texts, AuthLimits limits, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (user, _, _) = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        if (user.Email.Length == 0)
            throw AuthError.Invalid("Reauthentication requires the user to have an email or a phone number");
        if (user.EmailConfirmedAt is null)
            throw AuthError.VerifyEmailFirst();
        await limits.MailAsync(context, MailKind.Reauthentication, user.Email);

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var language = texts.Choose(user.Locale, texts.Choose(context.Request));
        await mails.SendAsync(db, new AccountMail(MailKind.Reauthentication, user.Id, user.Email, "", language), cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.ReauthenticationRequested, user.Id, user.Email, RequestOrigin.Of(context), time.GetUtcNow()), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }
}
