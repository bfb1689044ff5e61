using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Evolv.Auth.Flows;

/// <summary>Texts that are drawn for one use. Who gets one brings it back; the database keeps the hash.</summary>
static class Secret
{
    const int NonceBytes = 12;
    const int TagBytes = 16;
    const int Bytes = 28; // 56 hexadecimal digits, as long as GoTrue's token hashes.

    internal static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>How it is kept.</summary>
    internal static string Hash(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Encrypts what only who brings the secret shall read (AES-GCM).</summary>
    internal static string Seal(string text, string secret)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var whole = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(KeyOf(secret), TagBytes);
        cipher.Encrypt(whole.AsSpan(0, NonceBytes), plain, whole.AsSpan(NonceBytes + TagBytes), whole.AsSpan(NonceBytes, TagBytes));
        return Base64Url.EncodeToString(whole);
    }

    /// <summary>What was sealed with this secret.</summary>
    /// <exception cref="CryptographicException">It was not.</exception>
    internal static string Open(string sealedText, string secret)
    {
        var whole = Base64Url.DecodeFromChars(sealedText);
        var plain = new byte[whole.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(KeyOf(secret), TagBytes);
        cipher.Decrypt(whole.AsSpan(0, NonceBytes), whole.AsSpan(NonceBytes + TagBytes), whole.AsSpan(NonceBytes, TagBytes), plain);
        return Encoding.UTF8.GetString(plain);
    }

    static byte[] KeyOf(string secret) => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "seal"u8.ToArray());

    /// <summary>Six digits for typing.</summary>
    internal static string NewDigits() => RandomNumberGenerator.GetString("0123456789", 6);
}
