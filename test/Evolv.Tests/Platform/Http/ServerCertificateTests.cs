using System.Net.Security;
using Evolv.Platform;
using Evolv.Platform.Http;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Http;

/// <summary>Which files make a certificate, and what happens when they change under a running server.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    readonly CertificateFiles _files = new();
    readonly Clock _clock = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Every_usual_form_of_a_certificate_is_taken_with_its_chain()
    {
        foreach (var options in new[]
        {
            new HttpOptions { CertificatePath = _files.Certificate, CertificateKeyPath = _files.Key },
            new HttpOptions { CertificatePath = _files.Certificate, CertificateKeyPath = _files.EncryptedKey, CertificatePassword = CertificateFiles.Password },
            new HttpOptions { CertificatePath = _files.Both },
            new HttpOptions { CertificatePath = _files.Pfx, CertificatePassword = CertificateFiles.Password },
        })
        {
            var context = Make(options).Load();

            Assert.Equal("CN=localhost", context.TargetCertificate.Subject);
            Assert.Equal(["CN=Evolv test between"], context.IntermediateCertificates.Select(between => between.Subject));
        }
    }

    [Fact]
    public void An_operator_is_told_what_is_wrong_with_it()
    {
        var other = new CertificateFiles();

        Assert.StartsWith("Urls has an address with https, but Http:CertificatePath is empty; name a certificate", Refusal(new()), StringComparison.Ordinal);
        Assert.StartsWith("Http:CertificatePath cannot be read (Could not find file", Refusal(new() { CertificatePath = _files.Absent }), StringComparison.Ordinal);
        Assert.StartsWith(
            "Http:CertificateKeyPath cannot be read (Could not find file",
            Refusal(new() { CertificatePath = _files.Certificate, CertificateKeyPath = _files.Absent }), StringComparison.Ordinal);
        foreach (var unusable in new[]
        {
            new HttpOptions { CertificatePath = _files.Certificate }, // no key in it
            new HttpOptions { CertificatePath = _files.Certificate, CertificateKeyPath = other.Key },
            new HttpOptions { CertificatePath = _files.Certificate, CertificateKeyPath = _files.EncryptedKey },
            new HttpOptions { CertificatePath = _files.Certificate, CertificateKeyPath = _files.EncryptedKey, CertificatePassword = "wrong" },
            new HttpOptions { CertificatePath = _files.Pfx, CertificatePassword = "wrong" },
            new HttpOptions { CertificatePath = _files.Key },
        })
        {
            var refusal = Refusal(unusable);
            Assert.StartsWith("The certificate of Http:CertificatePath cannot be used (", refusal, StringComparison.Ordinal);
            Assert.EndsWith("; check the file, Http:CertificateKeyPath and Http:CertificatePassword.", refusal, StringComparison.Ordinal);
        }

        other.Dispose();
    }

    [Fact]
    public void A_renewed_certificate_is_used_without_a_restart_and_half_a_renewal_is_not()
    {
        var https = new HttpsConnectionAdapterOptions();
        var first = _files.Renew();
        Make(new() { CertificatePath = _files.Certificate, CertificateKeyPath = _files.Key }).ApplyTo(https);
        Assert.Equal(first, Shown(https));

        var keyBefore = File.ReadAllText(_files.Key);
        var second = _files.Renew();
        var keyAfter = File.ReadAllText(_files.Key);
        File.WriteAllText(_files.Key, keyBefore);
        Assert.Equal(first, Shown(https)); // Not looked at yet.
        _clock.Now += ServerCertificate.Pause;
        Assert.Equal(first, Shown(https)); // The key is still the old one.
        File.Delete(_files.Key);
        _clock.Now += ServerCertificate.Pause;
        Assert.Equal(first, Shown(https));
        File.WriteAllText(_files.Key, keyAfter);
        _clock.Now += ServerCertificate.Pause;
        Assert.Equal(second, Shown(https));
    }

    static string Shown(HttpsConnectionAdapterOptions https)
    {
        var handshake = new SslServerAuthenticationOptions { ServerCertificateSelectionCallback = (_, _) => null! };
        https.OnAuthenticate!(new DefaultConnectionContext(), handshake);
        Assert.Null(handshake.ServerCertificateSelectionCallback);
        return handshake.ServerCertificateContext!.TargetCertificate.Thumbprint;
    }

    ServerCertificate Make(HttpOptions options) => new(Options.Create(options), _clock, NullLogger<ServerCertificate>.Instance);

    string Refusal(HttpOptions options) => Assert.Throws<SetupException>(() => Make(options).Load()).Message;

    sealed class Clock : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
