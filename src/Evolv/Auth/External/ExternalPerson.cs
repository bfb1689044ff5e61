using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evolv.Auth.External;

/// <summary>What a provider gave for a code. Access and refresh token go to the client; they are the person's.</summary>
sealed record ProviderTokens(string AccessToken, string? RefreshToken, string? IdToken)
{
    const int Longest = 16 * 1024; // They travel in a header.

    /// <exception cref="ProviderFailure">There is none, or it is no token.</exception>
    internal static ProviderTokens Read(JsonElement json)
    {
        var tokens = new ProviderTokens(json.TextOf("access_token") ?? "", json.TextOf("refresh_token"), json.TextOf("id_token"));
        return tokens.AccessToken.Length > 0 && tokens.AccessToken.Length + (tokens.RefreshToken?.Length ?? 0) <= Longest
            ? tokens
            : throw new ProviderFailure("the answer has no access token, or an endless one");
    }
}

/// <summary>Who came from a provider, as it says.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Subject">Never another person's there.</param>
/// <param name="Email">Lower-case; null when there is none, or none that we could hold.</param>
/// <param name="IsEmailVerified">Whether the provider has made sure that the person reads what is sent there.</param>
/// <param name="Data">For <c>identity_data</c> and the account's own metadata, in GoTrue's names.</param>
sealed record ExternalPerson(string Provider, string Subject, string? Email, bool IsEmailVerified, JsonObject Data)
{
    const int LongestSubject = 255;
    const int LongestClaim = 300; // All of it has to fit into access tokens.

    /// <exception cref="ProviderFailure">Its subject is none.</exception>
    internal static ExternalPerson Create(
        string provider, string issuer, string? subject, string? email, bool isEmailVerified, string? name, string? picture, string? userName)
    {
        if (string.IsNullOrEmpty(subject) || subject.Length > LongestSubject || subject.Any(char.IsControl))
            throw new ProviderFailure("the subject is missing or none");
        var address = Normalize(email);
        var isVerified = isEmailVerified && address is not null;
        var data = new JsonObject
        {
            ["iss"] = issuer,
            ["sub"] = subject,
            ["provider_id"] = subject,
            ["email_verified"] = isVerified,
            ["phone_verified"] = false,
        };
        Add(data, address, "email");
        Add(data, Clean(name), "name", "full_name");
        Add(data, Clean(userName), "user_name", "preferred_username");
        Add(data, IsWebAddress(picture) ? picture : null, "picture", "avatar_url");
        return new ExternalPerson(provider, subject, address, isVerified, data);
    }

    static void Add(JsonObject data, string? value, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!string.IsNullOrEmpty(value))
                data[name] = value;
        }
    }

    static string? Normalize(string? email)
    {
        try
        {
            return string.IsNullOrEmpty(email) ? null : EmailAddress.Normalize(email);
        }
        catch (AuthError)
        {
            return null; // What we could not write to is no address of ours.
        }
    }

    // PostgreSQL holds no NUL, and nobody's name has a line break.
    static string? Clean(string? text)
    {
        if (text is null)
            return null;
        var clean = string.Concat(text.EnumerateRunes().Where(rune => !System.Text.Rune.IsControl(rune))).Trim();
        if (clean.Length <= LongestClaim)
            return clean;
        return clean[..(char.IsHighSurrogate(clean[LongestClaim - 1]) ? LongestClaim - 1 : LongestClaim)];
    }

    static bool IsWebAddress(string? text)
        => text is { Length: <= LongestClaim * 2 } && !text.Any(char.IsControl) &&
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http";
}
