namespace Evolv.Platform.Data;

/// <summary>Whom a token or a key of this installation stands for, and how long.</summary>
/// <param name="Caller">Null when it is refused.</param>
/// <param name="Refusal">Why, in words fit for the client.</param>
/// <param name="SessionId">What may end before: the claim <c>session_id</c> of a person's access token, or the id of an API key.</param>
/// <param name="ExpiresAt">When it ends; null for keys, and for what is refused for another reason than its age.</param>
sealed record FoundCaller(Caller? Caller, string? Refusal = null, Guid? SessionId = null, DateTimeOffset? ExpiresAt = null);

/// <summary>Finds out whom a token or key stands for, without leeway for its age. Filled by the auth family, for those who get tokens in messages.</summary>
delegate ValueTask<FoundCaller> FindCaller(string tokenOrKey);

/// <summary>
/// Which of these sessions have ended: signed out, account deleted or banned, key revoked. Filled by the auth family, for those who keep
/// a caller longer than a request.
/// </summary>
delegate Task<IReadOnlyList<Guid>> FindEndedSessions(IReadOnlyCollection<Guid> sessionIds, CancellationToken cancellationToken);
