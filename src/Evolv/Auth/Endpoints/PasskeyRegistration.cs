using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Auth.Mfa;
using Evolv.Auth.Passkeys;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/passkeys/registration/options and …/verify: a signed-in person adds a passkey.</summary>
sealed class PasskeyRegistration(
    Database database, RelyingParty party, PasskeyVerifier verifier, IOptions<PasskeyOptions> options, AuthLimits limits, TimeProvider time)
{
    /// <param name="ChallengeId">Comes back with the answer.</param>
    /// <param name="Options">For the browser.</param>
    /// <param name="ExpiresAt">In seconds since 1970.</param>
    internal sealed record OptionsResponse(Guid ChallengeId, JsonElement Options, long ExpiresAt);

    internal sealed record VerifyRequest(string? ChallengeId = null, JsonElement? Credential = null)
    {
        /// <exception cref="AuthError">Something is missing.</exception>
        internal (Guid ChallengeId, JsonElement Credential) Require()
        {
            if (string.IsNullOrEmpty(ChallengeId))
                throw AuthError.Invalid("challenge_id is required");
            if (Credential is not { } credential)
                throw AuthError.Invalid("credential is required");
            return Guid.TryParseExact(ChallengeId, "D", out var id) ? (id, credential) : throw AuthError.Invalid("challenge_id must be a valid UUID");
        }
    }

    internal static Task<IResult> OptionsAsync(HttpContext context, PasskeyRegistration registration, CancellationToken cancellationToken)
        => registration.StartAsync(context, cancellationToken);

    internal static Task<IResult> VerifyAsync(HttpContext context, PasskeyRegistration registration, CancellationToken cancellationToken)
        => registration.FinishAsync(context, cancellationToken);

    async Task<IResult> StartAsync(HttpContext context, CancellationToken cancellationToken)
    {
        await limits.PasskeyAsync(context);
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var existing = await StoredPasskeys.CredentialIdsAsync(db, signedIn.User.Id, cancellationToken);
        if (existing.Count >= StoredPasskeys.Most)
            throw AuthError.TooManyPasskeys();
        var now = time.GetUtcNow();
        var challenge = PasskeyChallenge.New(now, options.Value);
        await db.ExecuteAsync(challenge.Insert(PasskeyChallenge.Registration, signedIn.User.Id, now), cancellationToken);
        await db.CommitAsync(cancellationToken);

        // An authenticator that has one of them makes no second.
        Descriptor[] exclude = [.. existing.Select(id => new Descriptor("public-key", Base64Url.EncodeToString(id)))];
        var forBrowser = new CreationOptions(
            new RelyingPartyEntity(party.Name, party.Id), UserEntity.Of(signedIn.User), challenge.Value, PasskeyVerifier.KeyParameters,
            options.Value.ChallengeExpirySeconds * 1000, exclude.Length > 0 ? exclude : null,
            new AuthenticatorSelection("required", RequireResidentKey: true, PasskeyVerifier.UserVerification(options.Value)), "none");
        return TypedResults.Json(
            new OptionsResponse(
                challenge.Id, JsonSerializer.SerializeToElement(forBrowser, PasskeyJson.Default.CreationOptions), challenge.ExpiresAt.ToUnixTimeSeconds()),
            AuthJson.Default.PasskeyOptionsResponse);
    }

    async Task<IResult> FinishAsync(HttpContext context, CancellationToken cancellationToken)
    {
        await limits.PasskeyAsync(context);
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        if (signedIn.LacksSecondFactor)
            throw AuthError.InsufficientAalForPasskeys();
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.PasskeyVerifyRequest, cancellationToken);
        var (challengeId, given) = request.Require();
        var challenge = await PasskeyChallenge.ConsumeAsync(
            database, challengeId, PasskeyChallenge.Registration, signedIn.User.Id, time.GetUtcNow(), cancellationToken);
        var made = await verifier.VerifyRegistrationAsync(PasskeyVerifier.Read(given), challenge, signedIn.User, cancellationToken);

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var now = time.GetUtcNow();
        var passkey = await StoredPasskeys.InsertAsync(db, signedIn.User.Id, made, now, cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.PasskeyCreated, Actor.Of(signedIn.User), RequestOrigin.Of(context), now, new JsonObject { ["passkey_id"] = passkey.Id }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(passkey, AuthJson.Default.Passkey);
    }

    /// <summary>Account and session, locked, of whoever may change what lets them in.</summary>
    /// <exception cref="AuthError">The session is gone, or has not shown the second factor.</exception>
    internal static async Task<SignedIn> LockAsync(DbSession db, SignedIn signedIn, DateTimeOffset now, CancellationToken cancellationToken)
    {
        signedIn = await FactorHolder.LockAsync(db, signedIn, now, cancellationToken);
        return signedIn.LacksSecondFactor ? throw AuthError.InsufficientAalForPasskeys() : signedIn;
    }
}
