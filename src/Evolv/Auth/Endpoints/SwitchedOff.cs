using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>What GoTrue can and Evolv does not: answered as by a GoTrue that has it switched off, whatever the body is.</summary>
static class SwitchedOff
{
    internal static void MapSwitchedOff(this RouteGroupBuilder auth)
    {
        auth.Map("/sso/{**path}", IResult () => throw AuthError.SamlDisabled());
        auth.Map("/admin/custom-providers/{**path}", IResult (HttpContext context) => throw ForAdmin(context, AuthError.CustomProvidersDisabled()));
        auth.Map("/admin/sso/{**path}", IResult (HttpContext context) => throw ForAdmin(context, AuthError.SamlDisabled()));
    }

    /// <summary>Where <c>Auth:OAuthServer:Enabled</c> is false.</summary>
    internal static void MapOAuthServerOff(this RouteGroupBuilder auth)
    {
        auth.Map("/oauth/{**path}", IResult () => throw AuthError.OAuthServerDisabled());
        auth.Map("/.well-known/oauth-authorization-server", IResult () => throw AuthError.OAuthServerDisabled());
        auth.Map("/user/oauth/grants", GrantsAsync);
        auth.Map("/admin/oauth/{**path}", IResult (HttpContext context) => throw ForAdmin(context, AuthError.OAuthServerDisabled()));
    }

    static async Task<IResult> GrantsAsync(HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await SignedIn.RequireAsync(context, database, time, cancellationToken);
        throw AuthError.OAuthServerDisabled();
    }

    static AuthError ForAdmin(HttpContext context, AuthError error)
    {
        Admin.RequireAdmin(context);
        return error;
    }
}
