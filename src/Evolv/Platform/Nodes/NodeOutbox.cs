using System.Threading.Channels;

namespace Evolv.Platform.Nodes;

/// <summary>What waits to be sent to the other servers. It is bounded in bytes: the oldest messages give way to the newest.</summary>
sealed class NodeOutbox(int capacity)
{
    const int PacketBytes = 256 * 1024;

    readonly Lock _gate = new();
    readonly Queue<byte[]> _messages = new();
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(1);
    NodeWords? _words;
    int _bytes;
    bool _isDropping;

    /// <summary>Adds a message.</summary>
    /// <returns>Whether this is the first one since the queue was empty for which others were dropped.</returns>
    internal bool Add(byte[] message)
    {
        bool begins;
        lock (_gate)
        {
            _messages.Enqueue(message);
            _bytes += message.Length;
            var drops = _bytes > capacity;
            while (_bytes > capacity)
                _bytes -= _messages.Dequeue().Length;
            begins = drops && !_isDropping;
            _isDropping |= drops;
        }

        _wake.Writer.TryWrite(true);
        return begins;
    }

    /// <summary>Adds words to the next packet, which is sent for them alone if there are no messages.</summary>
    internal void Say(NodeWords words)
    {
        lock (_gate)
            _words = _words.GetValueOrDefault() | words;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Waits until there may be something to take.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _wake.Reader.ReadAsync(cancellationToken);

    /// <summary>Takes what fits into a packet; null when nothing waits. A farewell comes last.</summary>
    /// <param name="alone">Whether nobody would hear a message: they are thrown away.</param>
    internal (NodeWords Words, IReadOnlyCollection<byte[]> Messages)? Take(bool alone)
    {
        lock (_gate)
        {
            if (alone)
            {
                _messages.Clear();
                _bytes = 0;
            }

            if (_words is null && _messages.Count == 0)
                return null;
            var messages = new List<byte[]>();
            var bytes = 0;
            while (_messages.TryPeek(out var next) && (messages.Count == 0 || bytes + next.Length <= PacketBytes))
            {
                messages.Add(_messages.Dequeue());
                bytes += next.Length;
            }

            _bytes -= bytes;
            _isDropping &= _messages.Count > 0;
            var words = _words.GetValueOrDefault();
            var later = _messages.Count > 0 ? words & NodeWords.Bye : NodeWords.None;
            _words = later == NodeWords.None ? null : later;
            return (words & ~later, messages);
        }
    }
}
