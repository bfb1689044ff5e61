using System.Text.Json;
using Evolv.Auth.Tokens;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET /auth/v1/.well-known/openid-configuration: where others find the keys with which to check our tokens. Only what is true is in it: tokens
/// come from GoTrue's endpoints, so there is no token endpoint of OpenID Connect.
/// </summary>
static class OpenIdConfiguration
{
    internal sealed record Response(
        string Issuer, string AuthorizationEndpoint, string JwksUri, string[] ResponseTypesSupported, string[] SubjectTypesSupported,
        string[] IdTokenSigningAlgValuesSupported, string[] CodeChallengeMethodsSupported, string[] ClaimsSupported);

    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    internal static Task HandleAsync(HttpContext context, IOptions<AuthOptions> options)
        => ConditionalAnswer.WritePublicAsync(
            context.Response, JsonSerializer.SerializeToUtf8Bytes(Describe(options.Value.Issuer), AuthJson.Default.OpenIdConfigurationResponse),
            FreshFor, context.RequestAborted);

    static Response Describe(string issuer) => new(
        issuer, $"{issuer}/authorize", $"{issuer}/.well-known/jwks.json", ["code", "token"], ["public"], [KeyRing.Algorithm], ["S256", "plain"],
        ["sub", "aud", "iss", "exp", "iat", "email", "phone", "role", "aal", "amr", "session_id", "is_anonymous", "app_metadata", "user_metadata"]);
}
