using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Evolv.Auth.Tokens;

/// <summary>
/// Makes refresh tokens. The database has only their hashes, so a copy of it signs nobody in. A client whose answer got
/// lost must be given its child again, which a hash cannot do; therefore a child is not drawn but computed from its
/// parent, which the client brings, and a secret of this installation.
/// </summary>
sealed class RefreshTokens(SigningKeys keys)
{
    const int Bytes = 24;

    /// <summary>The first token of a session.</summary>
    internal static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>How a token stands in <c>auth.refresh_tokens</c>.</summary>
    internal static string Hash(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <param name="parent">The token that is being refreshed.</param>
    /// <param name="sessionId">Its session.</param>
    /// <param name="number">How many children it had before: one, but for a replay within the reuse interval.</param>
    internal string Child(string parent, Guid sessionId, int number)
    {
        var length = Encoding.UTF8.GetByteCount(parent);
        var message = new byte[16 + 4 + length];
        sessionId.TryWriteBytes(message);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), number);
        Encoding.UTF8.GetBytes(parent, message.AsSpan(20));
        return Base64Url.EncodeToString(keys.Current.Authenticate(message).AsSpan(0, Bytes));
    }
}
