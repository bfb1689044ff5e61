using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.OAuthServer;

/// <summary>Section <c>Auth:OAuthServer</c>: signing in to other tools with an account here (OAuth 2.1).</summary>
sealed partial class OAuthServerOptions
{
    internal const string Section = "Auth:OAuthServer";

    /// <summary>Whether there is one. Without a client that an administrator registered it lets nobody in.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether clients may register themselves (RFC 7591), as those of MCP do. Who is asked for consent then has only the client's word for its name.</summary>
    public bool AllowDynamicRegistration { get; set; }

    /// <summary>The app's page, on <c>Auth:SiteUrl</c>, where people are asked; it gets <c>?authorization_id=…</c>.</summary>
    [Required, RegularExpression(@"^/(?!/)[^\s?#\\]*$", ErrorMessage = "Auth:OAuthServer:AuthorizationUrlPath must be a path on Auth:SiteUrl, such as /oauth/consent.")]
    public string AuthorizationUrlPath { get; set; } = "/oauth/consent";

    /// <summary>How long somebody may take to sign in and answer, in seconds.</summary>
    [Range(60, 86_400)]
    public int AuthorizationExpirySeconds { get; set; } = 600;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<OAuthServerOptions>;
}
