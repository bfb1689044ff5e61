using Evolv.Auth.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Evolv.Auth.OAuthServer;

/// <summary>
/// Makes ID tokens: they tell a client who signed in. Signed with the key of access tokens, and no access token: without a role, and for the
/// client alone (<c>aud</c>).
/// </summary>
sealed class OpenIdToken(SigningKeys keys, IOptions<AuthOptions> options, TimeProvider time)
{
    static readonly TimeSpan Life = TimeSpan.FromHours(1); // GoTrue's figure.

    readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="user">Who signed in.</param>
    /// <param name="clientId">For whom.</param>
    /// <param name="scopes">What it may tell.</param>
    /// <param name="nonce">What the client asked to find in it.</param>
    /// <param name="authTime">When the person showed who they are, which may be long before they approved.</param>
    internal string Sign(AuthUser user, Guid clientId, string scopes, string? nonce, DateTimeOffset authTime)
    {
        var now = time.GetUtcNow();
        var claims = PersonClaims.Of(user, scopes);
        claims["iss"] = options.Value.Issuer;
        claims["aud"] = clientId;
        claims["client_id"] = clientId;
        claims["iat"] = now.ToUnixTimeSeconds();
        claims["exp"] = (now + Life).ToUnixTimeSeconds();
        claims["auth_time"] = authTime.ToUnixTimeSeconds();
        if (nonce is not null)
            claims["nonce"] = nonce;
        return _handler.CreateToken(claims.ToJsonString(), keys.Current.Signing);
    }
}
