using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;

namespace Evolv.Auth.External;

/// <summary>A sign-in that has come back from its provider.</summary>
/// <param name="CodeVerifier">Of our own PKCE with the provider.</param>
/// <param name="IsPkce">Whether the client takes a code, and not the session.</param>
/// <param name="Referrer">Where the browser goes in the end.</param>
/// <param name="LinkTo">Whose account gets the identity; null when somebody signs in.</param>
sealed record ExternalFlow(Guid Id, string Provider, string NonceHash, string CodeVerifier, bool IsPkce, string Referrer, Guid? LinkTo);

/// <summary>Rows of <c>auth.flow_state</c> whose other end is a provider. A state is good once, for ten minutes.</summary>
sealed class ExternalFlows(Database database, TimeProvider time)
{
    /// <summary>amr's word for all of them.</summary>
    internal const string Method = "oauth";

    static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    /// <summary>Writes down what is begun, and answers where the browser goes.</summary>
    /// <param name="linkTo">Whose account gets the identity, and the session in which they asked for it: when that ends, so does this.</param>
    /// <exception cref="ProviderFailure">The provider does not say where.</exception>
    internal async Task<string> BeginAsync(
        IExternalProvider provider, IQueryCollection query, CodeChallenge? challenge, string referrer, (Guid UserId, Guid? SessionId)? linkTo,
        CancellationToken cancellationToken)
    {
        var (state, nonce, verifier) = (Secret.New(), Secret.New(), Secret.New());
        var url = await provider.AuthorizeAsync(
            new ProviderRequest(
                state, nonce, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))), query["scopes"].ToString(),
                AuthorizeUrl.ExtraOf(query)),
            cancellationToken);

        var now = time.GetUtcNow();
        await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            with abandoned as (
                delete from auth.flow_state
                where created_at < {now - KeptFor} and provider_type <> 'email'
            )
            insert into auth.flow_state (
                id, code_challenge_method, code_challenge, authentication_method, provider_type, provider_state, provider_nonce,
                provider_code_verifier, linking_target_id, linking_session_id, referrer, created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {challenge?.Method}, {challenge?.Value}, {Method}, {provider.Name}, {Secret.Hash(state)},
                {Secret.Hash(nonce)}, {verifier}, {linkTo?.UserId}, {linkTo?.SessionId}, {referrer}, {now}, {now})
            returning true
            """, row => row.GetBoolean(0), cancellationToken);
        return url;
    }

    /// <summary>The flow of a state. Whoever gets it has it: of two answers at once one wins, and what fails afterwards is begun anew.</summary>
    internal Task<ExternalFlow?> TakeAsync(string state, CancellationToken cancellationToken)
        => database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            update auth.flow_state
            set provider_state = null, updated_at = {time.GetUtcNow()}
            where provider_state = {Secret.Hash(state)} and created_at > {time.GetUtcNow() - Life}
            returning id, provider_type, provider_nonce, provider_code_verifier, code_challenge is not null, referrer, linking_target_id
            """,
            row => new ExternalFlow(
                row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBoolean(4), row.GetString(5),
                row.IsDBNull(6) ? null : row.GetGuid(6)),
            cancellationToken);

    /// <summary>Ends it, in the transaction of what it led to.</summary>
    /// <exception cref="AuthError">It has ended already: the session in which a link was asked for is gone.</exception>
    internal static async Task EndAsync(DbSession db, ExternalFlow flow, CancellationToken cancellationToken)
    {
        if (await db.ExecuteAsync($"delete from auth.flow_state where id = {flow.Id}", cancellationToken) == 0)
            throw AuthError.BadOAuthState();
    }

    /// <summary>A code for the client, and what the provider gave, for the time when it comes with the code.</summary>
    /// <exception cref="AuthError">It has ended already.</exception>
    internal async Task<string> IssueCodeAsync(
        DbSession db, ExternalFlow flow, Guid userId, ProviderTokens tokens, CancellationToken cancellationToken)
    {
        var code = await FlowStates.IssueCodeAsync(db, flow.Id, userId, Method, time.GetUtcNow(), cancellationToken);
        // Whoever reads a copy of the table gets nothing of the person's at the provider.
        var kept = await db.ExecuteAsync(
            $"""
            update auth.flow_state
            set provider_nonce = null, provider_code_verifier = null, provider_access_token = {Secret.Seal(tokens.AccessToken, code)},
                provider_refresh_token = {(tokens.RefreshToken is { } refresh ? Secret.Seal(refresh, code) : null)}
            where id = {flow.Id}
            """, cancellationToken);
        return kept > 0 ? code : throw AuthError.BadOAuthState();
    }

    /// <summary>Ends one that led to nothing.</summary>
    internal Task ForgetAsync(ExternalFlow flow, CancellationToken cancellationToken)
        => database.QuerySingleAsync(
            Caller.AuthAdmin, $"delete from auth.flow_state where id = {flow.Id} returning true", row => row.GetBoolean(0), cancellationToken);
}
