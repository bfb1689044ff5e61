using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Evolv.Tests.Support;

/// <summary>Certificates for this machine in a folder of their own, issued by an authority of their own by way of one between.</summary>
sealed class CertificateFiles : IDisposable
{
    internal const string Password = "a password";

    readonly string _folder = Directory.CreateTempSubdirectory("evolv-certificates-").FullName;
    readonly X509Certificate2 _between;

    internal CertificateFiles()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Root = Authority("CN=Evolv test root", rootKey).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var betweenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Authority("CN=Evolv test between", betweenKey).Create(Root, Root.NotBefore, Root.NotAfter, [1]);
        _between = signed.CopyWithPrivateKey(betweenKey);
        Renew();
    }

    /// <summary>What a client trusts; it has never seen the one between.</summary>
    internal X509Certificate2 Root { get; }

    internal string Certificate => Path.Combine(_folder, "certificate.pem");

    internal string Key => Path.Combine(_folder, "key.pem");

    internal string EncryptedKey => Path.Combine(_folder, "encrypted-key.pem");

    internal string Both => Path.Combine(_folder, "both.pem");

    internal string Pfx => Path.Combine(_folder, "certificate.pfx");

    internal string Absent => Path.Combine(_folder, "absent.pem");

    /// <summary>Another certificate in all of the files, as after a renewal.</summary>
    /// <returns>Its thumbprint.</returns>
    internal string Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("api.example");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_between, _between.NotBefore, _between.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var certificate = signed.CopyWithPrivateKey(key);
        var chain = $"{certificate.ExportCertificatePem()}\n{_between.ExportCertificatePem()}\n";
        File.WriteAllText(Certificate, chain);
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(EncryptedKey, key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.WriteAllText(Both, chain + key.ExportPkcs8PrivateKeyPem());
        using var bare = X509CertificateLoader.LoadCertificate(_between.RawData);
        File.WriteAllBytes(Pfx, new X509Certificate2Collection { certificate, bare }.Export(X509ContentType.Pkcs12, Password)!);
        return certificate.Thumbprint;
    }

    public void Dispose()
    {
        Root.Dispose();
        _between.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }
}
