using Evolv.Auth.Grants;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/token: one door for every way to get a session.</summary>
static class Token
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, PasswordGrant password, RefreshTokenGrant refreshToken, PkceGrant pkce, IdTokenGrant idToken, AuthLimits limits,
        CancellationToken cancellationToken)
    {
        var grantType = context.Request.Query["grant_type"].ToString();
        if (grantType != "password") // Wrong ones are counted apart.
            await limits.TokenAsync(context, isRefresh: grantType == "refresh_token");
        var session = grantType switch
        {
            "password" => await password.HandleAsync(context, cancellationToken),
            "refresh_token" => await refreshToken.HandleAsync(context, cancellationToken),
            "pkce" => await pkce.HandleAsync(context, cancellationToken),
            "id_token" => await idToken.HandleAsync(context, cancellationToken),
            "web3" => throw AuthError.Web3Disabled(),
            _ => throw AuthError.OAuth("unsupported_grant_type", "grant_type must be password, refresh_token, pkce or id_token"),
        };
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }
}
