using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Evolv.Auth.External;

/// <summary>GitHub, which speaks plain OAuth 2: who came, is asked of its API.</summary>
sealed class GitHubProvider(string name, ExternalProviderOptions options, string redirectUri) : IExternalProvider
{
    const string UsualScopes = "user:email";

    readonly ProviderHttp _http = new(new Uri(options.Issuer));
    readonly string _site = options.Issuer.TrimEnd('/');

    public string Name => name;

    // An Enterprise server has its API below its own address.
    string Api => new Uri(_site).Host == "github.com" ? "https://api.github.com" : $"{_site}/api/v3";

    public Task<string> AuthorizeAsync(ProviderRequest request, CancellationToken cancellationToken)
        => Task.FromResult(AuthorizeUrl.Write(
            $"{_site}/login/oauth/authorize", options, redirectUri, AuthorizeUrl.Scopes(UsualScopes, options, request.Scopes), request, hasNonce: false));

    public async Task<ProviderTokens> ExchangeAsync(string code, string verifier, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_site}/login/oauth/access_token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["client_id"] = options.ClientId,
                ["client_secret"] = options.ClientSecret,
                ["code"] = code,
                ["redirect_uri"] = redirectUri,
                ["code_verifier"] = verifier,
            }),
        };
        return ProviderTokens.Read(await _http.ReadJsonAsync(request, cancellationToken));
    }

    public async Task<ExternalPerson> ReadPersonAsync(
        ProviderTokens tokens, ProviderAnswer answer, string nonceHash, CancellationToken cancellationToken)
    {
        var user = await GetAsync("/user", tokens.AccessToken, cancellationToken);
        var emails = await GetAsync("/user/emails", tokens.AccessToken, cancellationToken);
        // The number is the account; a login may be given up and taken by another.
        var id = user.ValueKind == JsonValueKind.Object && user.TryGetProperty("id", out var number) && number.ValueKind == JsonValueKind.Number &&
            number.TryGetInt64(out var value) ? value.ToString(CultureInfo.InvariantCulture) : null;
        var primary = emails.ValueKind == JsonValueKind.Array ? emails.EnumerateArray().FirstOrDefault(email => email.IsTrue("primary")) : default;
        var login = user.TextOf("login");
        return ExternalPerson.Create(
            Name, Api, id, primary.TextOf("email"), primary.IsTrue("verified"), user.TextOf("name") ?? login, user.TextOf("avatar_url"), login);
    }

    async Task<JsonElement> GetAsync(string path, string accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Api + path);
        if (!AuthenticationHeaderValue.TryParse($"Bearer {accessToken}", out var authorization))
            throw new ProviderFailure("the access token cannot be sent");
        request.Headers.Authorization = authorization;
        return await _http.ReadJsonAsync(request, cancellationToken);
    }
}
