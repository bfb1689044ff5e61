using System.Text.Json;
using Evolv.Auth.OAuthServer;
using Evolv.Auth.Tokens;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET /auth/v1/.well-known/openid-configuration and oauth-authorization-server (RFC 8414): where clients find the OAuth server, and everybody
/// the keys with which to check our tokens. Only what is true is in it: without the OAuth server, tokens come from GoTrue's endpoints, and there
/// is no token endpoint of OpenID Connect.
/// </summary>
static class OpenIdConfiguration
{
    internal sealed record Response(string Issuer, string AuthorizationEndpoint)
    {
        public string? TokenEndpoint { get; init; }
        public string? UserinfoEndpoint { get; init; }
        public string? RegistrationEndpoint { get; init; }
        public required string JwksUri { get; init; }
        public string[]? ScopesSupported { get; init; }
        public required string[] ResponseTypesSupported { get; init; }
        public string[]? ResponseModesSupported { get; init; }
        public string[]? GrantTypesSupported { get; init; }
        public string[] SubjectTypesSupported { get; } = ["public"];
        public string[] IdTokenSigningAlgValuesSupported { get; } = [KeyRing.Algorithm];
        public string[]? TokenEndpointAuthMethodsSupported { get; init; }
        public required string[] CodeChallengeMethodsSupported { get; init; }
        public required string[] ClaimsSupported { get; init; }
    }

    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    internal static Task HandleAsync(HttpContext context, IOptions<AuthOptions> options, IOptions<OAuthServerOptions> server)
    {
        var issuer = options.Value.Issuer;
        var described = server.Value.Enabled ? DescribeServer(issuer, server.Value.AllowDynamicRegistration) : DescribeKeys(issuer);
        return ConditionalAnswer.WritePublicAsync(
            context.Response, JsonSerializer.SerializeToUtf8Bytes(described, AuthJson.Default.OpenIdConfigurationResponse), FreshFor,
            context.RequestAborted);
    }

    static Response DescribeServer(string issuer, bool allowsRegistration) => new(issuer, $"{issuer}/oauth/authorize")
    {
        TokenEndpoint = $"{issuer}/oauth/token",
        UserinfoEndpoint = $"{issuer}/oauth/userinfo",
        RegistrationEndpoint = allowsRegistration ? $"{issuer}/oauth/clients/register" : null,
        JwksUri = JwksOf(issuer),
        ScopesSupported = Scopes.Supported,
        ResponseTypesSupported = ["code"],
        ResponseModesSupported = ["query"],
        GrantTypesSupported = [OAuthClient.AuthorizationCode, OAuthClient.RefreshToken],
        TokenEndpointAuthMethodsSupported = [OAuthClient.Basic, OAuthClient.Post, OAuthClient.None],
        CodeChallengeMethodsSupported = ["S256"],
        ClaimsSupported =
        [
            "sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "phone_number", "phone_number_verified",
            "name", "picture", "preferred_username", "updated_at",
        ],
    };

    static Response DescribeKeys(string issuer) => new(issuer, $"{issuer}/authorize")
    {
        JwksUri = JwksOf(issuer),
        ResponseTypesSupported = ["code", "token"],
        CodeChallengeMethodsSupported = ["S256", "plain"],
        ClaimsSupported =
        [
            "sub", "aud", "iss", "exp", "iat", "email", "phone", "role", "aal", "amr", "session_id", "is_anonymous", "app_metadata",
            "user_metadata",
        ],
    };

    static string JwksOf(string issuer) => $"{issuer}/.well-known/jwks.json";
}
