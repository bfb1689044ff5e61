using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;

namespace Evolv.Auth.Mfa;

/// <summary>
/// Checks the code that answers a challenge and raises the session to aal2. Every code is good once. A challenge takes five wrong ones, a person
/// thirty an hour over all challenges: who has the password cannot guess on. The challenge need not be answered from where it was made (GoTrue can
/// ask for that): phones change their address between two requests.
/// </summary>
sealed class FactorVerification(Database database, Sessions sessions, TimeProvider time)
{
    // As they stand in the claim amr.
    internal const string TotpMethod = "totp";
    internal const string RecoveryCodeMethod = "mfa/recovery_code";

    internal static readonly TimeSpan ChallengeLife = TimeSpan.FromMinutes(5);

    /// <summary>How long wrong codes count.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    const int MostWrongOfChallenge = 5;
    const int MostWrongOfPerson = 30;

    sealed record State(
        bool IsVerified, TotpSecret Secret, long? LastUsedStep, DateTimeOffset? ChallengedAt, bool IsAnswered, int Wrong, int WrongOfPerson);

    internal async Task<SessionResponse> VerifyAsync(
        SignedIn signedIn, Guid factorId, Guid challengeId, string code, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var now = time.GetUtcNow();
        var state = await FindAsync(db, signedIn.User.Id, factorId, challengeId, now, cancellationToken) ?? throw AuthError.MfaFactorNotFound();
        if (!state.IsVerified && signedIn.LacksSecondFactor)
            throw AuthError.InsufficientAalToEnroll();
        if (state.ChallengedAt is not { } challengedAt)
            throw AuthError.MfaChallengeNotFound();
        if (state.IsAnswered || state.Wrong >= MostWrongOfChallenge || challengedAt + ChallengeLife < now)
            throw AuthError.MfaChallengeExpired(challengeId);
        // A recovery code cannot be guessed: who has one gets in, however many codes a stranger has tried.
        if (state.WrongOfPerson >= MostWrongOfPerson && !RecoveryCode.IsOne(code))
            throw AuthError.RateLimited((int)Memory.TotalSeconds);

        var traits = new JsonObject { ["factor_id"] = factorId, ["challenge_id"] = challengeId, ["factor_type"] = "totp" };
        if (await SpendAsync(db, signedIn.User.Id, factorId, state, code, now, cancellationToken) is not { } method)
        {
            await db.ExecuteAsync(
                $"""
                with audit as (
                    {AuditLog.Insert(AuditEntry.FactorRefused, Actor.Of(signedIn.User), origin, now, traits)}
                )
                update auth.mfa_challenges set attempts = attempts + 1 where id = {challengeId}
                """, cancellationToken);
            await db.CommitAsync(cancellationToken); // Although the request fails.
            throw AuthError.MfaVerificationFailed();
        }

        if (method == RecoveryCodeMethod)
            traits["recovery_code"] = true;
        var refreshToken = RefreshTokens.New();
        await db.ExecuteAsync(
            $"update auth.mfa_challenges set verified_at = {now} where id = {challengeId}", cancellationToken);
        var audit = AuditLog.Insert(AuditEntry.FactorVerified, Actor.Of(signedIn.User), origin, now, traits);
        if (await db.ExecuteAsync(Raise(signedIn, factorId, method, refreshToken, audit, now), cancellationToken) == 0)
            throw AuthError.SessionNotFound();
        var response = await sessions.RespondAsync(db, signedIn.SessionId!.Value, method, refreshToken, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return response;
    }

    static Task<State?> FindAsync(
        DbSession db, Guid userId, Guid factorId, Guid challengeId, DateTimeOffset now, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            select f.status = 'verified', coalesce(f.secret, ''), f.last_used_step, c.created_at, c.verified_at is not null,
                coalesce(c.attempts, 0)::int,
                (
                    select coalesce(sum(w.attempts), 0)::int
                    from auth.mfa_challenges w
                    join auth.mfa_factors o on o.id = w.factor_id
                    where o.user_id = f.user_id and w.created_at > {now - Memory}
                )
            from auth.mfa_factors f
            left join auth.mfa_challenges c on c.factor_id = f.id and c.id = {challengeId}
            where f.id = {factorId} and f.user_id = {userId} and f.factor_type = 'totp'
            """,
            row => new State(
                row.GetBoolean(0), new TotpSecret(row.GetString(1)), row.IsDBNull(2) ? null : row.GetInt64(2), row.GetInstant(3), row.GetBoolean(4),
                row.GetInt32(5), row.GetInt32(6)),
            cancellationToken);

    // What the code is, once it has been used up; null when it is good for nothing. The account is locked, so of twenty at once one is first.
    static async Task<string?> SpendAsync(
        DbSession db, Guid userId, Guid factorId, State state, string code, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (state.Secret.FindStep(RecoveryCode.Plain(code), now) is { } step)
        {
            if (step <= state.LastUsedStep)
                return null;
            await db.ExecuteAsync(
                $"""
                update auth.mfa_factors
                set status = 'verified', last_used_step = {step}, updated_at = {now}
                where id = {factorId}
                """, cancellationToken);
            return TotpMethod;
        }

        // It stands in for a device that worked once; a new device must show that it does.
        if (!state.IsVerified || !RecoveryCode.IsOne(code))
            return null;
        var spent = await db.ExecuteAsync(
            $"""
            update auth.mfa_recovery_codes
            set used_at = {now}
            where user_id = {userId} and code_hash = {RecoveryCode.Hash(userId, code)} and used_at is null
            """, cancellationToken);
        return spent == 1 ? RecoveryCodeMethod : null;
    }

    // The new refresh token is a child of the one the client has, so that a client whose answer was lost refreshes as ever. What the person has
    // open elsewhere without a second factor ends, as do factors that nobody finished. A session whose tokens were revoked as stolen stays dead.
    static Sql Raise(SignedIn signedIn, Guid factorId, string method, string refreshToken, Sql audit, DateTimeOffset now)
    {
        var (userId, sessionId) = (signedIn.User.Id, signedIn.SessionId);
        return $"""
            with method as (
                insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
                values ({Guid.CreateVersion7(now)}, {sessionId}, {method}, {now}, {now})
                on conflict (session_id, authentication_method) do update
                set created_at = excluded.created_at, updated_at = excluded.updated_at
            ),
            spent as (
                update auth.refresh_tokens
                set revoked = true, updated_at = {now}
                where session_id = {sessionId} and not revoked
            ),
            child as (
                insert into auth.refresh_tokens (token, user_id, session_id, parent, created_at, updated_at)
                values (
                    {RefreshTokens.Hash(refreshToken)}, {userId}, {sessionId},
                    (select t.token from auth.refresh_tokens t where t.session_id = {sessionId} and not t.revoked order by t.id desc limit 1),
                    {now}, {now})
            ),
            others as (
                delete from auth.sessions
                where user_id = {userId} and id <> {sessionId} and aal = 'aal1'
            ),
            unfinished as (
                delete from auth.mfa_factors
                where user_id = {userId} and id <> {factorId} and status = 'unverified'
            ),
            audit as (
                {audit}
            )
            update auth.sessions
            set aal = 'aal2', factor_id = {factorId}, updated_at = {now}
            where id = {sessionId} and exists (select from auth.refresh_tokens t where t.session_id = {sessionId} and not t.revoked)
            """;
    }
}
