using Evolv.Platform.Http;

namespace Evolv.Platform.Doctor;

/// <summary>Whose pages may call the API.</summary>
static class CorsCheck
{
    internal static IReadOnlyList<DoctorFinding> Run(HttpOptions options)
    {
        var origins = options.ReadOrigins();
        if (origins.Contains("*"))
            return [DoctorFinding.Yellow("pages of every origin may call the API", "Name yours: Http:AllowedOrigins=https://app.example.com.")];
        var findings = origins.Select(Judge).OfType<DoctorFinding>().ToList();
        return findings.Count > 0 ? findings : [DoctorFinding.Green(origins.Length == 0 ? "Evolv's own pages may call the API, and those of this machine while it listens to nothing else" : $"pages of {string.Join(", ", origins)} may call the API")];
    }

    static DoctorFinding? Judge(string origin)
    {
        const string Form = "An origin is scheme, host and port, without a path: https://app.example.com.";
        if (origin == "null")
            return DoctorFinding.Yellow("pages without an origin (files, sandboxes) may call the API", "Take null out of Http:AllowedOrigins.");
        if (origin.Contains('*', StringComparison.Ordinal))
            return DoctorFinding.Yellow($"{origin} allows many origins", "Name each that is yours.");
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return DoctorFinding.Red($"'{origin}' is no origin: no page will match it", Form);
        return url.GetLeftPart(UriPartial.Authority) != origin
            ? DoctorFinding.Red($"'{origin}' is no origin: browsers say {url.GetLeftPart(UriPartial.Authority)}, which does not match it", Form)
            : url is { Scheme: "http", IsLoopback: false }
                ? DoctorFinding.Yellow($"{origin} is not encrypted: who sits between may change its pages", "Serve it by https.")
                : null;
    }
}
