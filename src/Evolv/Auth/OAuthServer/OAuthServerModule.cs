using Evolv.Auth.Endpoints;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.OAuthServer;

/// <summary>Signing in to other tools with an account here, as GoTrue's OAuth 2.1 server has it.</summary>
static class OAuthServerModule
{
    internal static void AddOAuthServer(this IServiceCollection services)
    {
        services.AddSettings<OAuthServerOptions, OAuthServerOptions.Validator>(OAuthServerOptions.Section);
        services.AddSingleton<Authorizations>();
        services.AddSingleton<AuthorizationCodeGrant>();
        services.AddSingleton<OpenIdToken>();
    }

    /// <param name="auth">/auth/v1.</param>
    /// <param name="root">Where RFC 8414 looks for what <c>Auth:SiteUrl</c>/auth/v1 says of itself.</param>
    internal static void MapOAuthServer(this RouteGroupBuilder auth, IEndpointRouteBuilder root)
    {
        if (!root.ServiceProvider.GetRequiredService<IOptions<OAuthServerOptions>>().Value.Enabled)
        {
            auth.MapOAuthServerOff();
            return;
        }

        auth.MapGet("/oauth/authorize", OAuthAuthorize.HandleAsync);
        auth.MapGet("/oauth/authorizations/{authorizationId}", OAuthAuthorizations.GetAsync);
        auth.MapPost("/oauth/authorizations/{authorizationId}/consent", OAuthAuthorizations.ConsentAsync);
        auth.MapPost("/oauth/token", OAuthToken.HandleAsync);
        auth.MapMethods("/oauth/userinfo", [HttpMethods.Get, HttpMethods.Post], OAuthUserInfo.HandleAsync);
        auth.MapPost("/oauth/clients/register", OAuthClientsRegister.HandleAsync);
        auth.MapGet("/.well-known/oauth-authorization-server", OpenIdConfiguration.HandleAsync);
        auth.MapGet("/user/oauth/grants", UserOAuthGrants.ListAsync);
        auth.MapDelete("/user/oauth/grants", UserOAuthGrants.RevokeAsync);
        auth.MapGet("/admin/oauth/clients", AdminOAuthClients.ListAsync);
        auth.MapPost("/admin/oauth/clients", AdminOAuthClients.CreateAsync);
        auth.MapGet("/admin/oauth/clients/{clientId}", AdminOAuthClients.GetAsync);
        auth.MapPut("/admin/oauth/clients/{clientId}", AdminOAuthClients.UpdateAsync);
        auth.MapDelete("/admin/oauth/clients/{clientId}", AdminOAuthClients.DeleteAsync);
        auth.MapPost("/admin/oauth/clients/{clientId}/regenerate_secret", AdminOAuthClients.RegenerateSecretAsync);
        root.MapGet("/.well-known/oauth-authorization-server/auth/v1", OpenIdConfiguration.HandleAsync);
    }
}
