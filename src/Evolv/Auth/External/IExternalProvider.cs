namespace Evolv.Auth.External;

/// <summary>What the provider is asked for, and how its answer will be told from another's.</summary>
/// <param name="State">Comes back with the answer.</param>
/// <param name="Nonce">Comes back in the ID token.</param>
/// <param name="CodeChallenge">Of our own PKCE with the provider (S256).</param>
/// <param name="Scopes">What the client asks for beside the usual.</param>
/// <param name="Extra">Parameters that are the client's business, such as <c>prompt</c> and <c>login_hint</c>.</param>
sealed record ProviderRequest(
    string State, string Nonce, string CodeChallenge, string Scopes, IReadOnlyList<KeyValuePair<string, string>> Extra);

/// <summary>What came back by way of the browser, so it is the person's word and not the provider's.</summary>
/// <param name="Issuer">Which provider says it answered (RFC 9207).</param>
/// <param name="User">Apple's <c>user</c>, which comes with the first sign-in only.</param>
sealed record ProviderAnswer(string State, string Code, string Error, string ErrorDescription, string Issuer, string User);

/// <summary>A provider of identities: one that speaks OpenID Connect, or GitHub.</summary>
interface IExternalProvider
{
    string Name { get; }

    /// <summary>Where the browser goes.</summary>
    /// <exception cref="ProviderFailure">It does not say where.</exception>
    Task<string> AuthorizeAsync(ProviderRequest request, CancellationToken cancellationToken);

    /// <summary>Tokens for a code.</summary>
    /// <exception cref="ProviderFailure">It gives none.</exception>
    Task<ProviderTokens> ExchangeAsync(string code, string verifier, CancellationToken cancellationToken);

    /// <summary>Whom the tokens belong to.</summary>
    /// <param name="tokens">What it gave.</param>
    /// <param name="answer">What the browser brought.</param>
    /// <param name="nonceHash">Of the nonce that was sent, as the database keeps it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ProviderFailure">It does not say so, or what it says is not to be believed.</exception>
    Task<ExternalPerson> ReadPersonAsync(ProviderTokens tokens, ProviderAnswer answer, string nonceHash, CancellationToken cancellationToken);
}
