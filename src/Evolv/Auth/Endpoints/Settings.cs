using System.Text.Json;
using Evolv.Auth.External;
using Evolv.Auth.Passkeys;
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

    /// <summary>Whether it is a provider of GoTrue's, here or not.</summary>
    internal static bool IsKnown(string provider) => Providers.Contains(provider);

    internal static Task HandleAsync(HttpContext context, IOptions<AuthOptions> options, ExternalProviders external, RelyingParty passkeys)
    {
        var ways = Providers.ToDictionary(name => name, _ => false);
        foreach (var name in external.Names)
            ways[name] = true;
        ways["anonymous_users"] = options.Value.AllowAnonymous;
        ways["email"] = true;
        ways["phone"] = false;
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new Response(
                ways, options.Value.DisableSignup, MailerAutoconfirm: !options.Value.MustConfirm, PhoneAutoconfirm: false, SmsProvider: "",
                SamlEnabled: false, SamlPrivateKeyNextConfigured: false, PasskeysEnabled: passkeys.IsOn),
            AuthJson.Default.SettingsResponse);
        return ConditionalAnswer.WritePublicAsync(context.Response, json, FreshFor, context.RequestAborted);
    }
}
