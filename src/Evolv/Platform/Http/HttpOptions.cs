using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>Section <c>Http</c>: what holds for every request.</summary>
sealed partial class HttpOptions
{
    internal const string Section = "Http";

    /// <summary>
    /// Origins whose pages may call the API beside Evolv's own, separated by commas: <c>https://app.example.com</c>; <c>*</c> for any.
    /// Empty: those of this machine, while Evolv listens to this machine only and trusts no proxy.
    /// </summary>
    public string AllowedOrigins { get; set; } = "";

    /// <summary>
    /// Proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed: addresses or networks such as
    /// <c>10.0.0.0/8</c>, separated by commas. Empty: nobody's.
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>The certificate of https addresses: a PEM file with its chain, or a PFX file. It is read again when it changes.</summary>
    public string CertificatePath { get; set; } = "";

    /// <summary>The key of a PEM certificate; empty when it stands in the same file.</summary>
    public string CertificateKeyPath { get; set; } = "";

    /// <summary>The password of the key or of the PFX file.</summary>
    public string CertificatePassword { get; set; } = "";

    /// <summary>Whether answers above 1 KB are compressed for clients that ask for it; not those of /auth/v1, which hold tokens.</summary>
    public bool Compression { get; set; } = true;

    /// <summary>Largest body of a request, in bytes. A larger one is answered with 413.</summary>
    [Range(1024, 100 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Connections of this server together, beside its sockets. One more is closed at once.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>How long requests may finish after SIGTERM, in seconds.</summary>
    [Range(1, 300)]
    public int ShutdownSeconds { get; set; } = 3;

    internal string[] ReadOrigins() => Split(AllowedOrigins);

    internal IPNetwork[] ReadProxies() => [.. Split(TrustedProxies).Select(text => ReadNetwork(text)!.Value)];

    static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    static IPNetwork? ReadNetwork(string text)
        => IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : IPNetwork.TryParse(text, out var network) ? network
            : null;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<HttpOptions>;

    /// <summary>Checks what no attribute can.</summary>
    internal sealed class ListValidator : IValidateOptions<HttpOptions>
    {
        public ValidateOptionsResult Validate(string? name, HttpOptions options)
        {
            if (options.ReadOrigins().FirstOrDefault(origin => origin != "*" && !Origins.IsOrigin(origin)) is { } noOrigin)
                return Wrong(nameof(AllowedOrigins), $"'{noOrigin}' is no origin; write it as https://app.example.com, without a path");
            if (Split(options.TrustedProxies).FirstOrDefault(proxy => ReadNetwork(proxy) is null) is { } noProxy)
                return Wrong(nameof(TrustedProxies), $"'{noProxy}' is neither an address nor a network such as 10.0.0.0/8");
            return ValidateOptionsResult.Success;
        }

        static ValidateOptionsResult Wrong(string property, string why)
            => ValidateOptionsResult.Fail($"{property}: {why}");
    }
}
