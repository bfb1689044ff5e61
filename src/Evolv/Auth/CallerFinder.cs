using System.Collections.Concurrent;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>Whom tokens and keys stand for that come in messages instead of headers, and which sessions have ended since.</summary>
sealed class CallerFinder(SigningKeys keys, TokenVerifier verifier, Revocations revocations, Database database, TimeProvider time)
{
    // With which key each session came, until that token expires: a key that is revoked ends what it let in.
    readonly ConcurrentDictionary<(Guid SessionId, string Kid), DateTimeOffset> _signedBy = new();
    readonly ConcurrentDictionary<Guid, bool> _apiKeys = new(); // that somebody came with

    /// <inheritdoc cref="FindCaller"/>
    internal async ValueTask<FoundCaller> FindAsync(string tokenOrKey)
    {
        if (keys.Current.FindApiKey(tokenOrKey) is { } known)
        {
            _apiKeys[known.Id] = true;
            return new FoundCaller(known.Caller, null, known.Id);
        }

        var (verified, refusal) = await verifier.VerifyAsync(tokenOrKey, leeway: null);
        if (verified is null)
            return new FoundCaller(null, refusal);
        if (verified.ExpiresAt <= time.GetUtcNow())
            return new FoundCaller(null, "JWT expired", verified.SessionId, verified.ExpiresAt);
        if (revocations.Refuse(verified) is { } why)
            return new FoundCaller(null, why);
        if (verified is { SessionId: { } sessionId, Kid: { } kid, ExpiresAt: { } expiresAt })
            _signedBy[(sessionId, kid)] = expiresAt;
        return new FoundCaller(verified.Caller, null, verified.SessionId, verified.ExpiresAt);
    }

    /// <inheritdoc cref="FindEndedSessions"/>
    internal async Task<IReadOnlyList<Guid>> FindEndedAsync(IReadOnlyCollection<Guid> sessionIds, CancellationToken cancellationToken)
    {
        var ring = keys.Current;
        var apiKeys = sessionIds.Where(_apiKeys.ContainsKey).ToList();
        var sessions = sessionIds.Except(apiKeys).ToArray();
        var revoked = apiKeys.Where(key => !ring.HasApiKey(key)).Concat(TakeThoseOfRevokedKeys(ring).Intersect(sessions)).ToList();
        if (sessions.Length == 0)
            return revoked;
        await using var session = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var ended = await session.QueryListAsync(
            $"""
            select asked.id
            from unnest({sessions}) asked (id)
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
        return [.. ended.Union(revoked)];
    }

    List<Guid> TakeThoseOfRevokedKeys(KeyRing ring)
    {
        var (now, revoked) = (time.GetUtcNow(), new List<Guid>());
        foreach (var (key, expiresAt) in _signedBy)
        {
            var isRevoked = !ring.Verifying.ContainsKey(key.Kid);
            if (isRevoked)
                revoked.Add(key.SessionId);
            if (isRevoked || expiresAt <= now)
                _signedBy.TryRemove(key, out _);
        }

        return revoked;
    }
}
