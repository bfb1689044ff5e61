using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Evolv.Platform.Data;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Auth.Tokens;

/// <summary>An access token whose signature and claims were found good: a person's, or a key of a project that was taken over.</summary>
/// <param name="Caller">Whose it is.</param>
/// <param name="SessionId">The claim <c>session_id</c>.</param>
/// <param name="Kid">Of the key that signed it; null when that is the legacy secret.</param>
/// <param name="NotBefore">From when on it is good.</param>
/// <param name="ExpiresAt">Null when it never ends, as legacy keys may.</param>
sealed record VerifiedToken(Caller Caller, Guid? SessionId, string? Kid, DateTimeOffset NotBefore, DateTimeOffset? ExpiresAt);

/// <summary>The token, or why it is refused.</summary>
/// <param name="IsOfClaims">Whether the signature is ours and what the token says is the reason.</param>
readonly record struct Verification(VerifiedToken? Token, string? Refusal, bool IsOfClaims = false)
{
    internal void Deconstruct(out VerifiedToken? token, out string? refusal) => (token, refusal) = (Token, Refusal);
}

/// <summary>
/// The header of our tokens and nothing else: a key from outside (<c>jku</c>, <c>x5u</c>, <c>jwk</c>), a critical extension
/// or a doubled name does not fit into it.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record TokenHeader(string Alg, string? Kid = null, string? Typ = null);

/// <summary>
/// Tells whether an access token is ours and still good. A good one is remembered, because checking a signature costs
/// more than the rest of a small request. The words of a refusal are PostgREST's: they reach the clients of /rest/v1.
/// </summary>
sealed class TokenVerifier(SigningKeys keys, IOptions<AuthOptions> options, TimeProvider time) : IDisposable
{
    const int LongestToken = 32 * 1024;
    const int RememberedTokens = 10_000;

    static readonly SearchValues<char> Base64UrlCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LongestMemory = TimeSpan.FromDays(1);

    readonly LegacyTokens? _legacy = LegacyTokens.From(options.Value);
    readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = RememberedTokens });
    readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = LongestToken };

    /// <param name="token">What followed <c>Bearer</c>.</param>
    /// <param name="leeway">How long an expired token still passes: 30 s for PostgREST, none for GoTrue; null when its age is the caller's to judge.</param>
    internal async ValueTask<Verification> VerifyAsync(string token, TimeSpan? leeway)
    {
        if (token.Length > LongestToken)
            return new(null, "JWT is too long");

        var ring = keys.Current;
        var now = time.GetUtcNow();
        var hash = Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan())));
        // A revoked key ends its tokens at once, remembered or not.
        if (!_verified.TryGetValue(hash, out VerifiedToken? verified) || verified!.Kid is { } signedBy && !ring.Verifying.ContainsKey(signedBy))
        {
            var read = await ReadAsync(token, ring, now);
            if (read.Token is null)
                return read;
            verified = read.Token;
            var left = verified.ExpiresAt + ClockSkew - now ?? LongestMemory;
            if (left > TimeSpan.Zero)
                Remember(hash, verified, left < LongestMemory ? left : LongestMemory);
        }

        return verified switch
        {
            _ when verified.ExpiresAt + leeway <= now => new(null, "JWT expired", IsOfClaims: true),
            _ when verified.NotBefore > now + ClockSkew => new(null, "JWT not yet valid", IsOfClaims: true),
            _ => new(verified, null),
        };
    }

    public void Dispose() => _verified.Dispose();

    void Remember(string hash, VerifiedToken verified, TimeSpan duration)
        => _verified.Set(hash, verified, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = duration });

    async Task<Verification> ReadAsync(string token, KeyRing ring, DateTimeOffset now)
    {
        var parts = token.Count(character => character == '.') + 1;
        if (parts != 3)
            return new(null, $"Expected 3 parts in JWT; got {parts}");

        var (first, second) = (token.IndexOf('.'), token.LastIndexOf('.'));
        if (!TryDecode(token.AsSpan(0, first), out var header) ||
            !TryDecode(token.AsSpan(first + 1, second - first - 1), out var payload) ||
            !TryDecode(token.AsSpan(second + 1), out var signature))
            return new(null, "JWT cryptographic operation failed");

        if (ReadHeader(header) is not { } read)
            return new(null, "JWT header is not one of ours");
        // Which secret or key is asked depends on the algorithm, never the other way round: a public key is nobody's secret.
        if (_legacy is not null && read.Alg == LegacyTokens.Algorithm)
        {
            return _legacy.IsSigned(token.AsSpan(0, second), signature)
                ? ToVerification(ReadClaims(payload, kid: null, now))
                : new(null, "JWT cryptographic operation failed");
        }

        if (read.Alg != KeyRing.Algorithm)
            return new(null, "Wrong or unsupported encoding algorithm");
        if (read.Kid is not { } kid)
            return new(null, "JWT header is not one of ours");
        if (!ring.Verifying.TryGetValue(kid, out var key))
            return new(null, "No suitable key was found to decode the JWT");
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [KeyRing.Algorithm],
            IssuerSigningKey = key,
            RequireSignedTokens = true,
            // Read from the payload below, by the injected clock and in words of our own.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        if (!result.IsValid)
            return new(null, "JWT cryptographic operation failed");
        return ToVerification(ReadClaims(payload, kid, now));
    }

    static Verification ToVerification((VerifiedToken? Token, string? Refusal) read) => new(read.Token, read.Refusal, IsOfClaims: read.Token is null);

    static TokenHeader? ReadHeader(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AuthJson.Default.TokenHeader);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Without a kid it is signed with the legacy secret, by an issuer of its own.
    (VerifiedToken?, string?) ReadClaims(byte[] json, string? kid, DateTimeOffset now)
    {
        using var document = Parse(json);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } claims)
            return (null, "Parsing claims failed");
        var key = kid is null ? LegacyTokens.RoleOfKey(Text(claims, "role")) : null;
        // The roles of the installation have keys of their own, which are compared and not verified: who stole a
        // signing key still cannot become service_role.
        if (key is null && Text(claims, "role") != Caller.AuthenticatedRole)
            return (null, "JWT role is not allowed");
        var (times, refusal) = ReadTimes(claims, now);
        if (refusal is not null)
            return (null, refusal);
        if (key is not null)
            return (new VerifiedToken(key, SessionId: null, kid, times.NotBefore, times.ExpiresAt), null);
        return ReadPerson(claims, json, kid, times);
    }

    (VerifiedToken?, string?) ReadPerson(JsonElement claims, byte[] json, string? kid, (DateTimeOffset NotBefore, DateTimeOffset? ExpiresAt) times)
    {
        if (!Guid.TryParseExact(Text(claims, "sub"), "D", out var userId))
            return (null, "JWT claim sub must be a UUID");
        if (!HasAudience(claims))
            return (null, "JWT not in audience");
        if (kid is not null && Text(claims, "iss") != options.Value.Issuer)
            return (null, "JWT issuer is not this server");
        if (times.ExpiresAt is null)
            return (null, "JWT claim exp must be a number");

        Guid? sessionId = null;
        if (claims.TryGetProperty("session_id", out _))
        {
            if (!Guid.TryParseExact(Text(claims, "session_id"), "D", out var id))
                return (null, "JWT claim session_id must be a UUID");
            sessionId = id;
        }

        var caller = new Caller(Caller.AuthenticatedRole, Encoding.UTF8.GetString(json), userId);
        return (new VerifiedToken(caller, sessionId, kid, times.NotBefore, times.ExpiresAt), null);
    }

    static ((DateTimeOffset NotBefore, DateTimeOffset? ExpiresAt) Times, string? Refusal) ReadTimes(JsonElement claims, DateTimeOffset now)
    {
        if (!TryReadInstant(claims, "exp", out var expiresAt))
            return (default, "JWT claim exp must be a number");
        if (!TryReadInstant(claims, "nbf", out var notBefore))
            return (default, "JWT claim nbf must be a number");
        if (!TryReadInstant(claims, "iat", out var issuedAt))
            return (default, "JWT claim iat must be a number");
        return issuedAt > now + ClockSkew
            ? (default, "JWT issued at future")
            : ((notBefore ?? DateTimeOffset.MinValue, expiresAt), null);
    }

    static bool HasAudience(JsonElement claims)
        => claims.TryGetProperty("aud", out var audience) && (audience.ValueKind == JsonValueKind.Array
            ? audience.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(Caller.AuthenticatedRole))
            : Text(claims, "aud") == Caller.AuthenticatedRole);

    // Strict: padding, white space and a byte order mark would make many texts of one token.
    static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.IsEmpty || text.ContainsAnyExcept(Base64UrlCharacters) || !Base64Url.IsValid(text))
            return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    static JsonDocument? Parse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? Text(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // True without a value when the claim is absent. The bound is the year 9999.
    static bool TryReadInstant(JsonElement claims, string name, out DateTimeOffset? instant)
    {
        instant = null;
        if (!claims.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var seconds) || seconds is < 0 or > 253_402_300_000)
            return false;
        instant = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
