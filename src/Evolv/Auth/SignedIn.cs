using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>The person behind a token, found to exist still, with the session that the token names.</summary>
/// <remarks>A client that a person let in (OAuth) comes with a token of theirs, too. It may do what the few callers of
/// <see cref="RequireOrClientAsync"/> are there for, and must not change whose account it is or who else gets in.</remarks>
sealed record SignedIn(AuthUser User, Guid? SessionId, string? PasswordHash)
{
    /// <summary>Whether a second factor raised the session. The database says so, not the token, which may be of before.</summary>
    internal bool IsRaised { get; init; }

    /// <summary>The client whose session it is; null for the person's own.</summary>
    internal Guid? ClientId { get; init; }

    /// <summary>What the client was granted, separated by spaces.</summary>
    internal string Scopes { get; init; } = "";

    /// <summary>Whether the person has a second factor and this session has not shown it.</summary>
    internal bool LacksSecondFactor => !IsRaised && User.HasVerifiedFactor;

    /// <exception cref="AuthError">No token, a bad one, one whose session or user is gone, or a client's.</exception>
    internal static async Task<SignedIn> RequireAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await RequireOrClientAsync(context, database, time, cancellationToken);
        return signedIn.ClientId is null ? signedIn : throw AuthError.OAuthClientRefused();
    }

    /// <summary>The same where clients are let in, too.</summary>
    /// <exception cref="AuthError">No token, a bad one, or one whose session or user is gone.</exception>
    internal static async Task<SignedIn> RequireOrClientAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var feature = context.Features.Get<CallerFeature>();
        if (feature is null or { HasToken: false })
            throw AuthError.NoAuthorization();
        if (feature.Refusal is { } refusal)
            throw AuthError.BadJwt(refusal);
        if (feature.Caller.UserId is not { } userId)
            throw AuthError.MissingSubject();

        var found = await database.QuerySingleAsync(Caller.AuthAdmin, Find(userId, feature.SessionId, time.GetUtcNow()),
            row => new
            {
                SignedIn = new SignedIn(AuthUser.Read(row), feature.SessionId, row.GetText(AuthUser.ColumnCount))
                {
                    IsRaised = row.GetBoolean(AuthUser.ColumnCount + 2),
                    ClientId = row.IsDBNull(AuthUser.ColumnCount + 3) ? null : row.GetGuid(AuthUser.ColumnCount + 3),
                    Scopes = row.GetText(AuthUser.ColumnCount + 4) ?? "",
                },
                HasSession = row.GetBoolean(AuthUser.ColumnCount + 1),
            },
            cancellationToken) ?? throw AuthError.UserNotFound();
        if (!found.HasSession)
            throw AuthError.SessionNotFound();
        return found.SignedIn.User.IsBannedAt(time.GetUtcNow()) ? throw AuthError.UserBanned() : found.SignedIn;
    }

    /// <summary>The account, its password's hash, whether the session lives, and whose it is: one statement for the benchmark, too.</summary>
    // A token without a session cannot be ended, so it has none that could be missing.
    internal static Sql Find(Guid userId, Guid? sessionId, DateTimeOffset now)
        => $"""
            select {AuthUser.Columns},
                u.encrypted_password,
                {sessionId}::uuid is null
                    or exists (select from auth.sessions s where s.id = {sessionId} and s.user_id = u.id and (s.not_after is null or s.not_after > {now})),
                exists (select from auth.sessions s where s.id = {sessionId} and s.user_id = u.id and s.aal <> 'aal1'),
                c.oauth_client_id, c.scopes
            from auth.users u
            left join auth.sessions c on c.id = {sessionId} and c.oauth_client_id is not null
            where u.id = {userId} and u.deleted_at is null
            """;
}
