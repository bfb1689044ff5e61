using System.Security.Cryptography;

namespace Evolv.Rest.Token;

/// <summary>
/// A key that tokens made elsewhere may be signed with. Its own type decides which algorithms it takes part in, never the
/// token: a public key is no HMAC secret, whatever a header says.
/// </summary>
/// <param name="Kid">Its name; a token that names a key is checked by that one alone.</param>
/// <param name="Algorithm">The only algorithm that it is for; null for all of its type.</param>
abstract record JwtKey(string? Kid, string? Algorithm)
{
    internal bool IsFor(string algorithm, string? kid)
        => (kid is null || kid == Kid) && (Algorithm is null || Algorithm == algorithm) && Takes(algorithm);

    /// <param name="algorithm">One that this key <see cref="IsFor"/>.</param>
    /// <param name="signed">Header and payload as they were sent.</param>
    internal abstract bool Verify(string algorithm, byte[] signed, byte[] signature);

    private protected abstract bool Takes(string algorithm);

    /// <summary>Null for an algorithm that nobody here knows.</summary>
    internal static HashAlgorithmName? HashOf(string algorithm) => algorithm switch
    {
        "HS256" or "RS256" or "PS256" or "ES256" => HashAlgorithmName.SHA256,
        "HS384" or "RS384" or "PS384" or "ES384" => HashAlgorithmName.SHA384,
        "HS512" or "RS512" or "PS512" or "ES512" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>A secret that both sides know: HS256, HS384, HS512.</summary>
    internal sealed record Symmetric(string? Kid, string? Algorithm, byte[] Secret) : JwtKey(Kid, Algorithm)
    {
        internal override bool Verify(string algorithm, byte[] signed, byte[] signature)
            => CryptographicOperations.FixedTimeEquals(
                CryptographicOperations.HmacData(HashOf(algorithm)!.Value, Secret, signed), signature);

        private protected override bool Takes(string algorithm) => algorithm.StartsWith("HS", StringComparison.Ordinal);
    }

    /// <summary>RS256 to RS512 and PS256 to PS512.</summary>
    internal sealed record Rsa(string? Kid, string? Algorithm, RSA Key) : JwtKey(Kid, Algorithm)
    {
        internal override bool Verify(string algorithm, byte[] signed, byte[] signature)
        {
            var padding = algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
            lock (Key) // Nobody promises that a key may be used by two threads at once.
                return Key.VerifyData(signed, signature, HashOf(algorithm)!.Value, padding);
        }

        private protected override bool Takes(string algorithm) => algorithm[..2] is "RS" or "PS";
    }

    /// <summary>ES256 with P-256, ES384 with P-384, ES512 with P-521.</summary>
    internal sealed record EllipticCurve(string? Kid, string? Algorithm, ECDsa Key) : JwtKey(Kid, Algorithm)
    {
        internal override bool Verify(string algorithm, byte[] signed, byte[] signature)
        {
            lock (Key)
                return Key.VerifyData(signed, signature, HashOf(algorithm)!.Value, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        private protected override bool Takes(string algorithm) => algorithm == Key.KeySize switch
        {
            256 => "ES256",
            384 => "ES384",
            _ => "ES512",
        };
    }
}
