using System.Security.Cryptography;
using System.Text;
using Evolv.Auth.Endpoints;
using Evolv.Auth.External;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Grants;

/// <summary>grant_type=id_token: an app has signed somebody in with the provider by itself, and brings what the provider gave.</summary>
sealed class IdTokenGrant(
    Database database, ExternalProviders providers, ExternalAccounts accounts, Sessions sessions, IOptions<AuthOptions> options, TimeProvider time,
    ILogger<IdTokenGrant> logger)
{
    internal sealed record Request(
        string? Provider = null, string? IdToken = null, string? AccessToken = null, string? Nonce = null, string? ClientId = null,
        string? Issuer = null, bool LinkIdentity = false);

    internal async Task<SessionResponse> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.IdTokenRequest, cancellationToken);
        var linkTo = request.LinkIdentity ? await RequireOwnerAsync(context, cancellationToken) : (Guid?)null;
        if (string.IsNullOrEmpty(request.IdToken))
            throw AuthError.InvalidRequest("id_token required");
        if (string.IsNullOrEmpty(request.Provider) && (string.IsNullOrEmpty(request.ClientId) || string.IsNullOrEmpty(request.Issuer)))
            throw AuthError.InvalidRequest("provider or client_id and issuer required");
        var provider = Find(request);
        var person = await ReadAsync(provider, request, cancellationToken);

        var origin = RequestOrigin.Of(context);
        return await accounts.EnterAsync(
            person, linkTo, origin,
            async (db, entered) => await sessions.StartAsync(
                db, new SignIn(entered.UserId, ExternalFlows.Method), origin,
                AuditLog.Insert(AuditEntry.LoggedIn, entered.UserId, entered.Email, origin, time.GetUtcNow()), cancellationToken)
                ?? throw AuthError.UserNotFound(),
            cancellationToken);
    }

    async Task<Guid> RequireOwnerAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        if (!options.Value.ManualLinking)
            throw AuthError.ManualLinkingDisabled();
        return signedIn.LacksSecondFactor ? throw AuthError.InsufficientAalToUpdate() : signedIn.User.Id;
    }

    OidcProvider Find(Request request)
    {
        if (string.IsNullOrEmpty(request.Provider))
            return providers.FindByIssuer(request.Issuer!) ?? throw AuthError.CustomProviderNotAllowed(request.Issuer!);
        var name = request.Provider.ToLowerInvariant();
        if (providers.TryFind(name, out var found) && found is OidcProvider provider)
            return provider;
        // Of the others GoTrue knows no issuer.
        throw found is null && ExternalOptions.DefaultIssuer(name) is { } issuer && name != "github"
            ? AuthError.ProviderDisabled(issuer)
            : found is null && Settings.IsKnown(name) ? AuthError.ProviderDisabled("") : AuthError.CustomProviderNotAllowed(request.Provider);
    }

    async Task<ExternalPerson> ReadAsync(OidcProvider provider, Request request, CancellationToken cancellationToken)
    {
        IdToken token;
        try
        {
            token = await provider.IdTokens.ReadAsync(request.IdToken!, cancellationToken) ?? throw AuthError.InvalidRequest("Bad ID token");
        }
        catch (ProviderFailure failure)
        {
            logger.ExternalProviderFailed(provider.Name, failure.Message);
            throw AuthError.ProviderUnavailable(provider.Name);
        }

        if (token.Claims.TextOf("azp") is { Length: > 0 } party && !provider.Options.ClientIds.Contains(party))
            throw AuthError.InvalidRequest($"Unacceptable audience in id_token: [{party}]");
        if (string.IsNullOrEmpty(token.Claims.TextOf("sub")))
            throw AuthError.InvalidRequest("Missing sub claim in id_token");
        var accepted = provider.Options.ClientIds;
        if (!token.Audiences.Any(accepted.Contains) ||
            string.IsNullOrEmpty(request.Provider) && !(accepted.Contains(request.ClientId!) && token.Audiences.Contains(request.ClientId!)))
            throw AuthError.InvalidRequest($"Unacceptable audience in id_token: [{string.Join(' ', token.Audiences)}]");
        if (!provider.Options.SkipNonceCheck)
            CheckNonce(token.Claims.TextOf("nonce"), request.Nonce);
        if (!string.IsNullOrEmpty(request.AccessToken) && !token.BelongsTo(request.AccessToken))
            throw AuthError.InvalidRequest("Bad ID token");
        try
        {
            return provider.Read(token.Claims);
        }
        catch (ProviderFailure)
        {
            throw AuthError.InvalidRequest("Bad ID token");
        }
    }

    // The app gave the provider the hash and keeps what it was made of: who steals the token alone cannot use it.
    static void CheckNonce(string? inToken, string? given)
    {
        if (string.IsNullOrEmpty(inToken) != string.IsNullOrEmpty(given))
            throw AuthError.InvalidRequest("Passed nonce and nonce in id_token should either both exist or not.");
        if (string.IsNullOrEmpty(given))
            return;
        var hash = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(given))));
        if (!CryptographicOperations.FixedTimeEquals(hash, Encoding.UTF8.GetBytes(inToken!)))
            throw AuthError.OAuth("invalid nonce", "Nonces mismatch");
    }
}
