using Evolv.Auth.Grants;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/oauth/token: the door of clients, as RFC 6749 has it. People's own sessions have /token.</summary>
static class OAuthToken
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AuthorizationCodeGrant authorizationCode, RefreshTokenGrant refreshToken, AuthLimits limits,
        CancellationToken cancellationToken)
    {
        await limits.TokenAsync(context, isRefresh: false);
        var request = await TokenRequest.ReadAsync(context.Request, cancellationToken);
        if (request.GrantType is null)
            throw AuthError.OAuth("invalid_request", "grant_type is required");
        if (request.GrantType is not (OAuthClient.AuthorizationCode or OAuthClient.RefreshToken))
            throw AuthError.OAuth("unsupported_grant_type", "grant_type must be authorization_code or refresh_token");
        var client = await ClientAuthentication.RequireAsync(context, request, database, cancellationToken);
        if (!client.GrantTypes.Contains(request.GrantType))
            throw AuthError.OAuth("unsupported_grant_type", $"Client is not allowed to use grant type: {request.GrantType}");
        var origin = RequestOrigin.Of(context);
        var tokens = request.GrantType == OAuthClient.AuthorizationCode
            ? await authorizationCode.HandleAsync(client, request, origin, cancellationToken)
            : await RefreshAsync(refreshToken, client, request, origin, cancellationToken);
        context.Response.Headers.Pragma = "no-cache"; // RFC 6749 5.1.
        return TypedResults.Json(tokens, AuthJson.Default.TokenResponse);
    }

    static async Task<TokenResponse> RefreshAsync(
        RefreshTokenGrant grant, OAuthClient client, TokenRequest request, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (request.RefreshToken is null)
            throw AuthError.OAuth("invalid_request", "refresh_token is required for refresh_token grant");
        try
        {
            return AuthorizationCodeGrant.Tokens(client, await grant.RefreshAsync(request.RefreshToken, client.Id, origin, cancellationToken));
        }
        catch (AuthError error) when (error.Code is "refresh_token_not_found" or "refresh_token_already_used" or "session_expired" or "user_banned")
        {
            // RFC 6749's word for all of them: the client has to ask the person again.
            throw AuthError.InvalidGrant(error.Message);
        }
    }
}
