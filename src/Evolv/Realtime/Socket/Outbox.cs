using System.Diagnostics;
using System.Net.WebSockets;
using Evolv.Platform.Observability;

namespace Evolv.Realtime.Socket;

/// <summary>
/// What waits for one socket, bounded. It sends only while something waits, so that an idle socket costs no task and no
/// buffer, and no sender ever waits for a slow reader.
/// </summary>
sealed class Outbox(WebSocket socket, int maxMessages, int maxBytes)
{
    const int KeptCapacity = 64;

    readonly Lock _lock = new();
    readonly Queue<Frame> _waiting = new();
    long _waitingBytes;
    bool _isSending;
    bool _isEnded;

    /// <summary>The sending of what waits; it ends when nothing does.</summary>
    internal Task Sending { get; private set; } = Task.CompletedTask;

    /// <summary>False when the reader is too slow: nothing is sent any more, and the socket should be dropped.</summary>
    internal bool TrySend(Frame frame)
    {
        lock (_lock)
        {
            if (_isEnded)
                return true;
            if (_waiting.Count >= maxMessages || (_waitingBytes > 0 && _waitingBytes + frame.Bytes.Length > maxBytes))
            {
                _isEnded = true;
                EvolvMeter.EventsLost(_waiting.Count + 1);
                _waiting.Clear();
                return false;
            }

            _waiting.Enqueue(frame);
            _waitingBytes += frame.Bytes.Length;
            if (_isSending)
                return true;
            _isSending = true;
        }

        Sending = SendWaitingAsync();
        return true;
    }

    /// <summary>Nothing more is sent; what waits is forgotten.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            _waiting.Clear();
        }
    }

    async Task SendWaitingAsync()
    {
        try
        {
            while (TryTake(out var frame))
            {
                var started = Stopwatch.GetTimestamp();
                await socket.SendAsync(frame.Bytes, frame.Type, endOfMessage: true, CancellationToken.None);
                EvolvMeter.EventSent(frame.Kind, started);
                lock (_lock)
                    _waitingBytes -= frame.Bytes.Length;
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException
            or InvalidOperationException)
        {
            End(); // The reading side notices by itself that the client has gone.
        }
    }

    bool TryTake(out Frame frame)
    {
        lock (_lock)
        {
            if (_waiting.TryDequeue(out frame))
                return true;
            if (_waiting.EnsureCapacity(0) > KeptCapacity)
                _waiting.TrimExcess();
            return _isSending = false;
        }
    }
}
