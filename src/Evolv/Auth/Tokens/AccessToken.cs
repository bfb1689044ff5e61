using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Evolv.Auth.Tokens;

/// <summary>The claims of an access token, in GoTrue's names. <c>user_metadata</c> is the person's own: authorize by it never.</summary>
sealed record AccessTokenClaims(
    string Iss, Guid Sub, string Aud, long Exp, long Iat, string Email, string Phone, JsonElement AppMetadata, JsonElement UserMetadata,
    string Role, string Aal, JsonElement Amr, Guid SessionId, bool IsAnonymous);

/// <summary>Makes access tokens.</summary>
sealed class AccessToken(SigningKeys keys, IOptions<AuthOptions> options)
{
    readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    internal string Create(AuthUser user, SessionState session, DateTimeOffset now)
    {
        var issuedAt = now.ToUnixTimeSeconds();
        var claims = new AccessTokenClaims(
            options.Value.Issuer, user.Id, user.Aud, issuedAt + options.Value.JwtExpirySeconds, issuedAt, user.Email, user.Phone,
            user.AppMetadata, user.UserMetadata, user.Role, session.Aal, session.Amr, session.Id, user.IsAnonymous);
        return _handler.CreateToken(JsonSerializer.Serialize(claims, AuthJson.Default.AccessTokenClaims), keys.Current.Signing);
    }
}
