using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Evolv.Bench.Load;

namespace Evolv.Bench.Realtime;

/// <summary>Gets each message of one socket, with the timestamp at which its bytes were there.</summary>
delegate void MessageReceived(ReadOnlySpan<byte> message, long at);

/// <summary>
/// The least that speaks WebSocket: it cuts what comes into messages and parses none of them, so that the machine's time goes
/// to the server.
/// </summary>
sealed class BenchSocket : IDisposable
{
    const int FirstBuffer = 4096;
    const byte FinalText = 0x81;
    const byte FinalBinary = 0x82;
    const byte Close = 0x88;

    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly SocketAsyncEventArgs _receiving = new();
    readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly MessageReceived _received;
    byte[] _buffer = new byte[FirstBuffer];
    int _length;
    volatile bool _isDisposed;

    BenchSocket(MessageReceived received) => _received = received;

    /// <summary>Connects as stock clients do, and joins one channel.</summary>
    /// <param name="world">Where the server is.</param>
    /// <param name="topic">Without its prefix.</param>
    /// <param name="config">Of the channel, as JSON.</param>
    /// <param name="token">Of the person; null to join as nobody.</param>
    /// <param name="received">Called for each message after the answer to the join.</param>
    internal static async Task<BenchSocket> JoinAsync(BenchWorld world, string topic, string config, string? token, MessageReceived received)
    {
        var socket = new BenchSocket(received);
        await socket.ConnectAsync(world);
        var accessToken = token is null ? "" : $",\"access_token\":\"{token}\"";
        socket.SendText($$"""["1","1","realtime:{{topic}}","phx_join",{"config":{{config}}{{accessToken}}}]""");
        await socket._joined.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return socket;
    }

    /// <summary>Joins many at once, but not more than a few at a time.</summary>
    internal static async Task<BenchSocket[]> JoinManyAsync(int count, Func<int, Task<BenchSocket>> join)
    {
        var sockets = new BenchSocket[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => sockets[i] = await join(i));
        return sockets;
    }

    internal void SendHeartbeat() => SendText("""[null,"2","phoenix","heartbeat",{}]""");

    internal void SendText(string text) => Send(Frame(FinalText, Encoding.UTF8.GetBytes(text)));

    internal void SendBinary(byte[] message) => Send(Frame(FinalBinary, message));

    public void Dispose()
    {
        _isDisposed = true;
        _socket.Dispose();
        _receiving.Dispose();
    }

    void Send(byte[] frame)
    {
        for (var sent = 0; sent < frame.Length;)
            sent += _socket.Send(frame.AsSpan(sent));
    }

    async Task ConnectAsync(BenchWorld world)
    {
        await _socket.ConnectAsync(IPAddress.Loopback, world.Port);
        Send(Encoding.ASCII.GetBytes(
            $"GET /realtime/v1/websocket?apikey={world.PublishableKey}&vsn=2.0.0 HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        int end;
        do
        {
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(_length));
            if (count == 0)
                throw new IOException("the server closed the connection");
            _length += count;
            end = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
        }
        while (end < 0);
        var head = Encoding.ASCII.GetString(_buffer, 0, end);
        if (!head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            throw new IOException($"no socket: {head.Split('\r')[0]}");
        Forget(end + 4);
        _receiving.Completed += (_, _) =>
        {
            if (Take())
                Receive();
        };
        Receive();
    }

    void Receive()
    {
        try
        {
            do
            {
                if (_length == _buffer.Length)
                    Array.Resize(ref _buffer, _buffer.Length * 2);
                _receiving.SetBuffer(_buffer, _length, _buffer.Length - _length);
                if (_socket.ReceiveAsync(_receiving))
                    return;
            }
            while (Take());
        }
        catch (ObjectDisposedException)
        {
            // The measurement is over.
        }
    }

    bool Take()
    {
        if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
        {
            Fail("the server closed the connection");
            return false;
        }

        _length += _receiving.BytesTransferred;
        var (at, now) = (0, Stopwatch.GetTimestamp());
        while (TryRead(_buffer.AsSpan(at, _length - at), out var opcode, out var message, out var size))
        {
            at += size;
            if (opcode == Close)
            {
                Fail($"the server closed the socket: {Encoding.UTF8.GetString(message.Length > 2 ? message[2..] : message)}");
                return false;
            }

            Receive(message, now);
        }

        Forget(at);
        return true;
    }

    void Receive(ReadOnlySpan<byte> message, long now)
    {
        if (_joined.Task.IsCompleted)
            _received(message, now);
        else if (message.IndexOf("\"status\":\"ok\""u8) >= 0)
            _joined.SetResult();
        else
            _joined.SetException(new IOException($"not joined: {Encoding.UTF8.GetString(message)}"));
    }

    void Forget(int count)
    {
        _length -= count;
        if (_length > 0 && count > 0)
            _buffer.AsSpan(count, _length).CopyTo(_buffer);
    }

    void Fail(string reason)
    {
        if (_isDisposed)
            return;
        if (!_joined.TrySetException(new IOException(reason)))
            Console.Error.WriteLine(reason);
    }

    static bool TryRead(ReadOnlySpan<byte> bytes, out byte opcode, out ReadOnlySpan<byte> message, out int size)
    {
        message = default;
        (opcode, size) = (0, 0);
        if (bytes.Length < 2)
            return false;
        var (head, length) = (2, (int)bytes[1]);
        if (length == 126)
        {
            if (bytes.Length < 4)
                return false;
            (head, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        }
        else if (length == 127)
        {
            if (bytes.Length < 10)
                return false;
            (head, length) = (10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]));
        }

        size = head + length;
        if (bytes.Length < size)
            return false;
        opcode = bytes[0];
        message = bytes[head..size];
        return true;
    }

    // Masked with zeros, which changes nothing.
    static byte[] Frame(byte opcode, byte[] message)
    {
        var (head, frame) = message.Length < 126
            ? (2, new byte[6 + message.Length])
            : (4, new byte[8 + message.Length]);
        frame[0] = opcode;
        frame[1] = (byte)(0x80 | (head == 2 ? message.Length : 126));
        if (head == 4)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), checked((ushort)message.Length));
        message.CopyTo(frame, head + 4);
        return frame;
    }
}
