using OtpNet;
using QRCoder;

namespace Evolv.Auth.Mfa;

/// <summary>What the server and an authenticator share (RFC 6238): SHA-1, six digits, 30 seconds, which is what every authenticator knows.</summary>
/// <param name="Base32">As it is typed and stored.</param>
readonly record struct TotpSecret(string Base32)
{
    const int Bytes = 20; // RFC 4226: as long as the hash.
    const int Digits = 6;
    const int StepSeconds = 30;
    const int PixelsPerModule = 5;

    // A clock may be a step off, either way.
    static readonly VerificationWindow Window = new(previous: 1, future: 1);

    internal static TotpSecret New() => new(Base32Encoding.ToString(KeyGeneration.GenerateRandomKey(Bytes)));

    /// <summary>What an authenticator reads from the picture.</summary>
    internal string Uri(string issuer, string account)
        => new OtpUri(OtpType.Totp, Base32, account, issuer, OtpHashMode.Sha1, Digits, StepSeconds).ToString();

    // Colours by name: auth-js puts the picture into a data URL, which would end at a #.
    internal static string QrCode(string uri)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var picture = new SvgQRCode(data);
        return picture.GetGraphic(PixelsPerModule, "black", "white");
    }

    /// <summary>The step whose code this is; null when it is none of those that are good now.</summary>
    internal long? FindStep(string code, DateTimeOffset now)
        => code.Length == Digits &&
            new Totp(Base32Encoding.ToBytes(Base32), StepSeconds, OtpHashMode.Sha1, Digits).VerifyTotp(now.UtcDateTime, code, out var step, Window)
            ? step
            : null;
}
