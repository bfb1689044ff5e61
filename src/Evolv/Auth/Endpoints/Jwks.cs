using Evolv.Auth.Tokens;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/.well-known/jwks.json: with these keys anybody can check our tokens without asking us.</summary>
static class Jwks
{
    internal static IResult Handle(HttpContext context, SigningKeys keys)
    {
        // A rotation waits longer than this between publishing a key and signing with it.
        context.Response.Headers.CacheControl = "public, max-age=600";
        return TypedResults.Bytes(keys.Current.Jwks, "application/json");
    }
}
