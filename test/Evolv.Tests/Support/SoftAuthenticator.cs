using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Support;

/// <summary>
/// Browser and authenticator in one (WebAuthn, CTAP2): makes a key pair and signs with it what options ask for. Whatever it says of itself can be
/// set, so that it lies as an attacker would.
/// </summary>
sealed class SoftAuthenticator
{
    const byte UserPresent = 0x01;
    const byte UserVerified = 0x04;
    const byte BackupEligible = 0x08;
    const byte BackedUp = 0x10;
    const byte HasCredential = 0x40;
    const byte HasExtensions = 0x80;

    readonly SoftKey _key;

    internal SoftAuthenticator(SoftKey? key = null) => _key = key ?? SoftKey.Es256();

    internal string RpId { get; set; } = "localhost";

    internal string Origin { get; set; } = "http://localhost:5173";

    internal bool CrossOrigin { get; set; }

    internal bool IsUserPresent { get; set; } = true;

    internal bool IsUserVerified { get; set; } = true;

    internal bool IsBackupEligible { get; set; }

    internal bool IsBackedUp { get; set; }

    internal Guid Aaguid { get; set; }

    internal byte[] CredentialId { get; set; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>How often it was used. Those whose passkeys are synchronized stay at zero.</summary>
    internal uint SignCount { get; set; }

    internal bool Counts { get; set; } = true;

    /// <summary>Whom it signs in.</summary>
    internal byte[] UserHandle { get; set; } = [];

    internal string Format { get; set; } = "none";

    /// <summary>Writes the attestation statement about what it is given; empty without one.</summary>
    internal Action<CborWriter, byte[]>? Statement { get; set; }

    /// <summary>CBOR that nobody asked for.</summary>
    internal byte[]? Extensions { get; set; }

    /// <summary>Another key than the one that signs.</summary>
    internal byte[]? PublicKey { get; set; }

    internal string? CreationType { get; set; }

    /// <summary><c>navigator.credentials.create()</c>, as JSON.</summary>
    internal JsonObject Create(JsonNode options)
    {
        UserHandle = Base64Url.DecodeFromChars(options["user"]!["id"]!.GetValue<string>());
        var clientData = ClientData(CreationType ?? "webauthn.create", options);
        var data = Data(withCredential: true);
        return Credential(new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
            ["attestationObject"] = Base64Url.EncodeToString(Attest(data, clientData)),
            ["transports"] = new JsonArray("internal", "hybrid", "carrier-pigeon"),
            ["publicKeyAlgorithm"] = _key.Algorithm, // Browsers say more than a server needs.
        });
    }

    /// <summary><c>navigator.credentials.get()</c>, as JSON.</summary>
    internal JsonObject Get(JsonNode options)
    {
        if (Counts)
            SignCount++;
        var clientData = ClientData("webauthn.get", options);
        var data = Data(withCredential: false);
        return Credential(new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
            ["authenticatorData"] = Base64Url.EncodeToString(data),
            ["signature"] = Base64Url.EncodeToString(Sign(Signed(data, clientData))),
            ["userHandle"] = Base64Url.EncodeToString(UserHandle),
        });
    }

    internal byte[] Sign(byte[] bytes) => _key.Sign(bytes);

    static byte[] Signed(byte[] data, byte[] clientData) => [.. data, .. SHA256.HashData(clientData)];

    JsonObject Credential(JsonObject response) => new()
    {
        ["id"] = Base64Url.EncodeToString(CredentialId),
        ["rawId"] = Base64Url.EncodeToString(CredentialId),
        ["type"] = "public-key",
        ["response"] = response,
        ["clientExtensionResults"] = new JsonObject(),
        ["authenticatorAttachment"] = "platform",
    };

    byte[] ClientData(string type, JsonNode options) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["type"] = type,
        ["challenge"] = options["challenge"]!.GetValue<string>(),
        ["origin"] = Origin,
        ["crossOrigin"] = CrossOrigin,
    }.ToJsonString());

    byte[] Data(bool withCredential)
    {
        var flags = (IsUserPresent ? UserPresent : 0) | (IsUserVerified ? UserVerified : 0) | (IsBackupEligible ? BackupEligible : 0) |
            (IsBackedUp ? BackedUp : 0) | (withCredential ? HasCredential : 0) | (Extensions is null ? 0 : HasExtensions);
        var (count, length) = (new byte[4], new byte[2]);
        BinaryPrimitives.WriteUInt32BigEndian(count, SignCount);
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)CredentialId.Length);
        byte[] credential = withCredential ? [.. Aaguid.ToByteArray(bigEndian: true), .. length, .. CredentialId, .. PublicKey ?? _key.Cose] : [];
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(RpId)), (byte)flags, .. count, .. credential, .. Extensions ?? []];
    }

    byte[] Attest(byte[] data, byte[] clientData)
    {
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(3);
        cbor.WriteTextString("fmt");
        cbor.WriteTextString(Format);
        cbor.WriteTextString("attStmt");
        if (Statement is { } statement)
        {
            statement(cbor, Signed(data, clientData));
        }
        else
        {
            cbor.WriteStartMap(0);
            cbor.WriteEndMap();
        }

        cbor.WriteTextString("authData");
        cbor.WriteByteString(data);
        cbor.WriteEndMap();
        return cbor.Encode();
    }
}

/// <summary>A key pair of an authenticator.</summary>
/// <param name="Algorithm">Of COSE's registry.</param>
/// <param name="Cose">The public half.</param>
/// <param name="Sign">With the other one.</param>
sealed record SoftKey(int Algorithm, byte[] Cose, Func<byte[], byte[]> Sign)
{
    internal static SoftKey Es256()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new SoftKey(
            -7, Map((1, 2), (3, -7), (-1, 1), (-2, point.X!), (-3, point.Y!)),
            bytes => key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    internal static SoftKey Rs256()
    {
        var key = RSA.Create(2048);
        var half = key.ExportParameters(includePrivateParameters: false);
        return new SoftKey(
            -257, Map((1, 3), (3, -257), (-1, half.Modulus!), (-2, half.Exponent!)),
            bytes => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    internal static SoftKey EdDsa()
    {
        var key = NSec.Cryptography.Key.Create(NSec.Cryptography.SignatureAlgorithm.Ed25519);
        return new SoftKey(
            -8, Map((1, 1), (3, -8), (-1, 6), (-2, key.PublicKey.Export(NSec.Cryptography.KeyBlobFormat.RawPublicKey))),
            bytes => NSec.Cryptography.SignatureAlgorithm.Ed25519.Sign(key, bytes));
    }

    /// <summary>ES256K, which nobody asks for.</summary>
    internal static SoftKey Es256K()
    {
        var key = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new SoftKey(
            -47, Map((1, 2), (3, -47), (-1, 8), (-2, point.X!), (-3, point.Y!)),
            bytes => key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    internal static byte[] Map(params (int Name, object Value)[] pairs)
    {
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(pairs.Length);
        foreach (var (name, value) in pairs)
        {
            cbor.WriteInt32(name);
            if (value is int number)
                cbor.WriteInt32(number);
            else
                cbor.WriteByteString((byte[])value);
        }

        cbor.WriteEndMap();
        return cbor.Encode();
    }
}
