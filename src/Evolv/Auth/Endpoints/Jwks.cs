using Evolv.Auth.Tokens;
using Evolv.Platform.Http;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/.well-known/jwks.json: with these keys anybody can check our tokens without asking us.</summary>
static class Jwks
{
    // The standby key is here long before it signs, so whoever keeps this answer knows it when it does.
    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    internal static Task HandleAsync(HttpContext context, SigningKeys keys)
        => ConditionalAnswer.WritePublicAsync(context.Response, keys.Current.Jwks, FreshFor, context.RequestAborted);
}
