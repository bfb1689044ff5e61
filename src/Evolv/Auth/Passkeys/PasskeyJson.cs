using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Evolv.Auth.Passkeys;

/// <summary>What <c>navigator.credentials.create()</c> wants, as JSON (PublicKeyCredentialCreationOptionsJSON).</summary>
sealed record CreationOptions(
    RelyingPartyEntity Rp, UserEntity User, string Challenge, IReadOnlyList<KeyParameters> PubKeyCredParams, int Timeout,
    IReadOnlyList<Descriptor>? ExcludeCredentials, AuthenticatorSelection AuthenticatorSelection, string Attestation);

sealed record RelyingPartyEntity(string Name, string Id);

/// <summary>The account, as the list of an authenticator shows it.</summary>
/// <param name="Name">Tells accounts apart.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Id">What a sign-in brings back: the account's id as text, as GoTrue has it.</param>
sealed record UserEntity(string Name, string DisplayName, string Id)
{
    internal static byte[] HandleOf(Guid userId) => Encoding.ASCII.GetBytes(userId.ToString());

    internal static UserEntity Of(AuthUser user)
    {
        // Who came from a provider that tells no address has neither, and an authenticator wants a name.
        var name = user switch { { Email.Length: > 0 } => user.Email, { Phone.Length: > 0 } => user.Phone, _ => user.Id.ToString() };
        return new UserEntity(name, CalledBy(user) is { Length: > 0 } called ? called : name, Base64Url.EncodeToString(HandleOf(user.Id)));
    }

    static string? CalledBy(AuthUser user)
        => user.UserMetadata.ValueKind == JsonValueKind.Object && user.UserMetadata.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()
            : null;
}

sealed record KeyParameters(string Type, int Alg);

sealed record Descriptor(string Type, string Id);

sealed record AuthenticatorSelection(string ResidentKey, bool RequireResidentKey, string UserVerification);

/// <summary>What <c>navigator.credentials.get()</c> wants. No account is named: the authenticator knows which it has.</summary>
sealed record RequestOptions(string Challenge, int Timeout, string RpId, string UserVerification);

/// <summary>What a browser's credential says of itself (<c>toJSON()</c>), made or used.</summary>
sealed record CredentialJson(string Id, string RawId, string Type, CredentialJson.Answer Response)
{
    internal sealed record Answer(
        [property: JsonPropertyName("clientDataJSON")] string ClientData, string? AttestationObject = null, IReadOnlyList<string>? Transports = null,
        string? AuthenticatorData = null, string? Signature = null, string? UserHandle = null);
}

/// <summary>The wire types of WebAuthn, which have their own way of writing names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CreationOptions))]
[JsonSerializable(typeof(RequestOptions))]
[JsonSerializable(typeof(CredentialJson))]
sealed partial class PasskeyJson : JsonSerializerContext;
