using Evolv.Auth.External;
using Evolv.Auth.Flows;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/authorize: sends a browser to a provider's sign-in page.</summary>
static class Authorize
{
    internal sealed record Response(string Url);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, ExternalProviders providers, ExternalFlows flows, Redirects redirects, ILogger<ExternalFlows> logger,
        CancellationToken cancellationToken)
        => await GoAsync(context, providers, flows, redirects, linkTo: null, logger, cancellationToken);

    /// <param name="linkTo">The account that gets the identity, and the session in which its owner asked for that.</param>
    internal static async Task<IResult> GoAsync(
        HttpContext context, ExternalProviders providers, ExternalFlows flows, Redirects redirects, (Guid UserId, Guid? SessionId)? linkTo,
        ILogger logger, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var provider = Find(query["provider"].ToString(), providers);
        var challenge = CodeChallenge.Read(query["code_challenge"], query["code_challenge_method"]);
        var referrer = redirects.Choose(context.Request);
        var isForScript = query["skip_http_redirect"].ToString() == "true";
        try
        {
            var url = await flows.BeginAsync(provider, query, challenge, referrer, linkTo, cancellationToken);
            return isForScript ? TypedResults.Json(new Response(url), AuthJson.Default.AuthorizeResponse) : TypedResults.Redirect(url);
        }
        catch (ProviderFailure failure)
        {
            logger.ExternalProviderFailed(provider.Name, failure.Message);
            var error = AuthError.ProviderUnavailable(provider.Name);
            // A person in a browser has come from a page, and goes back to it.
            return isForScript ? throw error : TypedResults.Redirect(BrowserAnswer.Error(referrer, error, inQuery: true));
        }
    }

    static IExternalProvider Find(string name, ExternalProviders providers)
        => providers.TryFind(name.ToLowerInvariant(), out var provider) ? provider
            : throw AuthError.UnsupportedProvider(Settings.IsKnown(name.ToLowerInvariant())
                ? "provider is not enabled"
                : $"Provider {(name.Length <= 50 ? name : name[..50])} could not be found");
}
