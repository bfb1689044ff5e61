using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Auth.Passkeys;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/passkeys/authentication/options and …/verify: somebody signs in with a passkey. Nobody says who; the passkey does.</summary>
sealed class PasskeyAuthentication(
    Database database, RelyingParty party, PasskeyVerifier verifier, Sessions sessions, IOptions<PasskeyOptions> options, AuthLimits limits,
    TimeProvider time, ILogger<PasskeyAuthentication> logger)
{
    /// <summary>As it stands in the claim <c>amr</c>. The session is at aal1: GoTrue has passkeys for a first factor.</summary>
    internal const string Method = "passkey";

    internal static Task<IResult> OptionsAsync(HttpContext context, PasskeyAuthentication authentication, CancellationToken cancellationToken)
        => authentication.StartAsync(context, cancellationToken);

    internal static Task<IResult> VerifyAsync(HttpContext context, PasskeyAuthentication authentication, CancellationToken cancellationToken)
        => authentication.FinishAsync(context, cancellationToken);

    async Task<IResult> StartAsync(HttpContext context, CancellationToken cancellationToken)
    {
        await limits.PasskeyAsync(context);
        var now = time.GetUtcNow();
        var challenge = PasskeyChallenge.New(now, options.Value);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await db.ExecuteAsync(challenge.Insert(PasskeyChallenge.Authentication, userId: null, now), cancellationToken);
        await db.CommitAsync(cancellationToken);
        var forBrowser = new RequestOptions(
            challenge.Value, options.Value.ChallengeExpirySeconds * 1000, party.Id, PasskeyVerifier.UserVerification(options.Value));
        return TypedResults.Json(
            new PasskeyRegistration.OptionsResponse(
                challenge.Id, JsonSerializer.SerializeToElement(forBrowser, PasskeyJson.Default.RequestOptions), challenge.ExpiresAt.ToUnixTimeSeconds()),
            AuthJson.Default.PasskeyOptionsResponse);
    }

    async Task<IResult> FinishAsync(HttpContext context, CancellationToken cancellationToken)
    {
        await limits.PasskeyAsync(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.PasskeyVerifyRequest, cancellationToken);
        var (challengeId, given) = request.Require();
        var challenge = await PasskeyChallenge.ConsumeAsync(
            database, challengeId, PasskeyChallenge.Authentication, userId: null, time.GetUtcNow(), cancellationToken);
        var credential = PasskeyVerifier.Read(given);
        var key = await StoredPasskeys.FindKeyAsync(database, PasskeyVerifier.CredentialIdOf(credential), cancellationToken);
        var assertion = await verifier.VerifyAssertionAsync(credential, challenge, key, cancellationToken);
        var session = await SignInAsync(key!, assertion, RequestOrigin.Of(context), cancellationToken);
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }

    // The account is locked first, as by whoever takes its passkeys away: one that is removed meanwhile lets nobody in.
    async Task<SessionResponse> SignInAsync(PasskeyKey key, Assertion assertion, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var isLocked = await db.QuerySingleAsync(
            $"select true from auth.users where id = {key.UserId} and deleted_at is null for no key update", row => row.GetBoolean(0), cancellationToken);
        if (!isLocked)
            throw AuthError.PasskeyRefused();
        var now = time.GetUtcNow();
        var user = await Accounts.ReadAsync(db, key.UserId, cancellationToken);
        if (user is { Email.Length: > 0, EmailConfirmedAt: null })
            throw AuthError.EmailNotConfirmedForPasskey();
        if (user.IsBannedAt(now))
            throw AuthError.UserBanned();
        if (!await StoredPasskeys.UseAsync(db, key, assertion.SignCount, assertion.IsBackedUp, now, cancellationToken))
        {
            logger.PasskeyCountedBack(key.Id);
            throw AuthError.PasskeyRefused();
        }

        var audit = AuditLog.Insert(AuditEntry.LoggedIn, Actor.Of(user), origin, now, new JsonObject { ["passkey_id"] = key.Id });
        var session = await sessions.StartAsync(db, new SignIn(key.UserId, Method), origin, audit, cancellationToken) ?? throw AuthError.PasskeyRefused();
        await db.CommitAsync(cancellationToken);
        return session;
    }
}
