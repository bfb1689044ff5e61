using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Auth.External;

/// <summary>An ID token whose signature, issuer and time were found good. For whom it is, is the reader's to judge.</summary>
sealed record IdToken(JsonElement Claims, string Algorithm)
{
    internal IReadOnlyList<string> Audiences
        => !Claims.TryGetProperty("aud", out var audience) ? []
            : audience.ValueKind == JsonValueKind.Array ? [.. audience.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)]
            : Claims.TextOf("aud") is { } one ? [one] : [];

    /// <summary>Whether an access token was issued with this one; true when this one does not say.</summary>
    internal bool BelongsTo(string accessToken)
    {
        if (!Claims.TryGetProperty("at_hash", out _))
            return true;
        var bytes = Encoding.UTF8.GetBytes(accessToken);
        var hash = Algorithm[^3..] switch
        {
            "384" => SHA384.HashData(bytes),
            "512" => SHA512.HashData(bytes),
            _ => SHA256.HashData(bytes),
        };
        return Claims.TextOf("at_hash") == Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2));
    }
}

/// <summary>Checks the ID tokens of one issuer. Only signatures that nobody but the issuer can make count.</summary>
sealed class IdTokens(OidcMetadata metadata, Issuers issuers, TimeProvider time)
{
    const int Longest = 16 * 1024;

    static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
    static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = Longest };

    /// <summary>The token when it is good; null when it is not. What is obviously none never reaches the issuer.</summary>
    /// <exception cref="ProviderFailure">The issuer's keys are not to be had.</exception>
    internal async Task<IdToken?> ReadAsync(string text, CancellationToken cancellationToken)
    {
        if (Parse(text) is not { } token || !IsIdToken(token.Claims) || !IsTimely(token.Claims))
            return null;
        var configuration = await metadata.ReadAsync(cancellationToken);
        if (!issuers.IsIssuerOf(token.Claims, configuration.Issuer))
            return null;
        if (token.KeyId.Length > 0 && !configuration.SigningKeys.Any(key => key.KeyId == token.KeyId))
            configuration = await metadata.ReadAgainAsync(configuration, cancellationToken);
        var result = await _handler.ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = configuration.SigningKeys,
            RequireSignedTokens = true,
            // Read above, by the injected clock.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return result.IsValid ? new IdToken(token.Claims, token.Algorithm) : null;
    }

    sealed record Parsed(JsonElement Claims, string Algorithm, string KeyId);

    static Parsed? Parse(string text)
    {
        var parts = text.Split('.', 4);
        if (text.Length > Longest || parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } claims)
            return null;
        var algorithm = header.TextOf("alg");
        // An access token (at+jwt) is no proof of who came.
        return algorithm is not null && Algorithms.Contains(algorithm) && (header.TextOf("typ") ?? "JWT").Equals("JWT", StringComparison.OrdinalIgnoreCase)
            ? new Parsed(claims, algorithm, header.TextOf("kid") ?? "")
            : null;
    }

    static JsonElement? Decode(string part)
    {
        try
        {
            var json = JsonElement.Parse(Base64Url.DecodeFromChars(part), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    // Keycloak signs all kinds of tokens with one key, and names the kind; a logout token is known by its events.
    static bool IsIdToken(JsonElement claims)
        => (!claims.TryGetProperty("typ", out _) || claims.TextOf("typ") == "ID") && !claims.TryGetProperty("events", out _);

    bool IsTimely(JsonElement claims)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var skew = (long)ClockSkew.TotalSeconds;
        return Seconds(claims, "exp") is { } expires && expires + skew > now && Seconds(claims, "iat") is { } issued && issued - skew <= now &&
            (!claims.TryGetProperty("nbf", out _) || Seconds(claims, "nbf") is { } begins && begins - skew <= now);
    }

    static long? Seconds(JsonElement claims, string name)
        => claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) &&
            seconds is >= 0 and < 253_402_300_000 ? (long)seconds : null;
}
