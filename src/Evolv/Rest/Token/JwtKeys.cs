using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Rest.Token;

/// <summary>Reads <c>JwtSecret</c>: a secret for HS256, a JSON Web Key or a set of them (RFC 7517).</summary>
static class JwtKeys
{
    const int ShortestSecret = 32;

    /// <exception cref="FormatException">Why the setting cannot be used.</exception>
    internal static ImmutableArray<JwtKey> Read(JwtConfig config)
    {
        var text = ReadFile(config.Secret);
        var bytes = config.IsBase64 ? FromBase64(text) : Encoding.UTF8.GetBytes(text);
        // A set of keys with a mistake in it is not taken for a secret: everybody may know its text.
        if (bytes.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
            return ReadJson(bytes);
        return bytes.Length >= ShortestSecret
            ? [new JwtKey.Symmetric(Kid: null, "HS256", bytes)]
            : throw new FormatException($"The JWT secret must be at least {ShortestSecret} characters long");
    }

    // @file names a file that holds the secret; one line feed at its end does not belong to it.
    static string ReadFile(string secret)
    {
        if (!secret.StartsWith('@'))
            return secret;
        try
        {
            var text = File.ReadAllText(secret[1..]);
            return text.EndsWith('\n') ? text[..^1] : text;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"the file after @ cannot be read ({exception.Message.TrimEnd('.')})");
        }
    }

    // PostgREST takes the alphabet of URLs, too, with a dot for padding.
    static byte[] FromBase64(string text)
    {
        var plain = text.Trim().Replace('-', '+').Replace('_', '/').TrimEnd('.', '=');
        try
        {
            return Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw new FormatException("the value is not base64, which JwtSecretIsBase64 says it is");
        }
    }

    static ImmutableArray<JwtKey> ReadJson(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            IEnumerable<JsonElement> keys = root.TryGetProperty("keys", out var set) ? set.EnumerateArray() : [root];
            ImmutableArray<JwtKey> usable = [.. keys.Select(ReadKey).OfType<JwtKey>()];
            return usable.Length > 0 ? usable : throw new FormatException("it holds no key that signatures can be checked with");
        }
        catch (Exception exception) when (exception is
            JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException or CryptographicException)
        {
            throw new FormatException($"the JSON is no JSON Web Key and no set of them ({exception.Message.TrimEnd('.')})");
        }
    }

    // Null for a key that is for encryption or of a type unknown here: the others of the set are good all the same.
    static JwtKey? ReadKey(JsonElement jwk)
    {
        if (Text(jwk, "use") == "enc")
            return null;
        var (kid, algorithm) = (Text(jwk, "kid"), Text(jwk, "alg"));
        switch (jwk.GetProperty("kty").GetString())
        {
            case "oct":
                var secret = Bytes(jwk, "k");
                return secret.Length >= ShortestSecret
                    ? new JwtKey.Symmetric(kid, algorithm, secret)
                    : throw new FormatException($"a symmetric key has {secret.Length} bytes; it needs {ShortestSecret}");
            case "RSA":
                return new JwtKey.Rsa(kid, algorithm, RSA.Create(new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") }));
            case "EC" when CurveOf(Text(jwk, "crv")) is { } curve:
                var point = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") };
                return new JwtKey.EllipticCurve(kid, algorithm, ECDsa.Create(new ECParameters { Curve = curve, Q = point }));
            default:
                return null;
        }
    }

    static ECCurve? CurveOf(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    static string? Text(JsonElement jwk, string name) => jwk.TryGetProperty(name, out var value) ? value.GetString() : null;

    static byte[] Bytes(JsonElement jwk, string name) => Base64UrlEncoder.DecodeBytes(jwk.GetProperty(name).GetString());
}
