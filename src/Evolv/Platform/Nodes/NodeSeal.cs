using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Evolv.Platform.Nodes;

/// <summary>
/// Packets in pieces that fit into a notification. Every role of a database can hear and send notifications, so pieces are encrypted
/// and authenticated with a key that only servers know, and none is opened twice.
/// </summary>
/// <remarks>
/// A piece is base64 of: sender, number, whether a packet begins and ends here; then the encrypted part and its tag. Each sender
/// has a key of its own, so that its numbers never meet another's under the same key.
/// </remarks>
sealed class NodeSeal(byte[] secret)
{
    const int PayloadLimit = 7999;
    const int SenderLength = 16;
    const int HeaderLength = SenderLength + 8 + 1;
    const int TagLength = 16;
    const int PieceLength = PayloadLimit / 4 * 3 - HeaderLength - TagLength;
    const byte Begins = 1;
    const byte Ends = 2;

    readonly Guid _sender = Guid.NewGuid();
    readonly Dictionary<Guid, Sender> _senders = [];
    AesGcm? _own;
    long _number;

    /// <summary>The pieces of a packet. Not for two threads at once.</summary>
    internal string[] Close(ReadOnlySpan<byte> packet)
    {
        _own ??= CipherOf(_sender);
        var pieces = new string[Math.Max(1, (packet.Length + PieceLength - 1) / PieceLength)];
        for (var i = 0; i < pieces.Length; i++)
        {
            var part = packet.Slice(i * PieceLength, Math.Min(PieceLength, packet.Length - i * PieceLength));
            var piece = new byte[HeaderLength + part.Length + TagLength].AsSpan();
            _sender.TryWriteBytes(piece);
            BinaryPrimitives.WriteInt64LittleEndian(piece[SenderLength..], ++_number);
            piece[HeaderLength - 1] = (byte)((i == 0 ? Begins : 0) | (i == pieces.Length - 1 ? Ends : 0));
            _own.Encrypt(NonceOf(_number), part, piece[HeaderLength..^TagLength], piece[^TagLength..], piece[..HeaderLength]);
            pieces[i] = Convert.ToBase64String(piece);
        }

        return pieces;
    }

    /// <summary>Opens a piece; the packet comes out with its last one. Not for two threads at once.</summary>
    /// <returns>False for what no server with this key has made.</returns>
    internal bool TryOpen(string payload, out byte[]? packet)
    {
        packet = null;
        var piece = new byte[payload.Length / 4 * 3];
        if (!Convert.TryFromBase64String(payload, piece, out var length) || length < HeaderLength + TagLength)
            return false;
        var header = piece.AsSpan(0, HeaderLength);
        var part = piece.AsSpan(HeaderLength..(length - TagLength));
        var tag = piece.AsSpan(length - TagLength, TagLength);
        var id = new Guid(header[..SenderLength]);
        var number = BinaryPrimitives.ReadInt64LittleEndian(header[SenderLength..]);
        var isKnown = _senders.TryGetValue(id, out var sender);
        sender ??= new Sender(CipherOf(id));
        var plain = new byte[part.Length];
        try
        {
            sender.Cipher.Decrypt(NonceOf(number), part, tag, plain, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            if (!isKnown)
                sender.Cipher.Dispose();
            return false;
        }

        _senders[id] = sender;
        packet = sender.Add(number, header[^1], plain);
        return true;
    }

    AesGcm CipherOf(Guid sender)
        => new(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: [.. "evolv nodes "u8, .. sender.ToByteArray()]), TagLength);

    static byte[] NonceOf(long number)
    {
        var nonce = new byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, number);
        return nonce;
    }

    /// <summary>What was heard of one sender.</summary>
    sealed class Sender(AesGcm cipher)
    {
        long _last;
        ArrayBufferWriter<byte>? _packet;

        internal AesGcm Cipher => cipher;

        internal byte[]? Add(long number, byte place, byte[] part)
        {
            if (number <= _last)
                return null; // Somebody repeats what he heard.
            if ((place & Begins) != 0)
                _packet = new ArrayBufferWriter<byte>();
            else if (number != _last + 1)
                _packet = null;
            _last = number;
            _packet?.Write(part);
            if ((place & Ends) == 0)
                return null;
            var whole = _packet?.WrittenSpan.ToArray();
            _packet = null;
            return whole;
        }
    }
}
