using System.Text;
using Evolv.Auth.Flows;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Mail;

/// <summary>A mail to somebody about their account.</summary>
/// <param name="Kind">Why.</param>
/// <param name="UserId">Whose account.</param>
/// <param name="Address">Where it goes.</param>
/// <param name="RedirectTo">Where its link leads in the end; was checked.</param>
/// <param name="Language">One of <see cref="MailTexts"/>.</param>
/// <param name="Challenge">With PKCE the link leads to a code.</param>
/// <param name="NewEmail">For the address that is given up: what it is given up for.</param>
sealed record AccountMail(
    MailKind Kind, Guid UserId, string Address, string RedirectTo, string Language, CodeChallenge? Challenge = null, string? NewEmail = null);

/// <summary>What a mail carries.</summary>
/// <param name="TokenHash">The secret of the link; GoTrue's name for it.</param>
/// <param name="Digits">For typing.</param>
/// <param name="Link">The whole link.</param>
sealed record OneTimeToken(string TokenHash, string Digits, string Link);

/// <summary>
/// Writes tokens and mails in the transaction of what they are about, so a mail that is promised is sent, and one of a transaction
/// that failed is not. <see cref="MailDelivery"/> sends.
/// </summary>
sealed class AccountMails(
    MailTexts texts, SigningKeys keys, MailBell bell, IOptions<AuthOptions> options, IOptions<MailOptions> mail, TimeProvider time)
{
    /// <summary>What GoTrue puts before a token whose flow began with PKCE.</summary>
    internal const string PkcePrefix = "pkce_";

    const int SignInLinks = 3;

    /// <summary>Makes a token that replaces an older one of its kind, and the mail with it.</summary>
    internal async Task SendAsync(DbSession db, AccountMail what, CancellationToken cancellationToken)
    {
        var token = what.Kind.TokenType() is null ? null : await IssueAsync(db, what, cancellationToken);
        var link = token is not null && what.Kind != MailKind.Reauthentication ? token.Link : null;
        var content = texts.Write(what.Kind, what.Language, what.Address, link, token?.Digits, what.NewEmail);
        await WriteAsync(db, what.UserId, what.Kind.Name(), what.Address, content, cancellationToken);
    }

    /// <summary>
    /// Writes as much as a mail would, for nobody: whether an address has an account must not be told by the time that an answer takes.
    /// </summary>
    internal Task PretendAsync(DbSession db, MailKind kind, string address, string language, CancellationToken cancellationToken)
    {
        var secret = Secret.New();
        var content = texts.Write(kind, language, address, Link(kind, secret, options.Value.SiteUrl), Secret.NewDigits());
        return WriteAsync(db, null, "none", "", content, cancellationToken);
    }

    /// <summary>A token without a mail: whoever asked brings it to its owner (<c>generate_link</c>).</summary>
    internal async Task<OneTimeToken> IssueAsync(DbSession db, AccountMail what, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var secret = (what.Challenge is null ? "" : PkcePrefix) + Secret.New();
        var digits = Secret.NewDigits();
        var type = what.Kind.TokenType()!;
        Guid? flowId = what.Challenge is null ? null : Guid.CreateVersion7(now);
        if (what.Challenge is not null)
            await db.ExecuteAsync(FlowStates.InsertForMail(flowId!.Value, what.UserId, what.Challenge, what.Kind.Method(), now), cancellationToken);
        // Statements of their own: the second sees what the first one left.
        await db.ExecuteAsync(Replace(what.UserId, type, now), cancellationToken);
        await db.ExecuteAsync(
            $"""
            with stamped as (
                update auth.users
                set {Stamp(what.Kind, now)}, updated_at = {now}
                where id = {what.UserId}
            ),
            tried as (
                select coalesce(max(attempts), 0) as attempts
                from auth.one_time_tokens
                where user_id = {what.UserId} and token_type = {type} and created_at > {now.AddDays(-1)}
            )
            insert into auth.one_time_tokens (
                id, user_id, token_type, token_hash, otp_hash, relates_to, attempts, flow_state_id, created_at, updated_at, expires_at, otp_expires_at)
            select {Guid.CreateVersion7(now)}, {what.UserId}, {type}, {Secret.Hash(secret)},
                case when t.attempts < {MailVerification.MostAttempts} then {HashDigits(what.UserId, type, digits)} end, {what.Address}, t.attempts,
                {flowId}, {now}, {now}, {now + LinkLife(what.Kind)}, {now.AddSeconds(options.Value.OtpExpirySeconds)}
            from tried t
            """, cancellationToken);
        return new OneTimeToken(secret, digits, Link(what.Kind, secret, what.RedirectTo));
    }

    // A newer mail ends the older ones of its kind: their links are dead, and their digits, but not their tries, which count for a day. Of links
    // that sign in the last three stay good, so that nobody who asks for mails to somebody keeps them out.
    static Sql Replace(Guid userId, string type, DateTimeOffset now)
        => $"""
            with kept as (
                select id
                from auth.one_time_tokens
                where user_id = {userId} and token_type = {type}
                order by created_at desc, id desc
                limit {(type == "recovery_token" ? SignInLinks - 1 : 0)}
            ),
            gone as (
                delete from auth.one_time_tokens
                where user_id = {userId} and token_type = {type} and created_at <= {now.AddDays(-1)}
            )
            update auth.one_time_tokens
            set otp_hash = null, expires_at = case when id in (select id from kept) then expires_at else least(expires_at, {now}) end
            where user_id = {userId} and token_type = {type} and created_at > {now.AddDays(-1)}
            """;

    /// <summary>How six digits are kept. Without the installation's secret a million guesses would find them.</summary>
    internal string HashDigits(Guid userId, string tokenType, string digits)
        => Convert.ToHexStringLower(keys.Current.Authenticate(Encoding.UTF8.GetBytes($"{userId} {tokenType} {digits}")));

    // GoTrue escapes the address only where it must; templates and tests look for it as it is.
    string Link(MailKind kind, string secret, string redirectTo)
    {
        var target = redirectTo.AsSpan().ContainsAny('&', '=', '#') ? Uri.EscapeDataString(redirectTo) : redirectTo;
        return $"{options.Value.Issuer}/verify?token={secret}&type={kind.VerifyType()}&redirect_to={target}";
    }

    TimeSpan LinkLife(MailKind kind) => TimeSpan.FromSeconds(kind switch
    {
        MailKind.Invite => options.Value.InviteExpirySeconds,
        MailKind.Reauthentication => options.Value.OtpExpirySeconds,
        _ => options.Value.LinkExpirySeconds,
    });

    static Sql Stamp(MailKind kind, DateTimeOffset now) => kind switch
    {
        MailKind.Confirmation or MailKind.Invite => $"confirmation_sent_at = {now}",
        MailKind.MagicLink or MailKind.Recovery => $"recovery_sent_at = {now}",
        MailKind.Reauthentication => $"reauthentication_sent_at = {now}",
        _ => $"email_change_sent_at = {now}",
    };

    async Task WriteAsync(DbSession db, Guid? userId, string kind, string address, MailContent content, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var status = mail.Value.HasServer || userId is null ? "waiting" : "caught";
        await db.ExecuteAsync(
            $"""
            insert into auth.mails (id, user_id, kind, recipient, subject, text_body, html_body, status, next_attempt_at, created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {userId}, {kind}, {address}, {content.Subject}, {content.Text}, {content.Html}, {status}, {now},
                {now}, {now})
            """, cancellationToken);
        bell.Ring();
    }
}
