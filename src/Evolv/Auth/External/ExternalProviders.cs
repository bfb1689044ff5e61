using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.External;

/// <summary>The providers that are configured, by name.</summary>
sealed class ExternalProviders
{
    readonly Dictionary<string, IExternalProvider> _providers = new(StringComparer.Ordinal);

    public ExternalProviders(IOptions<ExternalOptions> options, IOptions<AuthOptions> auth, TimeProvider time)
    {
        var redirectUri = $"{auth.Value.Issuer}/callback";
        foreach (var (name, provider) in options.Value.Providers)
        {
            _providers[name] = name == "github"
                ? new GitHubProvider(name, provider, redirectUri)
                : new OidcProvider(name, provider, redirectUri, time);
        }
    }

    internal IEnumerable<string> Names => _providers.Keys;

    internal bool TryFind(string name, [NotNullWhen(true)] out IExternalProvider? provider) => _providers.TryGetValue(name, out provider);

    /// <summary>The one whose ID tokens have this issuer.</summary>
    internal OidcProvider? FindByIssuer(string issuer)
        => _providers.Values.OfType<OidcProvider>().FirstOrDefault(provider => provider.Issuers.IsMeantBy(issuer));
}
