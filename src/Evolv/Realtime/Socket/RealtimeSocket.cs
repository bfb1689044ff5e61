using System.Buffers;
using System.Collections.Immutable;
using System.Net.WebSockets;
using System.Text;
using Evolv.Realtime.Channels;

namespace Evolv.Realtime.Socket;

/// <summary>One client's connection: reads its messages one after the other, and sends what its channels are told.</summary>
sealed class RealtimeSocket
{
    const int FirstBuffer = 4096;
    const int ControlsPerChannel = 4;

    /// <summary>RFC 6455: the server restarts; come back.</summary>
    internal const WebSocketCloseStatus ServiceRestart = (WebSocketCloseStatus)1012;

    static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    readonly WebSocket _webSocket;
    readonly Outbox _outbox;
    readonly RealtimeOptions _options;
    readonly TimeProvider _time;
    readonly Lock _lock = new();
    Task? _closing;
    long _second;
    int _messagesInSecond;
    int _controlsInSecond;

    internal RealtimeSocket(
        WebSocket webSocket, ProtocolVersion version, string connectedWith, string address, RealtimeOptions options, TimeProvider time)
    {
        (_webSocket, Version, ConnectedWith, Address, _options, _time) = (webSocket, version, connectedWith, address, options, time);
        _outbox = new Outbox(webSocket, options.MaxQueuedMessages, options.MaxQueuedBytes);
        LastHeard = time.GetTimestamp();
    }

    internal ProtocolVersion Version { get; }

    /// <summary>The key or token of the connection. Channels that bring no token have the rights that it has when they join.</summary>
    internal string ConnectedWith { get; }

    internal string Address { get; }

    /// <summary>Timestamp of the last message.</summary>
    internal long LastHeard { get; private set; }

    internal ImmutableArray<Channel> Channels { get; private set; } = [];

    /// <summary>Whether the server has ended it: nothing waits for it any more, but it may take a moment.</summary>
    internal bool IsClosing => Volatile.Read(ref _closing) is not null;

    /// <summary>Reads until the client or the server closes.</summary>
    internal async Task RunAsync(ClientEvents events)
    {
        try
        {
            while (await ReadAsync(events))
            {
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone without a word.
        }
        catch
        {
            Close(WebSocketCloseStatus.InternalServerError, "internal error");
            throw;
        }
        finally
        {
            // Who is closed is told first why.
            if (_closing is { } closing)
                await closing;
            _outbox.End();
            await _outbox.Sending;
        }
    }

    /// <summary>Sends when its turn comes. A client that reads too slowly is disconnected instead.</summary>
    internal void Send(Frame frame)
    {
        if (!_outbox.TrySend(frame))
            Close(WebSocketCloseStatus.PolicyViolation, "reads too slowly");
    }

    internal void Send(Push push)
    {
        if (push.For(Version) is { } frame)
            Send(frame);
    }

    /// <summary>Answers a message that asked for an answer.</summary>
    internal void Reply(ClientMessage message, bool isOk, ReadOnlySpan<byte> response)
    {
        if (message.Ref is not null)
            Send(Wire.Reply(Version, message.JoinRef, message.Ref, message.Topic, isOk, response));
    }

    internal Channel? Find(string topic)
    {
        foreach (var channel in Channels)
        {
            if (channel.Topic == topic)
                return channel;
        }

        return null;
    }

    internal void Add(Channel channel)
    {
        lock (_lock)
            Channels = Channels.Add(channel);
    }

    internal void Remove(Channel channel)
    {
        lock (_lock)
            Channels = Channels.Remove(channel);
    }

    /// <summary>Says why, waits a moment for the client to do the same, and cuts the connection otherwise.</summary>
    internal void Close(WebSocketCloseStatus status, string reason)
    {
        lock (_lock)
            _closing ??= CloseAsync(status, reason);
    }

    async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        await Task.Yield(); // Not on the time of whoever found the reason.
        try
        {
            await _outbox.Sending.WaitAsync(ClosePatience, _time);
            _outbox.End();
            await _webSocket.CloseOutputAsync(status, reason, CancellationToken.None).WaitAsync(ClosePatience, _time);
            for (var waited = TimeSpan.Zero; waited < ClosePatience && _webSocket.State == WebSocketState.CloseSent; waited += ClosePatience / 20)
                await Task.Delay(ClosePatience / 20, _time);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException
            or TimeoutException or InvalidOperationException)
        {
            // It will not be told.
        }

        _outbox.End();
        _webSocket.Abort();
    }

    async Task<bool> ReadAsync(ClientEvents events)
    {
        // Waits for the head of a message without a buffer: most sockets wait most of the time.
        var head = await _webSocket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (head.MessageType == WebSocketMessageType.Close)
            return await AnswerCloseAsync();

        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var (length, isEnd) = (0, head.EndOfMessage);
            while (!isEnd)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer);
                var part = await _webSocket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    return await AnswerCloseAsync();
                length += part.Count;
                isEnd = part.EndOfMessage;
                if (length > _options.MaxMessageBytes)
                    return End(WebSocketCloseStatus.MessageTooBig, $"a message has at most {_options.MaxMessageBytes} bytes");
            }

            LastHeard = _time.GetTimestamp();
            using var message = ClientMessage.Read(buffer.AsMemory(0, length), head.MessageType == WebSocketMessageType.Binary, Version);
            if (message is null)
                return End(WebSocketCloseStatus.InvalidPayloadData, Version == ProtocolVersion.V2
                    ? "a message is [join_ref, ref, topic, event, payload], or a binary broadcast"
                    : "a message is {\"topic\", \"event\", \"payload\", \"ref\"}");
            if (TakeTurn(message.Event) || events.RefuseTooMany(this, message))
                await events.HandleAsync(this, message);
            else
                return End(WebSocketCloseStatus.PolicyViolation, "Too many messages per second");
            return !IsClosing;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A client that comes back joins all its channels at once and renews the token of each.
    bool TakeTurn(string @event)
    {
        var second = LastHeard / _time.TimestampFrequency;
        if (second != _second)
            (_second, _messagesInSecond, _controlsInSecond) = (second, 0, 0);
        return @event is "phx_join" or "phx_leave" or "access_token"
            ? ++_controlsInSecond <= _options.MaxChannelsPerSocket * ControlsPerChannel
            : ++_messagesInSecond <= _options.MessagesPerSecond;
    }

    bool End(WebSocketCloseStatus status, string reason)
    {
        Close(status, Encoding.UTF8.GetByteCount(reason) <= 123 ? reason : "");
        return false;
    }

    async Task<bool> AnswerCloseAsync()
    {
        if (_webSocket.State == WebSocketState.CloseReceived)
            await _webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        return false;
    }

    static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
