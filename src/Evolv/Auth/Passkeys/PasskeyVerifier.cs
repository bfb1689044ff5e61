using System.Buffers.Text;
using System.Text.Json;
using Fido2NetLib;
using Fido2NetLib.Objects;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Passkeys;

/// <summary>How an authenticator answered a challenge.</summary>
sealed record Assertion(long SignCount, bool IsBackedUp);

/// <summary>
/// Checks what authenticators sign (WebAuthn §7), with fido2-net-lib for the bytes and the cryptography. Everything it reads was made by a
/// stranger, and whatever is wrong with it has one of two answers.
/// </summary>
sealed class PasskeyVerifier(RelyingParty party, IOptions<PasskeyOptions> options, ILogger<PasskeyVerifier> logger)
{
    // GoTrue's, in its order: what its library offers when nobody chooses.
    static readonly PubKeyCredParam[] Keys =
    [
        PubKeyCredParam.ES256, PubKeyCredParam.ES384, PubKeyCredParam.ES512, PubKeyCredParam.RS256, PubKeyCredParam.RS384, PubKeyCredParam.RS512,
        PubKeyCredParam.PS256, PubKeyCredParam.PS384, PubKeyCredParam.PS512, PubKeyCredParam.Ed25519,
    ];

    // Of the registry that WebAuthn §5.8.4 names.
    static readonly string[] KnownTransports = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

    const int LongestCredentialId = 1023;

    internal static IReadOnlyList<KeyParameters> KeyParameters { get; } = [.. Keys.Select(key => new KeyParameters("public-key", (int)key.Alg))];

    internal static string UserVerification(PasskeyOptions options) => options.RequireUserVerification ? "required" : "preferred";

    /// <summary>Reads a credential's JSON.</summary>
    /// <exception cref="AuthError">It is none.</exception>
    internal static CredentialJson Read(JsonElement credential)
    {
        try
        {
            return credential.Deserialize(PasskeyJson.Default.CredentialJson) ?? throw AuthError.PasskeyMalformed();
        }
        catch (JsonException)
        {
            throw AuthError.PasskeyMalformed();
        }
    }

    /// <summary>The id by which browser and authenticator know it.</summary>
    internal static byte[] CredentialIdOf(CredentialJson credential)
    {
        var id = Bytes(credential.RawId);
        return id.Length is > 0 and <= LongestCredentialId && id.AsSpan().SequenceEqual(Bytes(credential.Id)) && credential.Type == "public-key"
            ? id
            : throw AuthError.PasskeyMalformed();
    }

    /// <exception cref="AuthError">It does not answer this challenge, or it is not for us.</exception>
    internal Task<NewPasskey> VerifyRegistrationAsync(
        CredentialJson credential, byte[] challenge, AuthUser user, CancellationToken cancellationToken)
    {
        var (id, clientData, attestation) = (
            CredentialIdOf(credential), Bytes(credential.Response.ClientData), Bytes(credential.Response.AttestationObject));
        return GuardedAsync(async () =>
        {
            var response = AuthenticatorAttestationResponse.Parse(new AuthenticatorAttestationRawResponse
            {
                Id = credential.Id,
                RawId = id,
                Type = PublicKeyCredentialType.PublicKey,
                Response = new AuthenticatorAttestationRawResponse.AttestationResponse { AttestationObject = attestation, ClientDataJson = clientData },
                ClientExtensionResults = new AuthenticationExtensionsClientOutputs(),
            });
            RefuseCertificates(response.AttestationObject);
            var made = await response.VerifyAsync(
                new CredentialCreateOptions
                {
                    Rp = new PublicKeyCredentialRpEntity(party.Id, party.Name, null!),
                    User = new Fido2User { Id = UserEntity.HandleOf(user.Id), Name = user.Email, DisplayName = user.Email },
                    Challenge = challenge,
                    PubKeyCredParams = Keys,
                    AuthenticatorSelection = new Fido2NetLib.AuthenticatorSelection { UserVerification = Requirement },
                },
                For(response), (_, _) => Task.FromResult(true), null!, null!, cancellationToken);
            return new NewPasskey(
                made.Id, made.PublicKey, made.AttestationFormat, made.AaGuid, made.SignCount,
                [.. KnownTransports.Intersect(credential.Response.Transports ?? [], StringComparer.Ordinal)], made.IsBackupEligible, made.IsBackedUp);
        });
    }

    /// <exception cref="AuthError">It does not answer this challenge with this key, or it is not for us.</exception>
    internal Task<Assertion> VerifyAssertionAsync(
        CredentialJson credential, byte[] challenge, PasskeyKey? key, CancellationToken cancellationToken)
    {
        var (id, answer) = (CredentialIdOf(credential), credential.Response);
        var (clientData, data, signature, handle) = (
            Bytes(answer.ClientData), Bytes(answer.AuthenticatorData), Bytes(answer.Signature), Bytes(answer.UserHandle ?? ""));
        return GuardedAsync(async () =>
        {
            if (key is null)
                throw new Fido2VerificationException("nobody has this passkey");
            if (!handle.AsSpan().SequenceEqual(UserEntity.HandleOf(key.UserId)))
                throw new Fido2VerificationException("the passkey is another account's");
            var response = AuthenticatorAssertionResponse.Parse(new AuthenticatorAssertionRawResponse
            {
                Id = credential.Id,
                RawId = id,
                Type = PublicKeyCredentialType.PublicKey,
                Response = new AuthenticatorAssertionRawResponse.AssertionResponse
                {
                    AuthenticatorData = data,
                    ClientDataJson = clientData,
                    Signature = signature,
                    UserHandle = handle,
                },
                ClientExtensionResults = new AuthenticationExtensionsClientOutputs(),
            });
            if (response.AuthenticatorData.IsBackupEligible != key.IsBackupEligible)
                throw new Fido2VerificationException("whether it may be backed up changed, which it cannot");
            // The counter is compared where it is written.
            var verified = await response.VerifyAsync(
                new AssertionOptions { Challenge = challenge, RpId = party.Id, UserVerification = Requirement }, For(response), key.PublicKey,
                storedSignatureCounter: 0, (_, _) => Task.FromResult(true), null!, null!, cancellationToken);
            return new Assertion(verified.SignCount, verified.IsBackedUp);
        });
    }

    UserVerificationRequirement Requirement
        => options.Value.RequireUserVerification ? UserVerificationRequirement.Required : UserVerificationRequirement.Preferred;

    // The library compares with a list; at localhost that would have every port in it.
    Fido2Configuration For(AuthenticatorResponse response)
        => party.Allows(response.Origin ?? "")
            ? new Fido2Configuration
            {
                RPID = party.Id,
                RPName = party.Name,
                Origins = new HashSet<string> { response.Origin! },
                AllowCrossOriginRequests = false, // Another site's page could show ours in a frame.
            }
            : throw new Fido2VerificationException("its origin is not one of Auth:Passkeys:Origins");

    // None was asked for, and browsers take them away. Checking a stranger's certificates means to read what they nest and to ask whom they name.
    static void RefuseCertificates(AuthenticatorAttestationResponse.ParsedAttestationObject attestation)
    {
        if (attestation.Fmt is not ("none" or "packed") || attestation.AttStmt["x5c"] is not null)
            throw new Fido2VerificationException("its attestation names certificates, and none was asked for");
    }

    async Task<T> GuardedAsync<T>(Func<Task<T>> verify)
    {
        try
        {
            return await verify();
        }
        // What the library does not expect of bytes it throws as whatever it met: casts, indices, formats, cryptography. Nothing else happens in there.
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var why = exception is Fido2VerificationException ? exception.Message.ReplaceLineEndings(" ") : exception.GetType().Name;
            logger.PasskeyRefused(why);
            throw AuthError.PasskeyRefused();
        }
    }

    static byte[] Bytes(string? text)
        => text is not null && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : throw AuthError.PasskeyMalformed();
}
