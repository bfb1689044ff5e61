using Evolv.Auth.Grants;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/token: one door for every way to get a session.</summary>
static class Token
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, PasswordGrant password, RefreshTokenGrant refreshToken, CancellationToken cancellationToken)
    {
        var session = context.Request.Query["grant_type"].ToString() switch
        {
            "password" => await password.HandleAsync(context, cancellationToken),
            "refresh_token" => await refreshToken.HandleAsync(context, cancellationToken),
            _ => throw AuthError.OAuth("unsupported_grant_type", "grant_type must be password or refresh_token"),
        };
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }
}
