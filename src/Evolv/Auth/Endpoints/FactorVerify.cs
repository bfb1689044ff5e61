using Evolv.Auth.Mfa;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/factors/{factor_id}/verify: answers a challenge, with a code of the authenticator or a recovery code.</summary>
static class FactorVerify
{
    internal sealed record Request(string? ChallengeId = null, string? Code = null);

    internal static async Task<IResult> HandleAsync(
        string factorId, HttpContext context, Database database, FactorVerification verification, AuthLimits limits, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await limits.FactorAsync(context);
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var id = FactorHolder.RequireFactorId(factorId);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.FactorVerifyRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Code))
            throw AuthError.Invalid("Code needs to be non-empty");
        if (!Guid.TryParseExact(request.ChallengeId, "D", out var challengeId))
            throw AuthError.Invalid("challenge_id must be an UUID");
        var session = await verification.VerifyAsync(signedIn, id, challengeId, request.Code, RequestOrigin.Of(context), cancellationToken);
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }
}
