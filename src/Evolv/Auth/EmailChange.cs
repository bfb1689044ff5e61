using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth;

/// <summary>
/// From one address to another: the new one must be confirmed, and, with <c>Auth:SecureEmailChange</c>, the old one, too, by separate mails in
/// any order. Who steals a session gets no account that way.
/// </summary>
sealed class EmailChange(AccountMails mails, IOptions<AuthOptions> options, TimeProvider time)
{
    // What one confirmation of two leaves in email_change_confirm_status. Which it was matters: the same mailbox twice is not both.
    const int NewConfirmed = 1;
    const int CurrentConfirmed = 2;

    /// <summary>Notes the wish and sends the mails.</summary>
    internal async Task BeginAsync(
        DbSession db, AuthUser user, string newEmail, string redirectTo, string language, CodeChallenge? challenge, bool isTaken,
        CancellationToken cancellationToken)
    {
        await db.ExecuteAsync(
            $"""
            with stale as (
                delete from auth.one_time_tokens
                where user_id = {user.Id} and token_type in ('email_change_token_new', 'email_change_token_current')
            )
            update auth.users
            set email_change = {newEmail}, email_change_confirm_status = 0, email_change_sent_at = {time.GetUtcNow()}, updated_at = {time.GetUtcNow()}
            where id = {user.Id}
            """, cancellationToken);
        await SendAsync(db, user.Id, user.Email, newEmail, redirectTo, language, challenge, isTaken, cancellationToken);
    }

    internal async Task SendAsync(
        DbSession db, Guid userId, string email, string newEmail, string redirectTo, string language, CodeChallenge? challenge, bool isTaken,
        CancellationToken cancellationToken)
    {
        // Whose address it is already is told to them, and not to who wants it.
        var kind = isTaken ? MailKind.RepeatedSignup : MailKind.EmailChangeNew;
        await mails.SendAsync(db, new AccountMail(kind, userId, newEmail, redirectTo, language, isTaken ? null : challenge), cancellationToken);
        if (IsDouble(email))
            await mails.SendAsync(db, new AccountMail(MailKind.EmailChangeCurrent, userId, email, redirectTo, language, challenge, newEmail), cancellationToken);
    }

    /// <summary>One mail was answered. False when the other must be, too.</summary>
    /// <exception cref="AuthError">Somebody else has the address by now.</exception>
    internal async Task<bool> ConfirmAsync(DbSession db, Guid userId, bool isNewAddress, CancellationToken cancellationToken)
    {
        var confirmed = isNewAddress ? NewConfirmed : CurrentConfirmed;
        var now = time.GetUtcNow();
        var state = await db.QuerySingleAsync(
            $"select coalesce(email, ''), nullif(email_change, ''), email_change_confirm_status from auth.users where id = {userId} for update",
            row => new { Email = row.GetString(0), New = row.GetText(1), Status = row.GetInt16(2) }, cancellationToken);
        if (state?.New is null)
            throw AuthError.OtpExpired();
        if (IsDouble(state.Email) && (state.Status == 0 || state.Status == confirmed))
        {
            await db.ExecuteAsync($"update auth.users set email_change_confirm_status = {confirmed}, updated_at = {now} where id = {userId}", cancellationToken);
            return false;
        }

        try
        {
            await db.ExecuteAsync(Apply(userId, state.New, now), cancellationToken);
            await db.ExecuteAsync(EmailIdentity.Upsert(userId, state.New, isVerified: true, now), cancellationToken);
        }
        catch (PostgresException exception) when (Accounts.IsTakenAddress(exception))
        {
            throw AuthError.EmailExists();
        }

        return true;
    }

    bool IsDouble(string email) => options.Value.SecureEmailChange && email.Length > 0;

    /// <summary>The account has this address, and is nobody's guest any more.</summary>
    internal static Sql Apply(Guid userId, string email, DateTimeOffset now)
        => $"""
            with stale as (
                delete from auth.one_time_tokens
                where user_id = {userId} and token_type <> 'reauthentication_token'
            )
            update auth.users
            set email = {email}, email_confirmed_at = {now}, email_change = '', email_change_confirm_status = 0, is_anonymous = false,
                raw_app_meta_data = case when is_anonymous then raw_app_meta_data || {EmailIdentity.AppMetadata} else raw_app_meta_data end,
                raw_user_meta_data = raw_user_meta_data || {EmailIdentity.Claims(userId, email, isVerified: true)},
                updated_at = {now}
            where id = {userId}
            """;
}
