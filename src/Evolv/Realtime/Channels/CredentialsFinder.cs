using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Evolv.Platform.Data;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>Whose rights a token gives. Without one, or with an opaque key instead, those of the connection's key.</summary>
sealed class CredentialsFinder(FindCaller findCaller, TimeProvider time)
{
    const string OpaquePrefix = "sb_";

    /// <summary>Whether the client sent nothing, or a key in the place of a token.</summary>
    internal static bool IsNoToken(string? token) => token is null || token.StartsWith(OpaquePrefix, StringComparison.Ordinal);

    /// <summary>The same for the same token, and for two tokens as good as never.</summary>
    internal static UInt128 Digest(string token)
        => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan())));

    /// <exception cref="JoinError">The token is not good.</exception>
    internal async ValueTask<Credentials> FindAsync(RealtimeSocket socket, string? token)
    {
        var isOfConnection = IsNoToken(token);
        var found = await findCaller(isOfConnection ? socket.ConnectedWith : token!); // Anew: it may have been revoked meanwhile.
        if (found.Caller is { } caller && !(found.ExpiresAt <= time.GetUtcNow()))
            return new Credentials(caller, isOfConnection ? null : Digest(token!), found.SessionId, found.ExpiresAt);
        throw Refuse(found);
    }

    /// <summary>How long ago it ended.</summary>
    internal JoinError Expired(DateTimeOffset expiresAt) => JoinError.Expired(Math.Max(0, (int)(time.GetUtcNow() - expiresAt).TotalSeconds));

    /// <summary>Why somebody is refused, in the reference's words.</summary>
    internal JoinError Refuse(FoundCaller found) => found switch
    {
        { ExpiresAt: { } expiresAt } => Expired(expiresAt), // Nothing else is wrong with it.
        { Refusal: { } refusal } when refusal.StartsWith("Expected 3 parts", StringComparison.Ordinal) => JoinError.MalformedToken(),
        { Refusal: "JWT cryptographic operation failed" or "No suitable key was found to decode the JWT" } => JoinError.BadSignature(),
        { Refusal: "JWT role is not allowed" or "JWT claim exp must be a number" } => JoinError.MissingClaims(),
        _ => JoinError.InvalidToken(found.Refusal ?? "The token is not one of this server"),
    };
}
