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
        {
            var metadata = JsonNode.Parse(signedIn.User.UserMetadata.GetRawText());
            // They have their own scopes, and here the person writes what they like.
            foreach (var name in (ReadOnlySpan<string>)["sub", "email", "email_verified", "phone", "phone_verified"])
                (metadata as JsonObject)?.Remove(name);
            claims["user_metadata"] = metadata;
        }

        return TypedResults.Json(claims, AuthJson.Default.JsonObject);
    }
}
