using Evolv.Auth.Flows;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET /auth/v1/oauth/authorize: a client sends a browser here, and from here it goes to the app's consent page. Errors go back to the client
/// only once it is known to be one, and the address to be its own.
/// </summary>
static class OAuthAuthorize
{
    internal static async Task<IResult> HandleAsync(
        HttpContext context, Database database, Authorizations authorizations, AuthLimits limits, IOptions<AuthOptions> auth, IOptions<OAuthServerOptions> options,
        CancellationToken cancellationToken)
    {
        await limits.AuthorizationAsync(context);
        var query = context.Request.Query;
        var (clientId, redirectUri) = (Required(query, "client_id"), Required(query, "redirect_uri"));
        if (!Guid.TryParseExact(clientId, "D", out var id))
            throw AuthError.InvalidClientId("invalid client_id format");
        var client = await OAuthClient.FindAsync(database, id, cancellationToken) ?? throw AuthError.InvalidClientId("invalid client_id");
        if (!client.RedirectUris.Contains(redirectUri, StringComparer.Ordinal))
            throw AuthError.Invalid("invalid redirect_uri");

        var (request, problem) = AuthorizationRequest.Read(query, redirectUri);
        if (request is null && client.RegistrationType == OAuthClient.Dynamic)
            throw AuthError.Invalid(problem!); // Anybody may register any address: a link here must not lead there by itself (RFC 9700, 4.11.2).
        if (request is null)
            return TypedResults.Redirect(BrowserAnswer.Refusal(redirectUri, "invalid_request", problem!, AuthorizationRequest.StateOf(query)));
        var authorizationId = await authorizations.AddAsync(database, client, request, cancellationToken);
        return TypedResults.Redirect(
            $"{auth.Value.SiteUrl.TrimEnd('/')}{options.Value.AuthorizationUrlPath}?authorization_id={authorizationId}");
    }

    static string Required(IQueryCollection query, string name)
        => query[name] switch
        {
            { Count: > 1 } => throw AuthError.Invalid($"{name} must be given once"),
            var values => values.ToString() is { Length: > 0 } text ? text : throw AuthError.Invalid($"{name} is required"),
        };
}
