using Evolv.Auth.Tokens;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>Whom tokens and keys stand for that come in messages instead of headers, and which sessions have ended since.</summary>
sealed class CallerFinder(SigningKeys keys, TokenVerifier verifier, Database database, TimeProvider time)
{
    /// <inheritdoc cref="FindCaller"/>
    internal async ValueTask<FoundCaller> FindAsync(string tokenOrKey)
    {
        if (keys.Current.FindCaller(tokenOrKey) is { } known)
            return new FoundCaller(known);
        var (verified, refusal) = await verifier.VerifyAsync(tokenOrKey, leeway: null);
        if (verified is null)
            return new FoundCaller(null, refusal);
        return verified.ExpiresAt > time.GetUtcNow()
            ? new FoundCaller(verified.Caller, null, verified.SessionId, verified.ExpiresAt)
            : new FoundCaller(null, "JWT expired", verified.SessionId, verified.ExpiresAt);
    }

    /// <inheritdoc cref="FindEndedSessions"/>
    internal async Task<IReadOnlyList<Guid>> FindEndedAsync(IReadOnlyCollection<Guid> sessionIds, CancellationToken cancellationToken)
    {
        await using var session = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        return await session.QueryListAsync(
            $"""
            select asked.id
            from unnest({sessionIds.ToArray()}) asked (id)
            where not exists (
                select
                from auth.sessions s
                join auth.users u on u.id = s.user_id
                where s.id = asked.id
                    and (s.not_after is null or s.not_after > {time.GetUtcNow()})
                    and (u.banned_until is null or u.banned_until <= {time.GetUtcNow()})
                    and u.deleted_at is null
            )
            """, row => row.GetGuid(0), cancellationToken);
    }
}
