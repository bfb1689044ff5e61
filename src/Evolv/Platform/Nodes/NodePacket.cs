using System.Buffers.Binary;
using System.Text;

namespace Evolv.Platform.Nodes;

/// <summary>What a server says about itself. That it lives is said by every packet, also by an empty one.</summary>
[Flags]
enum NodeWords : byte
{
    None = 0,

    /// <summary>It came, or came back: who hears it answers <see cref="Here"/>.</summary>
    Hello = 1,
    Here = 2,

    /// <summary>It ends.</summary>
    Bye = 4,
}

/// <summary>
/// What one server says at once. On the wire: version, sender, words; then for each message the length of its kind in a byte,
/// the kind, the length of the body in four, the body.
/// </summary>
sealed record NodePacket(Guid From, NodeWords Words, IReadOnlyList<NodeMessage> Messages)
{
    const byte Version = 1;
    const int HeaderLength = 1 + 16 + 1;

    /// <summary>A message as it stands in a packet.</summary>
    internal static byte[] WriteMessage(string kind, ReadOnlySpan<byte> body)
    {
        var kindLength = checked((byte)Encoding.UTF8.GetByteCount(kind));
        var message = new byte[1 + kindLength + 4 + body.Length];
        message[0] = kindLength;
        Encoding.UTF8.GetBytes(kind, message.AsSpan(1));
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1 + kindLength), body.Length);
        body.CopyTo(message.AsSpan(1 + kindLength + 4));
        return message;
    }

    internal static byte[] Write(Guid from, NodeWords words, IReadOnlyCollection<byte[]> messages)
    {
        var packet = new byte[HeaderLength + messages.Sum(message => message.Length)];
        packet[0] = Version;
        from.TryWriteBytes(packet.AsSpan(1));
        packet[17] = (byte)words;
        var at = HeaderLength;
        foreach (var message in messages)
        {
            message.CopyTo(packet, at);
            at += message.Length;
        }

        return packet;
    }

    /// <summary>Null for what is no packet, or one of another version of Evolv.</summary>
    internal static NodePacket? Read(ReadOnlyMemory<byte> packet)
    {
        if (packet.Length < HeaderLength || packet.Span[0] != Version)
            return null;
        var from = new Guid(packet.Span[1..17]);
        var words = (NodeWords)packet.Span[17];
        var messages = new List<NodeMessage>();
        for (var rest = packet[HeaderLength..]; rest.Length > 0;)
        {
            var kindLength = rest.Span[0];
            if (rest.Length < 1 + kindLength + 4)
                return null;
            var kind = Encoding.UTF8.GetString(rest.Span.Slice(1, kindLength));
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span[(1 + kindLength)..]);
            rest = rest[(1 + kindLength + 4)..];
            if (length < 0 || length > rest.Length)
                return null;
            messages.Add(new NodeMessage(from, kind, rest[..length]));
            rest = rest[length..];
        }

        return new NodePacket(from, words, messages);
    }
}
