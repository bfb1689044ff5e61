using Evolv.Platform.Data;

namespace Evolv.Auth.Mfa;

/// <summary>Whose second factors are used or changed.</summary>
static class FactorHolder
{
    /// <summary>A person with a session: guests have nothing yet that a second factor would keep.</summary>
    /// <exception cref="AuthError">As <see cref="SignedIn.RequireAsync"/>, or a guest, or a token without a session.</exception>
    internal static async Task<SignedIn> RequireAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        if (signedIn.User.IsAnonymous)
            throw AuthError.AnonymousRefused();
        return signedIn.SessionId is null ? throw AuthError.SessionNotFound() : signedIn;
    }

    /// <summary>
    /// Account and session, locked to the end of the transaction: whoever uses or changes a person's factors waits for one another, and for a
    /// refresh of the session. A statement of its own, so that the next one sees what the one before us committed.
    /// </summary>
    /// <returns>The person as they are now.</returns>
    internal static async Task<SignedIn> LockAsync(DbSession db, SignedIn signedIn, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isLocked = await db.QuerySingleAsync(
            $"""
            select true
            from auth.users u
            join auth.sessions s on s.user_id = u.id
            where u.id = {signedIn.User.Id} and s.id = {signedIn.SessionId}
            for no key update of u, s
            """, row => row.GetBoolean(0), cancellationToken);
        if (!isLocked)
            throw AuthError.SessionNotFound();
        return await db.QuerySingleAsync(SignedIn.Find(signedIn.User.Id, signedIn.SessionId, now),
            row => signedIn with { User = AuthUser.Read(row), IsRaised = row.GetBoolean(AuthUser.ColumnCount + 2) }, cancellationToken)
            ?? throw AuthError.UserNotFound();
    }

    /// <exception cref="AuthError">The person has none of this id.</exception>
    internal static Guid RequireFactorId(string factorId)
        => Guid.TryParseExact(factorId, "D", out var id) ? id : throw AuthError.NotUuid("factor_id");

    /// <summary>
    /// Takes a factor away. Sessions that it raised fall back; without another factor recovery codes would stand in for nothing, and go.
    /// </summary>
    internal static Sql Delete(Guid userId, Guid factorId, DateTimeOffset now)
        => $"""
            with lowered as (
                update auth.sessions
                set aal = 'aal1', factor_id = null, updated_at = {now}
                where user_id = {userId} and factor_id = {factorId}
                returning id
            ),
            methods as (
                delete from auth.mfa_amr_claims m
                using lowered l
                where m.session_id = l.id and m.authentication_method in ({FactorVerification.TotpMethod}, {FactorVerification.RecoveryCodeMethod})
            ),
            codes as (
                delete from auth.mfa_recovery_codes
                where user_id = {userId} and not exists (
                    select
                    from auth.mfa_factors f
                    where f.user_id = {userId} and f.id <> {factorId} and f.status = 'verified'
                )
            )
            delete from auth.mfa_factors
            where id = {factorId} and user_id = {userId}
            """;
}
