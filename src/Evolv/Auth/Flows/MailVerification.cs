using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Flows;

/// <summary>What a link or six digits from a mail led to.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Email">The address of the account now.</param>
/// <param name="Method">For the claim <c>amr</c>.</param>
/// <param name="FlowId">Of the client that waits for a code (PKCE).</param>
/// <param name="IsComplete">False when a second mail must be answered, too.</param>
sealed record Verified(Guid UserId, string Email, string Method, Guid? FlowId, bool IsComplete);

/// <summary>Takes a token out of <c>auth.one_time_tokens</c>, once, and does what it stands for, in the caller's transaction.</summary>
sealed class MailVerification(EmailChange emailChange, AccountMails mails, AuthLimits limits, TimeProvider time)
{
    // Of all addresses of the network together. A million possible digits: one guess in ten thousand hits.
    internal const int MostAttempts = 50;

    sealed record Taken(Guid Id, Guid UserId, string TokenType, Guid? FlowId, string Email, DateTimeOffset? BannedUntil, bool IsConfirmed, DateTimeOffset? InvitedAt);

    /// <summary>The types that stock clients send, and the tokens that each may be.</summary>
    internal static string[] TokenTypesOf(string type) => type switch
    {
        "signup" or "invite" => ["confirmation_token"],
        "magiclink" or "recovery" => ["recovery_token"],
        "email" => ["confirmation_token", "recovery_token"],
        "email_change" => ["email_change_token_new", "email_change_token_current"],
        _ => [],
    };

    /// <summary>A link's token. Of several at once one wins.</summary>
    /// <exception cref="AuthError">Unknown, spent, of another type, too old, or the account is banned.</exception>
    internal async Task<Verified> VerifyLinkAsync(
        DbSession db, string tokenHash, string type, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var taken = await db.QuerySingleAsync(
            Take($"t.token_hash = {Secret.Hash(tokenHash)} and t.token_type = any ({TokenTypesOf(type)}) and t.expires_at > {time.GetUtcNow()}"),
            Read, cancellationToken) ?? throw AuthError.LinkExpired();
        return await ApplyAsync(db, taken, type, taken.FlowId is null ? "otp" : "", origin, cancellationToken);
    }

    /// <summary>Six digits for an address.</summary>
    /// <exception cref="AuthError">As above; a wrong try is counted and stays counted.</exception>
    internal async Task<Verified> VerifyDigitsAsync(
        HttpContext context, DbSession db, string email, string digits, string type, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var waiting = await db.QueryListAsync(
            $"""
            select t.id, t.user_id, t.token_type, t.otp_hash
            from auth.one_time_tokens t
            where t.relates_to = {email} and t.token_type = any ({TokenTypesOf(type)}) and t.otp_hash is not null and t.otp_expires_at > {now}
            order by t.created_at desc
            for update
            """,
            row => new { Id = row.GetGuid(0), UserId = row.GetGuid(1), Type = row.GetString(2), Hash = row.GetString(3) }, cancellationToken);
        foreach (var token in waiting)
        {
            if (!await limits.MayTryDigitsAsync(context, token.Id))
                continue;
            if (token.Hash == mails.HashDigits(token.UserId, token.Type, digits))
            {
                var taken = (await db.QuerySingleAsync(Take($"t.id = {token.Id}"), Read, cancellationToken))!;
                return await ApplyAsync(db, taken, type, "otp", origin, cancellationToken);
            }

            await db.ExecuteAsync(CountAttempt(token.Id, now), cancellationToken);
        }

        await db.CommitAsync(cancellationToken); // Although the request fails.
        throw AuthError.OtpExpired();
    }

    /// <summary>The nonce that <c>reauthenticate</c> mailed.</summary>
    internal async Task<bool> TakeNonceAsync(HttpContext context, DbSession db, Guid userId, string nonce, CancellationToken cancellationToken)
    {
        const string Type = "reauthentication_token";
        var token = await db.QuerySingleAsync(
            $"""
            select t.id, t.otp_hash
            from auth.one_time_tokens t
            where t.user_id = {userId} and t.token_type = {Type} and t.otp_hash is not null and t.otp_expires_at > {time.GetUtcNow()}
            order by t.created_at desc
            limit 1
            for update
            """, row => new { Id = row.GetGuid(0), Hash = row.GetString(1) }, cancellationToken);
        if (token is null || !await limits.MayTryDigitsAsync(context, token.Id))
            return false;
        var isRight = token.Hash == mails.HashDigits(userId, Type, nonce);
        await db.ExecuteAsync(isRight ? Spend(token.Id) : CountAttempt(token.Id, time.GetUtcNow()), cancellationToken);
        return isRight;
    }

    static Sql Spend(Guid id) => $"delete from auth.one_time_tokens where id = {id}";

    static Sql CountAttempt(Guid id, DateTimeOffset now)
        => $"""
            update auth.one_time_tokens
            set attempts = attempts + 1, otp_hash = case when attempts + 1 < {MostAttempts} then otp_hash end, updated_at = {now}
            where id = {id}
            """;

    static Sql Take(Sql which)
        => $"""
            delete from auth.one_time_tokens t
            using auth.users u
            where u.id = t.user_id and u.deleted_at is null and {which}
            returning t.id, t.user_id, t.token_type, t.flow_state_id, coalesce(u.email, ''), u.banned_until, u.email_confirmed_at is not null,
                u.invited_at
            """;

    static Taken Read(Npgsql.NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.GetString(4), row.GetInstant(5),
        row.GetBoolean(6), row.GetInstant(7));

    async Task<Verified> ApplyAsync(
        DbSession db, Taken taken, string type, string method, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (taken.BannedUntil > now)
            throw AuthError.UserBanned();
        // Who has used one needs no other, and the tries before it were theirs.
        await db.ExecuteAsync($"delete from auth.one_time_tokens where user_id = {taken.UserId} and token_type = {taken.TokenType}", cancellationToken);
        if (method.Length == 0)
            method = type switch { "signup" or "email" => "email/signup", _ => type };

        if (type == "email_change")
        {
            var isComplete = await emailChange.ConfirmAsync(db, taken.UserId, taken.TokenType == "email_change_token_new", cancellationToken);
            await db.ExecuteAsync(AuditLog.Insert(AuditEntry.Modified, taken.UserId, taken.Email, origin, now), cancellationToken);
            return new Verified(taken.UserId, taken.Email, method, taken.FlowId, isComplete);
        }

        if (!taken.IsConfirmed)
            await ConfirmAsync(db, taken, now, cancellationToken);
        else
            await db.ExecuteAsync(EmailIdentity.MarkVerified(taken.UserId, now), cancellationToken);
        var action = taken switch
        {
            { IsConfirmed: true } => AuditEntry.LoggedIn,
            { InvitedAt: not null } => AuditEntry.InviteAccepted,
            _ => AuditEntry.SignedUp,
        };
        await db.ExecuteAsync(AuditLog.Insert(action, taken.UserId, taken.Email, origin, now), cancellationToken);
        return new Verified(taken.UserId, taken.Email, method, taken.FlowId, IsComplete: true);
    }

    // A confirmation belongs to the sign-up whose password it is about. Any other mail shows only that the address is the reader's: a password
    // that somebody set before is then nobody's, and so are sessions that it may have begun, and passkeys.
    static async Task ConfirmAsync(DbSession db, Taken taken, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync(
            $"""
            with identity as (
                {EmailIdentity.MarkVerified(taken.UserId, now)}
            ),
            ended as (
                delete from auth.sessions
                where user_id = {taken.UserId} and {taken.TokenType} <> 'confirmation_token'
            )
            update auth.users
            set email_confirmed_at = {now}, updated_at = {now},
                encrypted_password = case when {taken.TokenType} = 'confirmation_token' then encrypted_password end,
                raw_user_meta_data = raw_user_meta_data
                    || case when raw_user_meta_data ? 'email_verified' then jsonb_build_object('email_verified', true) else jsonb_build_object() end
            where id = {taken.UserId}
            """, cancellationToken);
        // The account is locked now, so one that is being added goes, too.
        if (taken.TokenType != "confirmation_token")
            await Accounts.ForgetWaysInAsync(db, taken.UserId, cancellationToken);
    }
}
