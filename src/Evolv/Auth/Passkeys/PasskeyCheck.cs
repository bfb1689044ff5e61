using Evolv.Platform.Doctor;

namespace Evolv.Auth.Passkeys;

/// <summary>For <c>./evolv doctor</c>: whether browsers can use passkeys of this installation, and where.</summary>
static class PasskeyCheck
{
    internal static IReadOnlyList<DoctorFinding> Run(RelyingParty party, PasskeyOptions options)
    {
        if (!options.Enabled)
            return [DoctorFinding.Green("off (Auth:Passkeys:Enabled)")];
        if (party.WhyOff is { } why)
            return [DoctorFinding.Yellow($"off: {why}", "Give the site a name and set Auth:SiteUrl, or switch Auth:Passkeys:Enabled off.")];
        if (party.Origins.FirstOrDefault(origin => !party.Covers(origin)) is { } foreign && party.Id != "localhost")
        {
            return [DoctorFinding.Yellow(
                $"{foreign} cannot use passkeys of {party.Id}", "Set Auth:Passkeys:RpId to a domain that all of Auth:Passkeys:Origins are in.")];
        }

        return party.Id != "localhost" && party.Origins.All(origin => origin.StartsWith("http:", StringComparison.Ordinal))
            ? [DoctorFinding.Yellow(
                $"browsers have passkeys on https only, not on {party.Origins.First()}", "Serve the front end by https and set Auth:SiteUrl or Auth:Passkeys:Origins.")]
            : [DoctorFinding.Green($"of {party.Id}, used at {(party.Id == "localhost" ? "any port of localhost" : string.Join(", ", party.Origins.Order(StringComparer.Ordinal)))}")];
    }
}
