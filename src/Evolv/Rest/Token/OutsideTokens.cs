using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.Extensions.Caching.Memory;

namespace Evolv.Rest.Token;

/// <summary>
/// Tokens that somebody else made and that the operator trusts by <c>JwtSecret</c>: read, checked and remembered as
/// PostgREST does. One object for each setting, so that a change of it forgets what was verified before.
/// </summary>
sealed class OutsideTokens : IDisposable
{
    const int RememberedTokens = 10_000;

    readonly ImmutableArray<JwtKey> _keys;
    readonly ClaimPath _rolePath;
    readonly TimeProvider _time;
    readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = RememberedTokens });

    /// <exception cref="FormatException">Why the settings cannot be used.</exception>
    internal OutsideTokens(JwtConfig config, TimeProvider time)
    {
        _time = time;
        Config = config;
        _keys = JwtKeys.Read(config);
        _rolePath = ClaimPath.Parse(config.RoleClaim);
    }

    internal JwtConfig Config { get; }

    /// <param name="token">What followed <c>Bearer</c>.</param>
    /// <param name="anonRole">The role of a token that names none.</param>
    /// <exception cref="RestError">PGRST301, 302 or 303.</exception>
    internal Caller FindCaller(string token, string? anonRole)
    {
        if (token.Length == 0)
            throw RestError.Undecodable("Empty JWT is sent in Authorization header");
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var hash = Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan())));
        if (_verified.TryGetValue(hash, out Verified? known))
        {
            known!.Claims.Refuse(Config.Audience, now);
        }
        else
        {
            var claims = Read(token);
            claims.Refuse(Config.Audience, now);
            known = new Verified(claims, claims.Role is null ? null : claims.ToCaller(claims.Role));
            Remember(hash, known, claims.EndsAt - now);
        }

        if (known.Caller is { } caller)
            return caller;
        return known.Claims.ToCaller(anonRole ?? throw RestError.AnonymousDisabled());
    }

    public void Dispose() => _verified.Dispose();

    sealed record Verified(TokenClaims Claims, Caller? Caller);

    void Remember(string hash, Verified verified, long? seconds)
        => _verified.Set(hash, verified, new MemoryCacheEntryOptions
        {
            Size = 1,
            AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(Math.Clamp(seconds ?? long.MaxValue, 1, TimeSpan.SecondsPerDay)),
        });

    TokenClaims Read(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
            throw RestError.Undecodable($"Expected 3 parts in JWT; got {parts.Length}");
        if (!TryDecode(parts[0], out var header) || !TryDecode(parts[1], out var payload) || !TryDecode(parts[2], out var signature))
            throw Unreadable();

        var (algorithm, kid) = ReadHeader(header);
        var candidates = _keys.Where(key => key.IsFor(algorithm, kid)).ToList();
        if (candidates.Count == 0)
            throw WrongKey("No suitable key was found to decode the JWT");
        var signed = Encoding.ASCII.GetBytes(token, 0, token.LastIndexOf('.'));
        if (!candidates.Exists(key => key.Verify(algorithm, signed, signature)))
            throw WrongKey("None of the keys was able to decode the JWT");

        using var document = Parse(payload);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } claims)
            throw RestError.InvalidClaims("Parsing claims failed");
        var role = _rolePath.Find(claims) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text => Text(text) ?? throw RestError.InvalidClaims("Parsing claims failed"),
            { } other => other.GetRawText(),
        };
        // For PostgreSQL it is no role but the word for the login of the pool itself.
        if (role == "none")
            throw RestError.Database(401, "22023", "role \"none\" does not exist", details: null, hint: null, reasonPhrase: null,
                new KeyValuePair<string, string>("WWW-Authenticate", "Bearer"));
        return new TokenClaims(claims.Clone(), role);
    }

    // Keys that come with a token (jwk, jku, x5c) are not even looked at.
    static (string Algorithm, string? Kid) ReadHeader(byte[] json)
    {
        using var document = Parse(json);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } header ||
            !header.TryGetProperty("alg", out var alg) || alg.ValueKind != JsonValueKind.String || Text(alg) is not { } algorithm)
            throw Unreadable();
        if (algorithm == "none")
            throw RestError.Undecodable("Wrong or unsupported encoding algorithm", "JWT is unsecured but expected 'alg' was not 'none'");
        // Critical are extensions that may not be ignored, and we know none; `enc` is an encrypted token.
        if (JwtKey.HashOf(algorithm) is null || header.TryGetProperty("crit", out _) || header.TryGetProperty("enc", out _))
            throw Unreadable();
        if (!header.TryGetProperty("kid", out var kid) || kid.ValueKind == JsonValueKind.Null)
            return (algorithm, null);
        return kid.ValueKind == JsonValueKind.String && Text(kid) is { } name ? (algorithm, name) : throw Unreadable();
    }

    static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        // White space and padding would make many texts of one token.
        bytes = Base64Url.IsValid(text) && !text.AsSpan().ContainsAny(" \t\r\n=") ? Base64Url.DecodeFromChars(text) : null;
        return bytes is not null;
    }

    static JsonDocument? Parse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        // Half of a surrogate pair is JSON and no text.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // Null for text that is none.
    static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static RestError Unreadable() => RestError.Undecodable("JWT cryptographic operation failed");

    static RestError WrongKey(string details) => RestError.Undecodable("No suitable key or wrong key type", details);
}
