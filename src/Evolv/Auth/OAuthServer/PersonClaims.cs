using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Auth.External;

namespace Evolv.Auth.OAuthServer;

/// <summary>What a client learns of a person, by what they granted: the claims of ID tokens and of userinfo (OpenID Connect Core, 5.4).</summary>
static class PersonClaims
{
    internal static JsonObject Of(AuthUser user, string granted)
    {
        var scopes = Scopes.Split(granted);
        var claims = new JsonObject { ["sub"] = user.Id };
        if (scopes.Contains(Scopes.Email) && user.Email.Length > 0)
        {
            claims["email"] = user.Email;
            claims["email_verified"] = IsProven(user);
        }

        if (scopes.Contains(Scopes.Phone) && user.Phone.Length > 0)
        {
            claims["phone_number"] = user.Phone;
            claims["phone_number_verified"] = user.PhoneConfirmedAt is not null;
        }

        if (!scopes.Contains(Scopes.Profile))
            return claims;
        // GoTrue falls back to the address without asking whether it was granted.
        Add(claims, "name", user, ["name", "full_name"], fallback: scopes.Contains(Scopes.Email) ? user.Email : "");
        Add(claims, "picture", user, ["picture", "avatar_url"]);
        Add(claims, "preferred_username", user, ["preferred_username", "username"]);
        claims["updated_at"] = new DateTimeOffset(user.UpdatedAt).ToUnixTimeSeconds();
        return claims;
    }

    // Where sign-ups are not confirmed by mail, an address counts as confirmed that nobody has shown to be theirs. Tools join accounts by it.
    static bool IsProven(AuthUser user)
        => user.EmailConfirmedAt is not null && user.Identities.EnumerateArray().Any(identity =>
            identity.TextOf("email") == user.Email && identity.TryGetProperty("identity_data", out var data) && data.IsTrue("email_verified"));

    static void Add(JsonObject claims, string name, AuthUser user, ReadOnlySpan<string> sources, string fallback = "")
    {
        foreach (var source in sources)
        {
            if (user.UserMetadata.ValueKind == JsonValueKind.Object && user.UserMetadata.TryGetProperty(source, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            {
                claims[name] = text;
                return;
            }
        }

        if (fallback.Length > 0)
            claims[name] = fallback;
    }
}
