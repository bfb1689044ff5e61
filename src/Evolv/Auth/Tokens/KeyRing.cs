using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Evolv.Platform.Data;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Auth.Tokens;

/// <summary>A key that stands for a role of this installation instead of a person.</summary>
sealed record ApiKey(string Kind, string Role, string Value, Guid Id = default)
{
    internal const string Publishable = "publishable";
    internal const string Secret = "secret";
    internal const string LegacyJwt = "legacy_jwt";

    internal Caller Caller => Role == Platform.Data.Caller.ServiceRole ? Platform.Data.Caller.Service : Platform.Data.Caller.Anonymous;
}

/// <summary>All keys of this installation as they were at one moment. Immutable, so requests need no lock.</summary>
sealed class KeyRing(
    ECDsaSecurityKey signing, FrozenDictionary<string, ECDsaSecurityKey> verifying, ImmutableArray<ApiKey> apiKeys, byte[] refreshSecret)
{
    internal const string Algorithm = SecurityAlgorithms.EcdsaSha256;

    /// <summary>Knows no key and nobody's token; what it would sign, nobody accepts.</summary>
    internal static KeyRing CreateEmpty() => new(
        new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)), FrozenDictionary<string, ECDsaSecurityKey>.Empty, [],
        RandomNumberGenerator.GetBytes(32));

    internal SigningCredentials Signing { get; } = new(signing, Algorithm);

    /// <summary>The keys that are not revoked, by <c>kid</c>.</summary>
    internal FrozenDictionary<string, ECDsaSecurityKey> Verifying => verifying;

    /// <summary>The public halves, as /.well-known/jwks.json serves them.</summary>
    internal byte[] Jwks { get; } = JsonWebKeys.Write(verifying.Values);

    internal string PublishableKey => Find(ApiKey.Publishable, Caller.AnonRole);

    internal string SecretKey => Find(ApiKey.Secret, Caller.ServiceRole);

    internal string AnonJwt => Find(ApiKey.LegacyJwt, Caller.AnonRole);

    internal string ServiceRoleJwt => Find(ApiKey.LegacyJwt, Caller.ServiceRole);

    /// <summary>Whom a key stands for; null when it is none of ours. Takes the same time for every guess.</summary>
    internal Caller? FindCaller(string key) => FindApiKey(key)?.Caller;

    /// <inheritdoc cref="FindCaller"/>
    internal ApiKey? FindApiKey(string key)
    {
        ApiKey? found = null;
        var given = MemoryMarshal.AsBytes(key.AsSpan());
        foreach (var ours in apiKeys)
        {
            if (CryptographicOperations.FixedTimeEquals(given, MemoryMarshal.AsBytes(ours.Value.AsSpan())))
                found = ours;
        }

        return found;
    }

    internal bool HasApiKey(Guid id) => apiKeys.Any(key => key.Id == id);

    /// <summary>A code that only this installation can compute.</summary>
    internal byte[] Authenticate(ReadOnlySpan<byte> message) => HMACSHA256.HashData(refreshSecret, message);

    // Empty when the last of a kind was revoked; the next start makes another.
    string Find(string kind, string role) => apiKeys.FirstOrDefault(key => key.Kind == kind && key.Role == role)?.Value ?? "";
}
