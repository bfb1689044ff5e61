using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>The person behind a token, found to exist still, with the session that the token names.</summary>
sealed record SignedIn(AuthUser User, Guid? SessionId, string? PasswordHash)
{
    /// <summary>Whether a second factor raised the session. The database says so, not the token, which may be of before.</summary>
    internal bool IsRaised { get; init; }

    /// <summary>Whether the person has a second factor and this session has not shown it.</summary>
    internal bool LacksSecondFactor => !IsRaised && User.HasVerifiedFactor;

    /// <exception cref="AuthError">No token, a bad one, or one whose session or user is gone.</exception>
    internal static async Task<SignedIn> RequireAsync(
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
                },
                HasSession = row.GetBoolean(AuthUser.ColumnCount + 1),
            },
            cancellationToken) ?? throw AuthError.UserNotFound();
        if (!found.HasSession)
            throw AuthError.SessionNotFound();
        return found.SignedIn.User.IsBannedAt(time.GetUtcNow()) ? throw AuthError.UserBanned() : found.SignedIn;
    }

    /// <summary>The account, its password's hash, and whether the session lives: one statement for the benchmark, too.</summary>
    // A token without a session cannot be ended, so it has none that could be missing.
    internal static Sql Find(Guid userId, Guid? sessionId, DateTimeOffset now)
        => $"""
            select {AuthUser.Columns},
                u.encrypted_password,
                {sessionId}::uuid is null
                    or exists (select from auth.sessions s where s.id = {sessionId} and s.user_id = u.id and (s.not_after is null or s.not_after > {now})),
                exists (select from auth.sessions s where s.id = {sessionId} and s.user_id = u.id and s.aal <> 'aal1')
            from auth.users u
            where u.id = {userId} and u.deleted_at is null
            """;
}
