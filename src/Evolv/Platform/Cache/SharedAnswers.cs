using System.Buffers.Binary;
using System.Text;
using Evolv.Platform.Redis;
using StackExchange.Redis;

namespace Evolv.Platform.Cache;

/// <summary>Answers that the servers of an installation share in Redis, each under the name of its key. Without Redis there are none.</summary>
/// <remarks>An entry is its position in the log (8 bytes), the length of its topics (4), the topics with spaces between them, and the answer.</remarks>
sealed class SharedAnswers(RedisConnection redis)
{
    const int Header = 12;

    /// <summary>The answer, whatever has changed since, and how long it may still be kept.</summary>
    internal async ValueTask<(KeptAnswer Answer, TimeSpan Remaining)?> FindAsync(CacheKey key)
    {
        if (!redis.IsConfigured)
            return null;
        var (_, found) = await redis.AskAsync(database => database.StringGetWithExpiryAsync(NameOf(key)));
        return found.Expiry is { } remaining && Read((byte[]?)found.Value) is { } answer ? (answer, remaining) : null;
    }

    /// <summary>Sends it, and nobody waits for that: the one who asked has the answer already.</summary>
    internal void Keep(CacheKey key, KeptAnswer answer)
    {
        if (redis.IsConfigured)
            _ = redis.AskAsync(database => database.StringSetAsync(NameOf(key), Write(answer), key.Time)).AsTask();
    }

    static RedisKey NameOf(CacheKey key) => $"cache:{key.Name}";

    static byte[] Write(KeptAnswer answer)
    {
        var topics = Encoding.UTF8.GetBytes(string.Join(' ', answer.Topics));
        var bytes = new byte[Header + topics.Length + answer.Json!.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, answer.Position);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), topics.Length);
        topics.CopyTo(bytes, Header);
        answer.Json.CopyTo(bytes, Header + topics.Length);
        return bytes;
    }

    // Whatever else is there under this name is no answer.
    static KeptAnswer? Read(byte[]? bytes)
    {
        if (bytes is not { Length: > Header })
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (length < 0 || length > bytes.Length - Header)
            return null;
        var topics = Encoding.UTF8.GetString(bytes, Header, length);
        return new KeptAnswer(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            [.. topics.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            bytes[(Header + length)..]);
    }
}
