using System.Globalization;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;

namespace Evolv.Auth.OAuthServer;

/// <summary>What a client says of itself, or an administrator of it. Other members that RFC 7591 knows are not looked at.</summary>
sealed record ClientRequest(
    string[]? RedirectUris = null, string? ClientType = null, string? TokenEndpointAuthMethod = null, string[]? GrantTypes = null,
    string? ClientName = null, string? ClientUri = null, string? LogoUri = null);

/// <summary>A client as its administrator sees it; the secret only when it is new.</summary>
sealed record ClientResponse(
    Guid ClientId, string? ClientSecret, string ClientType, string[] RedirectUris, string TokenEndpointAuthMethod, string[] GrantTypes,
    string[] ResponseTypes, string? ClientName, string? ClientUri, string? LogoUri, string RegistrationType, DateTime CreatedAt, DateTime UpdatedAt)
{
    /// <summary>RFC 7591 asks for these two where a client registers itself.</summary>
    public long? ClientIdIssuedAt { get; init; }

    /// <summary>0: never.</summary>
    public long? ClientSecretExpiresAt { get; init; }

    internal static ClientResponse Of(OAuthClient client, string? secret = null) => new(
        client.Id, secret, client.ClientType, client.RedirectUris, client.AuthMethod, client.GrantTypes, ["code"], client.Name, client.Uri,
        client.LogoUri, client.RegistrationType, client.CreatedAt, client.UpdatedAt);
}

/// <summary>Checks what is said of clients, and writes it.</summary>
static class ClientRegistration
{
    const int MostRedirectUris = 10;
    const int LongestName = 1024;
    const int LongestEcho = 200;

    /// <exception cref="AuthError">Something of it is wrong.</exception>
    internal static async Task<ClientResponse> CreateAsync(
        Database database, ClientRequest request, string registrationType, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (request.RedirectUris is not { Length: > 0 })
            throw AuthError.Invalid("redirect_uris is required");
        var grantTypes = request.GrantTypes is { Length: > 0 } ? request.GrantTypes : [OAuthClient.AuthorizationCode, OAuthClient.RefreshToken];
        Check(request with { GrantTypes = grantTypes });
        var (clientType, authMethod) = ChooseType(request);
        var secret = clientType == OAuthClient.Public ? null : OAuthClient.NewSecret();
        var client = await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            insert into auth.oauth_clients as c (
                id, client_secret_hash, registration_type, client_type, token_endpoint_auth_method, redirect_uris, grant_types,
                client_name, client_uri, logo_uri, created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {(secret is null ? null : Secret.Hash(secret))}, {registrationType}, {clientType}, {authMethod},
                {request.RedirectUris}, {grantTypes.Distinct().ToArray()}, {Text(request.ClientName)}, {Text(request.ClientUri)},
                {Text(request.LogoUri)}, {now}, {now})
            returning {OAuthClient.Columns}
            """, OAuthClient.Read, cancellationToken);
        return ClientResponse.Of(client!, secret);
    }

    /// <summary>Changes what is given; an empty text takes away.</summary>
    /// <exception cref="AuthError">Something of it is wrong, or there is no such client.</exception>
    internal static async Task<OAuthClient> UpdateAsync(
        Database database, OAuthClient client, ClientRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        request = request with { TokenEndpointAuthMethod = Text(request.TokenEndpointAuthMethod) };
        if (request is { RedirectUris: null, GrantTypes: null, ClientName: null, ClientUri: null, LogoUri: null, TokenEndpointAuthMethod: null })
            throw AuthError.Invalid("No fields provided for update");
        if (request.RedirectUris is { Length: 0 })
            throw AuthError.Invalid("redirect_uris cannot be empty");
        Check(request);
        if (request.TokenEndpointAuthMethod is { } method && (method == OAuthClient.None) != client.IsPublic)
            throw AuthError.Invalid($"token_endpoint_auth_method '{method}' is not valid for client_type '{client.ClientType}'");
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var updated = await db.QuerySingleAsync(
            $"""
            update auth.oauth_clients c
            set redirect_uris = case when {request.RedirectUris is not null} then {request.RedirectUris ?? []} else c.redirect_uris end,
                grant_types = case when {request.GrantTypes is not null} then {request.GrantTypes?.Distinct().ToArray() ?? []} else c.grant_types end,
                client_name = case when {request.ClientName is not null} then {Text(request.ClientName)} else c.client_name end,
                client_uri = case when {request.ClientUri is not null} then {Text(request.ClientUri)} else c.client_uri end,
                logo_uri = case when {request.LogoUri is not null} then {Text(request.LogoUri)} else c.logo_uri end,
                token_endpoint_auth_method = coalesce({request.TokenEndpointAuthMethod}, c.token_endpoint_auth_method),
                updated_at = {now}
            where c.id = {client.Id}
            returning {OAuthClient.Columns}
            """, OAuthClient.Read, cancellationToken) ?? throw AuthError.OAuthClientNotFound();
        // Codes that are on the way to an address that was taken away are good for nothing.
        await db.ExecuteAsync(
            $"delete from auth.oauth_authorizations where client_id = {client.Id} and redirect_uri <> all ({updated.RedirectUris})", cancellationToken);
        await db.CommitAsync(cancellationToken);
        return updated;
    }

    // GoTrue's order and words.
    static void Check(ClientRequest request)
    {
        if (request.RedirectUris is { Length: > MostRedirectUris })
            throw AuthError.Invalid($"redirect_uris cannot exceed {MostRedirectUris} items");
        foreach (var uri in request.RedirectUris ?? [])
        {
            if (RedirectUri.WhyNot(uri) is { } why)
                throw AuthError.Invalid($"invalid redirect_uri '{Cut(uri)}': {why}");
        }

        if (request.GrantTypes is { Length: 0 })
            throw AuthError.Invalid("grant_types cannot be empty");
        if (request.GrantTypes?.Any(type => type is not (OAuthClient.AuthorizationCode or OAuthClient.RefreshToken)) == true)
            throw AuthError.Invalid("grant_types must only contain 'authorization_code' and/or 'refresh_token'");
        if (request.ClientName is { Length: > LongestName })
            throw AuthError.Invalid($"client_name cannot exceed {LongestName} characters");
        // Marks of direction and of no width show another name than there is.
        if (request.ClientName?.Any(character => char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format) == true)
            throw AuthError.Invalid("client_name must not contain control characters");
        if (!string.IsNullOrEmpty(request.ClientUri) && !RedirectUri.IsWebPage(request.ClientUri))
            throw AuthError.Invalid("client_uri must be a valid URL");
        if (!string.IsNullOrEmpty(request.LogoUri) && !RedirectUri.IsWebPage(request.LogoUri))
            throw AuthError.Invalid("logo_uri must be a valid URL");
        if (!string.IsNullOrEmpty(request.ClientType) && request.ClientType is not (OAuthClient.Public or OAuthClient.Confidential))
            throw AuthError.Invalid("client_type must be 'public' or 'confidential'");
        if (!string.IsNullOrEmpty(request.TokenEndpointAuthMethod) && !OAuthClient.AuthMethods.Contains(request.TokenEndpointAuthMethod))
            throw AuthError.Invalid($"token_endpoint_auth_method must be one of: [{string.Join(' ', OAuthClient.AuthMethods)}]");
    }

    // Confidential, unless one of the two says otherwise.
    static (string ClientType, string AuthMethod) ChooseType(ClientRequest request)
    {
        var (type, method) = (Text(request.ClientType), Text(request.TokenEndpointAuthMethod));
        var implied = method == OAuthClient.None ? OAuthClient.Public : OAuthClient.Confidential;
        if (type is not null && method is not null && type != implied)
            throw AuthError.Invalid(
                $"client_type '{type}' is inconsistent with token_endpoint_auth_method '{method}' (expected client_type '{implied}')");
        type ??= implied;
        return (type, method ?? (type == OAuthClient.Public ? OAuthClient.None : OAuthClient.Basic));
    }

    static string? Text(string? given) => string.IsNullOrEmpty(given) ? null : given;

    static string Cut(string? text) => text is { Length: > LongestEcho } ? text[..LongestEcho] : text ?? "";
}
