using System.Text.Json.Nodes;
using Evolv.Auth.Mfa;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/factors/{factor_id}/challenge: asks to be asked for a code.</summary>
static class FactorChallenge
{
    /// <param name="Id">The challenge.</param>
    /// <param name="Type">Of the factor.</param>
    /// <param name="ExpiresAt">In seconds since 1970.</param>
    internal sealed record Response(Guid Id, string Type, long ExpiresAt);

    internal static async Task<IResult> HandleAsync(
        string factorId, HttpContext context, Database database, AuthLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        await limits.FactorAsync(context);
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var response = await CreateAsync(context, database, signedIn, FactorHolder.RequireFactorId(factorId), time, cancellationToken);
        return TypedResults.Json(response, AuthJson.Default.ChallengeResponse);
    }

    internal static async Task<Response> CreateAsync(
        HttpContext context, Database database, SignedIn signedIn, Guid factorId, TimeProvider time, CancellationToken cancellationToken)
    {
        var (origin, now) = (RequestOrigin.Of(context), time.GetUtcNow());
        var (userId, id) = (signedIn.User.Id, Guid.CreateVersion7(now));
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var status = await db.QuerySingleAsync(
            $"""
            with forgotten as (
                delete from auth.mfa_challenges c
                using auth.mfa_factors f
                where c.factor_id = f.id and f.user_id = {userId} and c.created_at < {now - FactorVerification.Memory}
            ),
            factor as (
                update auth.mfa_factors
                set last_challenged_at = {now}
                where id = {factorId} and user_id = {userId} and factor_type = 'totp'
                returning id, status
            ),
            challenge as (
                insert into auth.mfa_challenges (id, factor_id, created_at, ip_address)
                select {id}, id, {now}, coalesce({origin.Address}::inet, '0.0.0.0')
                from factor
            )
            select status from factor
            """, row => row.GetString(0), cancellationToken) ?? throw AuthError.MfaFactorNotFound();
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.FactorChallenged, Actor.Of(signedIn.User), origin, now,
                new JsonObject { ["factor_id"] = factorId, ["factor_status"] = status }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return new Response(id, "totp", (now + FactorVerification.ChallengeLife).ToUnixTimeSeconds());
    }
}
