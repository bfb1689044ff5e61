using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Evolv.Auth.Flows;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Evolv.Auth.External;

/// <summary>A provider that speaks OpenID Connect: google, azure, apple, keycloak, and any other.</summary>
sealed class OidcProvider : IExternalProvider
{
    const string UsualScopes = "openid email profile";

    readonly ExternalProviderOptions _options;
    readonly string _redirectUri;
    readonly ProviderHttp _http;
    readonly OidcMetadata _metadata;

    public OidcProvider(string name, ExternalProviderOptions options, string redirectUri, TimeProvider time)
    {
        Name = name;
        _options = options;
        _redirectUri = redirectUri;
        _http = new ProviderHttp(new Uri(options.Issuer));
        Issuers = new Issuers(name, options.Issuer);
        _metadata = new OidcMetadata(options.Issuer, Issuers, _http, time);
        IdTokens = new IdTokens(_metadata, Issuers, time);
    }

    public string Name { get; }

    internal Issuers Issuers { get; }

    internal IdTokens IdTokens { get; }

    internal ExternalProviderOptions Options => _options;

    public async Task<string> AuthorizeAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var configuration = await _metadata.ReadAsync(cancellationToken);
        var scopes = AuthorizeUrl.Scopes(Name == "apple" ? "openid email name" : UsualScopes, _options, $"openid {request.Scopes}");
        return AuthorizeUrl.Write(configuration.AuthorizationEndpoint, _options, _redirectUri, scopes, request, hasNonce: true);
    }

    public async Task<ProviderTokens> ExchangeAsync(string code, string verifier, CancellationToken cancellationToken)
    {
        var configuration = await _metadata.ReadAsync(cancellationToken);
        Dictionary<string, string> form = new()
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = _redirectUri,
            ["code_verifier"] = verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, configuration.TokenEndpoint);
        if (TakesBasic(configuration) && _options.ClientSecret.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(
                $"{Uri.EscapeDataString(_options.ClientId)}:{Uri.EscapeDataString(_options.ClientSecret)}")));
        }
        else
        {
            form["client_id"] = _options.ClientId;
            if (_options.ClientSecret.Length > 0)
                form["client_secret"] = _options.ClientSecret;
        }

        request.Content = new FormUrlEncodedContent(form);
        return ProviderTokens.Read(await _http.ReadJsonAsync(request, cancellationToken));
    }

    // OpenID Connect's default where an issuer does not say.
    static bool TakesBasic(OpenIdConnectConfiguration configuration)
        => !configuration.TokenEndpointAuthMethodsSupported.Contains("client_secret_post");

    public async Task<ExternalPerson> ReadPersonAsync(
        ProviderTokens tokens, ProviderAnswer answer, string nonceHash, CancellationToken cancellationToken)
    {
        // Somebody else's answer in this one's place (RFC 9207).
        if (answer.Issuer.Length > 0 && !Issuers.IsOwnName(answer.Issuer))
            throw new ProviderFailure("the answer names another issuer");
        var token = await IdTokens.ReadAsync(tokens.IdToken ?? "", cancellationToken)
            ?? throw new ProviderFailure("the ID token is missing, or its signature, issuer or time is wrong");
        if (!token.Audiences.Contains(_options.ClientId) ||
            token.Claims.TryGetProperty("azp", out _) && token.Claims.TextOf("azp") != _options.ClientId)
            throw new ProviderFailure("the ID token is for another client");
        if (token.Claims.TextOf("nonce") is not { } nonce || Secret.Hash(nonce) != nonceHash)
            throw new ProviderFailure("the ID token is of another sign-in: its nonce differs");
        if (!token.BelongsTo(tokens.AccessToken))
            throw new ProviderFailure("the ID token belongs to another access token");

        var claims = token.Claims;
        if (claims.TextOf("email") is null && (await _metadata.ReadAsync(cancellationToken)).UserInfoEndpoint is { Length: > 0 } endpoint)
            claims = await ReadUserInfoAsync(endpoint, tokens.AccessToken, claims, cancellationToken);
        return Read(claims, NameFrom(answer.User));
    }

    /// <summary>The person of claims that were found good.</summary>
    /// <exception cref="ProviderFailure">There is no subject.</exception>
    internal ExternalPerson Read(JsonElement claims, string? name = null)
        => ExternalPerson.Create(
            Name, claims.TextOf("iss") ?? _options.Issuer, claims.TextOf("sub"), claims.TextOf("email"), Issuers.IsEmailVerified(claims),
            claims.TextOf("name") ?? name ?? $"{claims.TextOf("given_name")} {claims.TextOf("family_name")}", claims.TextOf("picture"),
            claims.TextOf("preferred_username"));

    // Many issuers keep the profile out of the ID token.
    async Task<JsonElement> ReadUserInfoAsync(string endpoint, string accessToken, JsonElement claims, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
        if (!request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {accessToken}"))
            throw new ProviderFailure("the access token cannot be sent");
        var profile = await _http.ReadJsonAsync(request, cancellationToken);
        if (profile.TextOf("sub") is not { } subject || subject != claims.TextOf("sub"))
            throw new ProviderFailure("the profile is another person's");

        var merged = new System.Text.Json.Nodes.JsonObject();
        foreach (var property in profile.EnumerateObject())
            merged[property.Name] = System.Text.Json.Nodes.JsonNode.Parse(property.Value.GetRawText());
        foreach (var property in claims.EnumerateObject()) // What is signed wins.
            merged[property.Name] = System.Text.Json.Nodes.JsonNode.Parse(property.Value.GetRawText());
        return JsonSerializer.SerializeToElement(merged, AuthJson.Default.JsonObject);
    }

    // Apple's, from the browser: good for a name, for nothing else.
    static string? NameFrom(string user)
    {
        if (user.Length is 0 or > 4096)
            return null;
        try
        {
            return JsonElement.Parse(user) is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("name", out var name)
                ? $"{name.TextOf("firstName")} {name.TextOf("lastName")}".Trim()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
