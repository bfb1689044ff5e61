using System.Text.Json;

namespace Evolv.Auth.External;

/// <summary>Which names a provider may sign with. Most have one; Google writes its own in two ways, and Azure has one for each tenant.</summary>
sealed class Issuers(string name, string configured)
{
    const string Tenant = "{tenantid}";

    // The one of personal accounts, whose addresses Microsoft has verified by itself.
    const string PersonalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";

    static readonly string[] Shared = ["common", "organizations", "consumers"];

    bool IsAzure => name == "azure";

    /// <summary>Whether people of any organisation come through it, each of which writes into its people's addresses what it likes.</summary>
    internal bool IsShared => IsAzure && Shared.Any(tenant => new Uri(configured).AbsolutePath.StartsWith($"/{tenant}/", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a provider that calls itself so is the one we asked.</summary>
    internal bool IsOwnName(string? issuer)
        // A tenant of Azure may be asked for by its domain, and answers with its id.
        => IsAzure
            ? Uri.TryCreate(issuer, UriKind.Absolute, out var uri) && Uri.Compare(
                uri, new Uri(configured), UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0
            : issuer is not null && issuer.TrimEnd('/') == configured.TrimEnd('/');

    /// <summary>Whether an ID token may come from there.</summary>
    /// <param name="claims">The token's.</param>
    /// <param name="published">What the provider calls itself.</param>
    internal bool IsIssuerOf(JsonElement claims, string published)
    {
        var issuer = claims.TextOf("iss");
        if (issuer is null)
            return false;
        if (IsAzure && published.Contains(Tenant, StringComparison.Ordinal))
            return Guid.TryParseExact(claims.TextOf("tid"), "D", out var tenant) &&
                issuer == published.Replace(Tenant, tenant.ToString(), StringComparison.Ordinal);
        return issuer == published || name == "google" && $"https://{issuer}" == published;
    }

    /// <summary>Whether this is the provider that a client means by an issuer.</summary>
    internal bool IsMeantBy(string issuer)
        => IsOwnName(issuer) || name == "google" && issuer == "accounts.google.com";

    /// <summary>Whether the provider vouches for the address in these claims.</summary>
    internal bool IsEmailVerified(JsonElement claims)
    {
        if (!IsAzure)
            return claims.IsTrue("email_verified");
        // Azure has a claim of its own, which has to be asked for. Without it an address is what the tenant's administrator
        // wrote: good when it is our own tenant, a way into others' accounts when anybody may bring one (nOAuth).
        return claims.TryGetProperty("xms_edov", out var owned)
            ? owned.ValueKind == JsonValueKind.Number && owned.TryGetInt32(out var number) ? number == 1 : claims.IsTrue("xms_edov")
            : !IsShared || claims.TextOf("tid") == PersonalTenant;
    }
}
