using Evolv.Auth.Flows;
using Evolv.Platform.Data;

namespace Evolv.Auth.Grants;

/// <summary>grant_type=pkce: a code from a link or a provider, and the proof that this client began the flow. A code is good once.</summary>
sealed class PkceGrant(Database database, Sessions sessions, TimeProvider time)
{
    internal sealed record Request(string? AuthCode = null, string? CodeVerifier = null);

    sealed record Flow(
        Guid Id, Guid UserId, string Email, CodeChallenge? Challenge, string Method, DateTimeOffset IssuedAt, DateTimeOffset? BannedUntil,
        string? ProviderToken, string? ProviderRefreshToken);

    internal async Task<SessionResponse> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.PkceRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.AuthCode) || string.IsNullOrEmpty(request.CodeVerifier))
            throw AuthError.Invalid("invalid request: both auth code and code verifier should be non-empty");

        var origin = RequestOrigin.Of(context);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // Whoever deletes it has it: of twenty at once one wins, and a wrong verifier spends the code, too.
        var flow = await TakeAsync(db, request.AuthCode, cancellationToken) ?? throw AuthError.FlowStateNotFound();
        var now = time.GetUtcNow();
        if (flow.IssuedAt + FlowStates.CodeLife < now || flow.Challenge?.IsMetBy(request.CodeVerifier) != true)
        {
            await db.CommitAsync(cancellationToken); // Although the request fails.
            throw flow.IssuedAt + FlowStates.CodeLife < now ? AuthError.FlowStateExpired() : AuthError.BadCodeVerifier();
        }

        if (flow.BannedUntil > now)
            throw AuthError.BannedFromSigningIn();
        var session = await sessions.StartAsync(
            db, new SignIn(flow.UserId, flow.Method), origin,
            AuditLog.Insert(AuditEntry.LoggedIn, flow.UserId, flow.Email, origin, now), cancellationToken) ?? throw AuthError.FlowStateNotFound();
        await db.CommitAsync(cancellationToken);
        return session with
        {
            ProviderToken = flow.ProviderToken is { } token ? Secret.Open(token, request.AuthCode) : null,
            ProviderRefreshToken = flow.ProviderRefreshToken is { } refresh ? Secret.Open(refresh, request.AuthCode) : null,
        };
    }

    static Task<Flow?> TakeAsync(DbSession db, string code, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            delete from auth.flow_state f
            using auth.users u
            where f.auth_code = {Secret.Hash(code)} and u.id = f.user_id and u.deleted_at is null
            returning f.id, u.id, coalesce(u.email, ''), f.code_challenge_method, f.code_challenge, f.authentication_method,
                f.auth_code_issued_at, u.banned_until, f.provider_access_token, f.provider_refresh_token
            """,
            row => new Flow(
                row.GetGuid(0), row.GetGuid(1), row.GetString(2),
                row.GetText(3) is { } method ? new CodeChallenge(method, row.GetString(4)) : null,
                row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), row.GetInstant(7), row.GetText(8), row.GetText(9)),
            cancellationToken);
}
