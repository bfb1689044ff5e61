using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/oauth/clients/register: a client registers itself (RFC 7591), where that is allowed.</summary>
static class OAuthClientsRegister
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, AuthLimits limits, IOptions<OAuthServerOptions> options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!options.Value.AllowDynamicRegistration)
            throw AuthError.DynamicRegistrationDisabled();
        await limits.ClientAsync(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.ClientRequest, cancellationToken);
        var now = time.GetUtcNow();
        var client = await ClientRegistration.CreateAsync(database, request, OAuthClient.Dynamic, now, cancellationToken);
        return TypedResults.Json(
            client with { ClientIdIssuedAt = now.ToUnixTimeSeconds(), ClientSecretExpiresAt = client.ClientSecret is null ? null : 0 },
            AuthJson.Default.ClientResponse, statusCode: StatusCodes.Status201Created);
    }
}
