using System.Security.Cryptography;
using System.Text;
using Evolv.Platform.Data;

namespace Evolv.Auth.Tokens;

/// <summary>
/// Tokens and keys of a Supabase project that was taken over, signed with its secret (HS256). They are accepted while
/// <c>Auth:LegacyJwtSecret</c> is set, so that its apps and its people go on; nothing new is signed with it.
/// </summary>
sealed class LegacyTokens
{
    internal const string Algorithm = "HS256";

    readonly byte[] _secret;

    LegacyTokens(string secret) => _secret = Encoding.UTF8.GetBytes(secret);

    internal static LegacyTokens? From(AuthOptions options) => options.LegacyJwtSecret.Length == 0 ? null : new LegacyTokens(options.LegacyJwtSecret);

    /// <summary>Whom a key of the project stands for; null when the role is a person's or none.</summary>
    internal static Caller? RoleOfKey(string? role) => role switch
    {
        Caller.AnonRole => Caller.Anonymous,
        Caller.ServiceRole or "supabase_admin" => Caller.Service,
        _ => null,
    };

    internal bool IsSigned(ReadOnlySpan<char> headerAndPayload, byte[] signature)
    {
        var text = new byte[headerAndPayload.Length]; // Base64url and a dot: one byte each.
        Encoding.ASCII.GetBytes(headerAndPayload, text);
        return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(_secret, text), signature);
    }
}
