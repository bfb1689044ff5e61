using System.Collections.Frozen;
using System.Net;
using Evolv.Auth.External;
using Evolv.Auth.Mail;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Passkeys;

/// <summary>Who this installation is to browsers and authenticators: the domain that passkeys belong to and the pages that may use them.</summary>
sealed class RelyingParty
{
    const string Localhost = "localhost";

    readonly FrozenSet<string> _origins;

    public RelyingParty(IOptions<PasskeyOptions> options, IOptions<AuthOptions> auth, IOptions<MailOptions> mail)
    {
        var given = options.Value;
        _ = Uri.TryCreate(auth.Value.SiteUrl, UriKind.Absolute, out var site);
        Id = given.RpId.Length > 0 ? given.RpId : site is null ? "" : ExternalOptions.IsLoopback(site) ? Localhost : site.IdnHost;
        Name = given.RpName.Length > 0 ? given.RpName : mail.Value.SiteName;
        var origins = given.Origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        _origins = (origins.Length > 0 || site is null ? origins : [OriginOf(site)]).ToFrozenSet(StringComparer.Ordinal);
        WhyOff = given switch
        {
            { Enabled: false } => "Auth:Passkeys:Enabled is off",
            _ when Id.Length == 0 || _origins.Count == 0 => "Auth:SiteUrl is not an address with a host",
            _ when IPAddress.TryParse(Id.Trim('[', ']'), out _) => $"browsers have no passkeys for a bare address such as {Id}",
            _ => null,
        };
    }

    internal string Id { get; }

    internal string Name { get; }

    internal IReadOnlySet<string> Origins => _origins;

    /// <summary>Null when passkeys are on.</summary>
    internal string? WhyOff { get; }

    internal bool IsOn => WhyOff is null;

    /// <summary>Whether a page of this origin, as browsers write it, may use our passkeys.</summary>
    // Whoever develops a front end runs it at whatever port: nobody else's page is at their localhost.
    internal bool Allows(string origin) => _origins.Contains(origin) || Id == Localhost && IsLocalhost(origin);

    /// <summary>Whether the browser would let a page there use passkeys of ours, by its host.</summary>
    internal bool Covers(string origin)
        => !Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.IdnHost == Id ||
            uri.IdnHost.EndsWith($".{Id}", StringComparison.Ordinal);

    static bool IsLocalhost(string origin)
        => Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Host: Localhost } && OriginOf(uri) == origin;

    static string OriginOf(Uri uri) => uri.IsDefaultPort ? $"{uri.Scheme}://{uri.IdnHost}" : $"{uri.Scheme}://{uri.IdnHost}:{uri.Port}";
}
