using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Evolv.Platform.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Http;

/// <summary>
/// The certificate of https addresses. Its files are looked at again with the handshakes, so that a renewal needs no restart; while
/// they make no sense together, as in the middle of a renewal, the one before goes on.
/// </summary>
sealed class ServerCertificate(IOptions<HttpOptions> options, TimeProvider time, ILogger<ServerCertificate> logger)
{
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly Lock _looking = new();
    volatile SslStreamCertificateContext? _current;
    byte[] _files = [];
    DateTimeOffset _next;

    /// <summary>How https addresses speak TLS.</summary>
    /// <exception cref="SetupException">The certificate cannot be used.</exception>
    internal void ApplyTo(HttpsConnectionAdapterOptions https)
    {
        var first = Load();
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        // Kestrel asks for a selector, but it would send the certificate without its chain.
        https.ServerCertificateSelector = (_, _) => first.TargetCertificate;
        https.OnAuthenticate = (_, tls) =>
        {
            tls.ServerCertificateSelectionCallback = null;
            tls.ServerCertificateContext = Current();
        };
    }

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="SetupException">They are not there, or do not make a certificate with its key.</exception>
    internal SslStreamCertificateContext Load()
    {
        lock (_looking)
            return _current ?? Take(ReadFiles());
    }

    SslStreamCertificateContext Current()
    {
        var current = _current!;
        // Who comes while another looks goes on with what there is.
        if (time.GetUtcNow() < _next || !_looking.TryEnter())
            return current;
        try
        {
            _next = time.GetUtcNow() + Pause;
            var files = ReadFiles();
            return files.Bytes.AsSpan().SequenceEqual(_files) ? current : Take(files);
        }
        catch (SetupException exception)
        {
            logger.CertificateNotReplaced(exception.Message);
            return current;
        }
        finally
        {
            _looking.Exit();
        }
    }

    SslStreamCertificateContext Take((byte[] Certificate, string? Key, byte[] Bytes) files)
    {
        var (certificate, chain) = Parse(files.Certificate, files.Key);
        // Offline: what is missing in the chain is not looked for in the network during a handshake.
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        (_current, _files, _next) = (context, files.Bytes, time.GetUtcNow() + Pause);
        var (subject, until) = (certificate.Subject, certificate.NotAfter.ToUniversalTime());
        logger.CertificateLoaded(subject, until);
        return context;
    }

    (byte[] Certificate, string? Key, byte[] Bytes) ReadFiles()
    {
        var http = options.Value;
        if (http.CertificatePath.Length == 0)
            throw new SetupException(
                "Urls has an address with https, but Http:CertificatePath is empty; name a certificate there (PEM or PFX), or serve http behind a proxy that has one.");
        var certificate = Read(nameof(HttpOptions.CertificatePath), http.CertificatePath);
        if (http.CertificateKeyPath.Length == 0)
            return (certificate, null, certificate);
        var key = Read(nameof(HttpOptions.CertificateKeyPath), http.CertificateKeyPath);
        return (certificate, Encoding.UTF8.GetString(key), [.. certificate, .. key]);
    }

    (X509Certificate2 Certificate, X509Certificate2Collection Chain) Parse(byte[] bytes, string? key)
    {
        var password = options.Value.CertificatePassword;
        try
        {
            var pem = Encoding.UTF8.GetString(bytes);
            if (!pem.Contains("-----BEGIN ", StringComparison.Ordinal))
                return Split(X509CertificateLoader.LoadPkcs12Collection(bytes, password));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            var certificate = password.Length > 0
                ? X509Certificate2.CreateFromEncryptedPem(pem, key ?? pem, password)
                : X509Certificate2.CreateFromPem(pem, key ?? pem);
            chain.RemoveAt(0); // The certificate itself is the first one.
            return (certificate, chain);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new SetupException(
                $"The certificate of Http:CertificatePath cannot be used ({exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check the file, Http:CertificateKeyPath and Http:CertificatePassword.");
        }
    }

    static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Split(X509Certificate2Collection all)
    {
        var certificate = all.FirstOrDefault(one => one.HasPrivateKey) ?? throw new CryptographicException("the file has no private key");
        all.Remove(certificate);
        return (certificate, all);
    }

    static byte[] Read(string setting, string path)
    {
        try
        {
            return File.ReadAllBytes(Path.GetFullPath(path, SettingsExtensions.HomeFolder));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"Http:{setting} cannot be read ({exception.Message.TrimEnd('.')}); correct the path, or let Evolv read the file.");
        }
    }
}
