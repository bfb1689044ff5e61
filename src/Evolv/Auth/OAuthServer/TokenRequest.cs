using System.Text.Json;

namespace Evolv.Auth.OAuthServer;

/// <summary>A body of POST /oauth/token, as a form or, as GoTrue takes it too, as JSON.</summary>
sealed record TokenRequest(
    string? GrantType = null, string? Code = null, string? RefreshToken = null, string? RedirectUri = null, string? ClientId = null,
    string? ClientSecret = null, string? CodeVerifier = null, string? Resource = null)
{
    /// <exception cref="AuthError">It is neither, or says something twice.</exception>
    internal static async Task<TokenRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var type = request.ContentType ?? "";
        if (type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return await ReadJsonAsync(request, cancellationToken);
        var form = type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? await ReadFormAsync(request, cancellationToken)
            : FormCollection.Empty;
        return new TokenRequest(
            Text(form, "grant_type"), Text(form, "code"), Text(form, "refresh_token"), Text(form, "redirect_uri"), Text(form, "client_id"),
            Text(form, "client_secret"), Text(form, "code_verifier"), Text(form, "resource"));
    }

    static async Task<TokenRequest> ReadJsonAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, AuthJson.Default.TokenRequest, cancellationToken)
                ?? throw AuthError.OAuth("invalid_request", "Invalid JSON body");
        }
        catch (JsonException)
        {
            throw AuthError.OAuth("invalid_request", "Invalid JSON body");
        }
    }

    static async Task<IFormCollection> ReadFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.ReadFormAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException and not BadHttpRequestException)
        {
            throw AuthError.OAuth("invalid_request", "Failed to parse form data");
        }
    }

    // RFC 6749 3.2: an empty one is none, and none may come twice.
    static string? Text(IFormCollection form, string name)
        => form[name] switch
        {
            { Count: > 1 } => throw AuthError.OAuth("invalid_request", $"{name} must be given once"),
            var values => values.ToString() is { Length: > 0 } text ? text : null,
        };
}

/// <summary>Tokens for a client. It is not told the account: userinfo and the ID token say what was granted.</summary>
sealed record TokenResponse(
    string AccessToken, string TokenType, int ExpiresIn, string? RefreshToken, string? Scope = null, string? IdToken = null);
