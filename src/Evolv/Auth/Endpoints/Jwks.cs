using Evolv.Auth.Tokens;
using Evolv.Platform.Http;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/.well-known/jwks.json: with these keys anybody can check our tokens without asking us.</summary>
static class Jwks
{
    // A rotation waits longer than this between publishing a key and signing with it.
    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    internal static Task HandleAsync(HttpContext context, SigningKeys keys)
        => ConditionalAnswer.WritePublicAsync(context.Response, keys.Current.Jwks, FreshFor, context.RequestAborted);
}
