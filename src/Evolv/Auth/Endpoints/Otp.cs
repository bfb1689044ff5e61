using System.Text.Json;
using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/otp and /magiclink: a mail that signs in, and makes the account where there is none.</summary>
sealed class Otp(
    Database database, AccountMails mails, MailTexts texts, Redirects redirects, AuthLimits limits, IOptions<AuthOptions> options, TimeProvider time)
{
    internal sealed record Request(
        string? Email = null, string? Phone = null, bool? CreateUser = null, JsonElement? Data = null, string? CodeChallenge = null,
        string? CodeChallengeMethod = null);

    internal static Task<IResult> HandleAsync(HttpContext context, Otp otp, CancellationToken cancellationToken)
        => otp.SendAsync(context, cancellationToken);

    async Task<IResult> SendAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.OtpRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Email))
            throw string.IsNullOrEmpty(request.Phone) ? AuthError.Invalid("One of email or phone must be set") : AuthError.PhoneUnsupported();
        if (!string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only an email address or phone number should be provided");
        var email = EmailAddress.Normalize(request.Email);
        var challenge = CodeChallenge.Read(request.CodeChallenge, request.CodeChallengeMethod);
        var data = AuthBody.RequireObject(request.Data, "data");
        await limits.SignUpAsync(context);
        await limits.MailAsync(context, MailKind.MagicLink, email);

        var (language, origin, now) = (texts.Choose(context.Request), RequestOrigin.Of(context), time.GetUtcNow());
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var account = await Accounts.FindAsync(db, email, cancellationToken);
        var isNew = account is null && request.CreateUser != false && !options.Value.DisableSignup;
        if (account is null && !isNew)
        {
            // GoTrue tells, and where sign-ups tell, too, we can as well.
            if (!options.Value.MustConfirm)
                throw request.CreateUser == false ? AuthError.OtpDisabled() : AuthError.SignupDisabled();
            await mails.PretendAsync(db, MailKind.MagicLink, email, language, cancellationToken);
        }
        else
        {
            var id = account?.Id ?? await InsertAsync(db, new NewAccount(now, email, PasswordHash: null, data), cancellationToken);
            await mails.SendAsync(
                db, new AccountMail(MailKind.MagicLink, id, email, redirects.Choose(context.Request), texts.Choose(account?.Locale, language), challenge),
                cancellationToken);
            await db.ExecuteAsync(AuditLog.Insert(
                isNew ? AuditEntry.ConfirmationRequested : AuditEntry.RecoveryRequested, id, email, origin, now), cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }

    static async Task<Guid> InsertAsync(DbSession db, NewAccount account, CancellationToken cancellationToken)
    {
        // Two at the same moment: the second try finds the first.
        await Accounts.InsertAsync(db, account, AuthError.Busy, cancellationToken);
        (await Accounts.ReadAsync(db, account.Id, cancellationToken)).RefuseLargeMetadata();
        return account.Id;
    }
}
