using System.Text.Json;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/settings: which ways in there are, for the sign-in page.</summary>
static class Settings
{
    internal sealed record Response(
        IReadOnlyDictionary<string, bool> External, bool DisableSignup, bool MailerAutoconfirm, bool PhoneAutoconfirm,
        string SmsProvider, bool SamlEnabled, bool SamlPrivateKeyNextConfigured, bool PasskeysEnabled);

    static readonly string[] Providers =
    [
        "apple", "azure", "bitbucket", "discord", "facebook", "figma", "fly", "github", "gitlab", "google", "kakao", "keycloak",
        "linkedin", "linkedin_oidc", "notion", "slack", "slack_oidc", "snapchat", "spotify", "twitch", "twitter", "workos", "x", "zoom",
    ];

    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1);

    internal static Task HandleAsync(HttpContext context, IOptions<AuthOptions> options)
    {
        var external = Providers.ToDictionary(name => name, _ => false);
        external["anonymous_users"] = options.Value.AllowAnonymous;
        external["email"] = true;
        external["phone"] = false;
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new Response(
                external, options.Value.DisableSignup, MailerAutoconfirm: true, PhoneAutoconfirm: false, SmsProvider: "",
                SamlEnabled: false, SamlPrivateKeyNextConfigured: false, PasskeysEnabled: false),
            AuthJson.Default.SettingsResponse);
        return ConditionalAnswer.WritePublicAsync(context.Response, json, FreshFor, context.RequestAborted);
    }
}
