using System.Text;

namespace Evolv.Auth.External;

/// <summary>Writes the address of a provider's sign-in page.</summary>
static class AuthorizeUrl
{
    // Ours in any case: with one of these a page could change what is asked, or where the answer goes.
    static readonly HashSet<string> Owned = new(StringComparer.OrdinalIgnoreCase)
    {
        "client_id", "client_secret", "client_assertion", "client_assertion_type", "redirect_uri", "response_type", "response_mode", "scope",
        "state", "nonce", "code_challenge", "code_challenge_method", "request", "request_uri", "registration", "code", "grant_type",
        "provider", "redirect_to", "scopes", "skip_http_redirect", "invite_token", "flow_type", "apikey",
    };

    /// <summary>What a client may ask of the provider through us.</summary>
    internal static List<KeyValuePair<string, string>> ExtraOf(IQueryCollection query)
        => [.. query.Where(parameter => parameter.Key.Length > 0 && !Owned.Contains(parameter.Key))
            .Select(parameter => KeyValuePair.Create(parameter.Key, parameter.Value.ToString()))];

    internal static string Write(
        string endpoint, ExternalProviderOptions options, string redirectUri, string scopes, ProviderRequest request, bool hasNonce)
    {
        List<KeyValuePair<string, string>> parameters =
        [
            new("client_id", options.ClientId), new("redirect_uri", redirectUri), new("response_type", "code"), new("scope", scopes),
            new("state", request.State), new("code_challenge", request.CodeChallenge), new("code_challenge_method", "S256"),
        ];
        if (hasNonce)
            parameters.Add(new("nonce", request.Nonce));
        if (options.ResponseMode != "query")
            parameters.Add(new("response_mode", options.ResponseMode));
        parameters.AddRange(request.Extra);

        var url = new StringBuilder(endpoint);
        foreach (var (name, value) in parameters)
        {
            var separator = url.Length == endpoint.Length && !endpoint.Contains('?', StringComparison.Ordinal) ? '?' : '&';
            url.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return url.ToString();
    }

    /// <summary>The usual scopes, or the configured ones, and what the client wants beside them.</summary>
    internal static string Scopes(string usual, ExternalProviderOptions options, string wanted)
        => string.Join(' ', $"{(options.Scopes.Length > 0 ? options.Scopes : usual)} {wanted}"
            .Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct());
}
