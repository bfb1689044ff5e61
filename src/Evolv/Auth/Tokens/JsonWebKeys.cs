using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Auth.Tokens;

/// <summary>Writes public keys as a JSON Web Key Set (RFC 7517).</summary>
static class JsonWebKeys
{
    internal static byte[] Write(IEnumerable<ECDsaSecurityKey> keys)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys"u8);
            foreach (var key in keys.OrderBy(key => key.KeyId, StringComparer.Ordinal))
                Write(json, key);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    static void Write(Utf8JsonWriter json, ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        json.WriteStartObject();
        json.WriteString("kty"u8, "EC"u8);
        json.WriteString("kid"u8, key.KeyId);
        json.WriteString("alg"u8, KeyRing.Algorithm);
        json.WriteString("use"u8, "sig"u8);
        json.WriteStartArray("key_ops"u8);
        json.WriteStringValue("verify"u8);
        json.WriteEndArray();
        json.WriteString("crv"u8, "P-256"u8);
        json.WriteString("x"u8, Base64UrlEncoder.Encode(point.X));
        json.WriteString("y"u8, Base64UrlEncoder.Encode(point.Y));
        json.WriteEndObject();
    }
}
