using System.Text.Json.Nodes;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET and POST /auth/v1/oauth/userinfo: what the person granted the client to know of them (OpenID Connect Core, 5.3).</summary>
static class OAuthUserInfo
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireOrClientAsync(context, database, time, cancellationToken);
        var claims = PersonClaims.Of(signedIn.User, signedIn.Scopes);
        if (OAuthServer.Scopes.Split(signedIn.Scopes).Contains(OAuthServer.Scopes.Profile)) // GoTrue's own claim.
            claims["user_metadata"] = JsonNode.Parse(signedIn.User.UserMetadata.GetRawText());
        return TypedResults.Json(claims, AuthJson.Default.JsonObject);
    }
}
