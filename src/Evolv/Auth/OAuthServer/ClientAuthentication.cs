using System.Net;
using System.Text;
using Evolv.Platform.Data;

namespace Evolv.Auth.OAuthServer;

/// <summary>Finds out which client asks for tokens, in the one way that it is registered for (RFC 6749, 2.3).</summary>
static class ClientAuthentication
{
    const string Scheme = "Basic ";

    readonly record struct Credentials(string ClientId, string? Secret, string Method);

    /// <exception cref="AuthError">None, unknown, or it does not show who it is.</exception>
    internal static async Task<OAuthClient> RequireAsync(
        HttpContext context, TokenRequest request, Database database, CancellationToken cancellationToken)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var isInHeader = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        if (isInHeader)
            context.Response.OnStarting(ChallengeAsync, context.Response);
        var given = isInHeader ? ReadHeader(header[Scheme.Length..], request) : ReadBody(request);
        var client = Guid.TryParseExact(given.ClientId, "D", out var id) ? await OAuthClient.FindAsync(database, id, cancellationToken) : null;
        if (client is null)
            throw AuthError.InvalidClient("Invalid client credentials");
        if (given.Method != client.AuthMethod)
            throw AuthError.InvalidClient(
                $"invalid authentication method: client is registered for '{client.AuthMethod}' but '{given.Method}' was used");
        return client.IsPublic || client.HasSecret(given.Secret!) ? client : throw AuthError.InvalidClient("Invalid client credentials");
    }

    static Credentials ReadBody(TokenRequest request)
    {
        if (request.ClientId is not { } clientId)
            throw AuthError.InvalidClient("Client authentication required");
        return new Credentials(clientId, request.ClientSecret, request.ClientSecret is null ? OAuthClient.None : OAuthClient.Post);
    }

    // RFC 6749 encodes both as in a form before they are joined; libraries encode even the hyphens of an id.
    static Credentials ReadHeader(string encoded, TokenRequest request)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded.Trim(), bytes, out var length))
            throw AuthError.InvalidClient("invalid basic auth encoding");
        if (Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is not [var name, var password])
            throw AuthError.InvalidClient("invalid basic auth format");
        var clientId = WebUtility.UrlDecode(name);
        if (request.ClientSecret is not null || request.ClientId is { } other && other != clientId)
            throw AuthError.OAuth("invalid_request", "The client must authenticate in one way only");
        return new Credentials(clientId, WebUtility.UrlDecode(password), OAuthClient.Basic);
    }

    // Who tried the header is told of the scheme.
    static Task ChallengeAsync(object state)
    {
        var response = (HttpResponse)state;
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Basic realm=\"Evolv\"";
        return Task.CompletedTask;
    }
}
