using System.Net;
using System.Text.RegularExpressions;
using Evolv.Platform;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.External;

/// <summary>
/// Section <c>Auth:External:&lt;name&gt;</c>: a provider whose accounts sign people in. The name is what clients pass as provider: google, github,
/// azure, apple and keycloak are known, any other one speaks OpenID Connect and needs an issuer.
/// </summary>
sealed class ExternalProviderOptions
{
    /// <summary>Who we are to the provider. It also has to know our address, <c>&lt;Auth:SiteUrl&gt;/auth/v1/callback</c>. Instead of <c>*</c> stands the provider's name, such as google, github, azure, apple, keycloak, or one of your own.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>Proves it. For apple this is the JWT that is made of its private key and that lasts six months at most.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>Address of the provider. google, github, azure and apple have one; a GitHub Enterprise server, one tenant of azure, keycloak and others need theirs. Plain http only on the loopback.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>What is asked for instead of the usual (OpenID Connect: <c>openid email profile</c>, github: <c>user:email</c>), separated by spaces.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>How the provider answers: <c>query</c>, or <c>form_post</c>, which is the default of apple alone.</summary>
    public string ResponseMode { get; set; } = "";

    /// <summary>Other clients whose ID tokens sign in (<c>grant_type=id_token</c>), such as apps for phones; separated by commas.</summary>
    public string AllowedClientIds { get; set; } = "";

    /// <summary>Takes ID tokens (<c>grant_type=id_token</c>) whose nonce is not known, for libraries that keep it to themselves.</summary>
    public bool SkipNonceCheck { get; set; }

    internal IReadOnlyList<string> ClientIds
        => [ClientId, .. AllowedClientIds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}

/// <summary>Section <c>Auth:External</c>: all of them, by name.</summary>
sealed partial class ExternalOptions
{
    internal const string Section = "Auth:External";

    // What accounts already call themselves, or what stands for all of these.
    static readonly string[] Taken = ["email", "phone", "anonymous", "anonymous_users", "sso", "web3"];

    static readonly Dictionary<string, string> Issuers = new(StringComparer.Ordinal)
    {
        ["google"] = "https://accounts.google.com",
        ["github"] = "https://github.com",
        ["azure"] = "https://login.microsoftonline.com/common/v2.0",
        ["apple"] = "https://appleid.apple.com",
    };

    internal SortedDictionary<string, ExternalProviderOptions> Providers { get; } = new(StringComparer.Ordinal);

    /// <summary>The issuer of a provider that needs no setting for it.</summary>
    internal static string? DefaultIssuer(string name) => Issuers.GetValueOrDefault(name);

    /// <summary>Whether it may be asked there: nobody between us and it can read or change what is said.</summary>
    internal static bool IsSafe(Uri address)
        => address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp && IsLoopback(address);

    internal static bool IsLoopback(Uri address)
        => address.Host is "localhost" || IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);

    internal void Read(IConfiguration configuration)
    {
        foreach (var section in configuration.GetSection(Section).GetChildren())
        {
            var provider = new ExternalProviderOptions();
            section.Bind(provider);
            // Names of environment variables are upper-case as a rule.
            var name = section.Key.ToLowerInvariant();
            if (provider.Issuer.Length == 0)
                provider.Issuer = DefaultIssuer(name) ?? "";
            if (provider.ResponseMode.Length == 0)
                provider.ResponseMode = name == "apple" ? "form_post" : "query";
            Providers[name] = provider;
        }
    }

    /// <summary>One line for the first that is wrong.</summary>
    internal sealed class Validator : IValidateOptions<ExternalOptions>
    {
        /// <exception cref="SetupException">Which, why and what to do.</exception>
        public ValidateOptionsResult Validate(string? name, ExternalOptions options)
        {
            foreach (var (provider, values) in options.Providers)
            {
                if (!Name().IsMatch(provider) || Taken.Contains(provider))
                    throw new SetupException($"{Section}:{provider} cannot be the name of a provider: use lower-case letters, digits, - and _, and none of {string.Join(", ", Taken)}.");
                if (values.ClientId.Trim().Length == 0)
                    throw Wrong(provider, nameof(values.ClientId), "it is missing; the provider gives it when you register Evolv there");
                if (values.Issuer.Length == 0)
                    throw Wrong(provider, nameof(values.Issuer), "it is missing; give the provider's address, such as https://login.example.com/realms/main");
                if (!Uri.TryCreate(values.Issuer, UriKind.Absolute, out var issuer) || !IsSafe(issuer) || issuer.UserInfo.Length > 0 ||
                    issuer.Query.Length > 0 || issuer.Fragment.Length > 0)
                    throw Wrong(provider, nameof(values.Issuer), $"'{values.Issuer}' must be an https address without a query (http only on the loopback)");
                if (values.ResponseMode is not ("query" or "form_post"))
                    throw Wrong(provider, nameof(values.ResponseMode), $"'{values.ResponseMode}' must be query or form_post");
            }

            return ValidateOptionsResult.Success;
        }

        static SetupException Wrong(string provider, string property, string why)
            => new($"Setting {Section}:{provider}:{property} is wrong: {why}. Correct it in appsettings.json or EVOLV__AUTH__EXTERNAL__{provider.ToUpperInvariant()}__{property.ToUpperInvariant()}.");
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,49}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
