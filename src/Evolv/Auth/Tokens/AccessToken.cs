using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Evolv.Auth.Tokens;

/// <summary>
/// Makes access tokens of what <c>evolv.access_token_hook</c> answers, GoTrue's <c>{"claims": {…}}</c>, or
/// <c>{"error": {"http_code": 403, "message": "…"}}</c> to refuse.
/// </summary>
sealed class AccessToken(SigningKeys keys)
{
    // Without these a token would be refused, or would be somebody else's.
    static readonly (string Name, JsonValueKind Kind)[] Required =
    [
        ("iss", JsonValueKind.String), ("sub", JsonValueKind.String), ("aud", JsonValueKind.String), ("exp", JsonValueKind.Number),
        ("iat", JsonValueKind.Number), ("role", JsonValueKind.String), ("aal", JsonValueKind.String), ("session_id", JsonValueKind.String),
        ("email", JsonValueKind.String), ("phone", JsonValueKind.String), ("is_anonymous", JsonValueKind.False),
    ];

    readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="hooked">What the hook answered.</param>
    /// <param name="clientId">The client whose token it is; null for a person's own.</param>
    /// <exception cref="AuthError">It refuses, or is not of the form.</exception>
    internal string Sign(string? hooked, string? clientId = null)
    {
        using var answer = JsonDocument.Parse(hooked ?? "null");
        if (answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("error", out var error) &&
            error.ValueKind == JsonValueKind.Object)
            throw AuthError.HookRefused(Number(error, "http_code"), Text(error, "message"));
        if (answer.RootElement.ValueKind != JsonValueKind.Object || !answer.RootElement.TryGetProperty("claims", out var claims) ||
            claims.ValueKind != JsonValueKind.Object)
            throw AuthError.HookBroken("it must answer {\"claims\": {…}}");
        foreach (var (name, kind) in Required)
        {
            if (!claims.TryGetProperty(name, out var value) ||
                (kind == JsonValueKind.False ? value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) : value.ValueKind != kind))
                throw AuthError.HookBroken($"it must keep the claim {name}");
        }

        // Policies tell by it a client from the person.
        if (clientId is not null && Text(claims, "client_id") != clientId)
            throw AuthError.HookBroken("it must keep the claim client_id");
        return _handler.CreateToken(claims.GetRawText(), keys.Current.Signing);
    }

    static int? Number(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    static string? Text(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
