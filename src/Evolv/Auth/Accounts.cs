using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth;

/// <summary>An account as flows by mail see it.</summary>
/// <param name="IsSelfMade">Whether its owner signed up, and not an administrator for them; the latter's metadata have no <c>sub</c>.</param>
sealed record Account(
    Guid Id, string Email, bool IsConfirmed, bool IsInvited, string? Locale, string? NewEmail, DateTimeOffset? BannedUntil, bool IsSelfMade);

/// <summary>Finds accounts by their address.</summary>
static class Accounts
{
    /// <summary>Locked until the transaction ends, so that two mails at once are one after the other. Null for nobody.</summary>
    internal static Task<Account?> FindAsync(DbSession db, string email, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            select u.id, coalesce(u.email, ''), u.email_confirmed_at is not null, u.invited_at is not null, u.raw_user_meta_data ->> 'locale',
                nullif(u.email_change, ''), u.banned_until, u.raw_user_meta_data ->> 'sub' is not distinct from u.id::text
            from auth.users u
            where lower(u.email) = {email} and not u.is_sso_user and u.deleted_at is null
            for update
            """,
            row => new Account(
                row.GetGuid(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3), row.GetText(4), row.GetText(5), row.GetInstant(6),
                row.GetBoolean(7)),
            cancellationToken);

    internal static async Task<AuthUser> ReadAsync(DbSession db, Guid id, CancellationToken cancellationToken)
        => await db.QuerySingleAsync($"select {AuthUser.Columns} from auth.users u where u.id = {id}", AuthUser.Read, cancellationToken)
            ?? throw AuthError.UserNotFound();

    /// <summary>Until the transaction ends, nobody else begins or ends a session of the account.</summary>
    internal static Task<int> LockAsync(DbSession db, Guid id, CancellationToken cancellationToken)
        => db.ExecuteAsync($"select from auth.users where id = {id} for no key update", cancellationToken);

    /// <summary>
    /// Ends all that lets somebody into an account besides its password and its passkeys: sessions, links and digits from mails, flows that were begun, and a
    /// change of address that waits. Lock the account before, so that a sign-in in flight ends, too.
    /// </summary>
    /// <param name="keep">A session that goes on.</param>
    internal static Task<int> CloseAsync(DbSession db, Guid id, Guid? keep, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            with sessions as (
                delete from auth.sessions where user_id = {id} and id is distinct from {keep}
            ),
            tokens as (
                delete from auth.one_time_tokens where user_id = {id}
            ),
            flows as (
                delete from auth.flow_state where {id} in (user_id, linking_target_id)
            ),
            ceremonies as (
                delete from auth.webauthn_challenges where user_id = {id}
            ),
            authorizations as (
                delete from auth.oauth_authorizations where user_id = {id}
            )
            update auth.users
            set email_change = null, email_change_confirm_status = 0
            where id = {id} and email_change <> ''
            """, cancellationToken);

    /// <summary>
    /// What somebody left who may have signed up with another's address, besides the password: passkeys, and the tools that they let in. Lock
    /// the account before, so that what is added at the same moment goes, too.
    /// </summary>
    internal static Task<int> ForgetWaysInAsync(DbSession db, Guid id, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            with passkeys as (
                delete from auth.webauthn_credentials where user_id = {id}
            ),
            authorizations as (
                delete from auth.oauth_authorizations where user_id = {id}
            ),
            sessions as (
                delete from auth.sessions where user_id = {id} and oauth_client_id is not null
            )
            delete from auth.oauth_consents where user_id = {id}
            """, cancellationToken);

    /// <summary>Makes the account.</summary>
    /// <param name="taken">What is said when the address is somebody's by now.</param>
    internal static async Task InsertAsync(DbSession db, NewAccount account, Func<AuthError> taken, CancellationToken cancellationToken)
    {
        try
        {
            await db.ExecuteAsync(account.Insert(), cancellationToken);
        }
        catch (PostgresException exception) when (IsTakenAddress(exception))
        {
            throw taken();
        }
    }

    /// <summary>Whether this is two accounts with one address.</summary>
    internal static bool IsTakenAddress(PostgresException exception)
        => exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email_idx" };
}
