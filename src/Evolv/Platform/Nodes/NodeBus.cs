namespace Evolv.Platform.Nodes;

/// <summary>
/// The servers of one installation talk to each other: through Redis when it is configured, else through PostgreSQL's
/// notifications. At most once, in order for each sender; a server never hears itself.
/// </summary>
/// <remarks>
/// Who comes says hello and is answered; who lives says something every few seconds, unless it is alone; who ends says bye, and
/// who is silent for too long has ended. It may only have slept, so whoever is left alone that way says hello now and then. The wire brings back what a server sends: one that does not hear itself is
/// not connected, whatever its connections say, and says hello until it does.
/// </remarks>
sealed class NodeBus(INodeTransport? transport, TimeProvider time, ILogger<NodeBus> logger) : BackgroundService
{
    const int QueuedBytes = 8 * 1024 * 1024;
    const int SearchBeats = 12;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    readonly NodeOutbox _outbox = new(QueuedBytes);
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _saidBye = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock _gate = new(); // Also the order of the events.
    readonly Dictionary<Guid, long> _lastHeard = [];
    volatile IReadOnlyCollection<Guid> _peers = [];
    TaskCompletionSource _deaf = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long? _unheardSince; // When this server sent what it has not heard yet.
    int? _searching; // Heartbeats since the last of the others fell silent.
    volatile bool _isLost;

    /// <summary>This server; new at every start.</summary>
    internal Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>The other servers that are alive.</summary>
    internal IReadOnlyCollection<Guid> Peers => _peers;

    /// <summary>How often a server shows that it lives; after three times as long without a word it has ended.</summary>
    internal TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A message came. Called in order, one at a time; it must not wait.</summary>
    internal event Action<NodeMessage>? Received;

    /// <summary>Another server appeared.</summary>
    internal event Action<Guid>? Joined;

    /// <summary>A server said hello, this one included: some may have missed what was said before, so say what matters again.</summary>
    internal event Action<Guid>? Greeted;

    /// <summary>Another server ended or was not heard of for too long.</summary>
    internal event Action<Guid>? Left;

    /// <summary>Queues a message to all other servers and returns at once; nothing is sent while there are none.</summary>
    internal void Publish(string kind, ReadOnlyMemory<byte> body)
    {
        if (_peers.Count > 0 && _outbox.Add(NodePacket.WriteMessage(kind, body.Span)))
            logger.NodeMessagesDropped(QueuedBytes);
    }

    /// <summary>Ends when the others know of this server, or soon when they cannot be reached.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        if (transport is not null)
            await _ready.Task.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_peers.Count > 0 && !_isLost)
        {
            _outbox.Say(NodeWords.Bye);
            await _saidBye.Task.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => transport is null
            ? Task.CompletedTask
            : Task.WhenAll(ListenAsync(transport, stoppingToken), SendAsync(transport, stoppingToken), WatchAsync(stoppingToken));

    async Task ListenAsync(INodeTransport from, CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var deaf = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
                (_deaf, _unheardSince) = (deaf, null);
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            try
            {
                var listening = from.ListenAsync(
                    () =>
                    {
                        pause = FirstPause;
                        _outbox.Say(NodeWords.Hello);
                    },
                    Hear,
                    attempt.Token);
                if (await Task.WhenAny(listening, deaf.Task) != listening)
                    await attempt.CancelAsync();
                await listening;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Lose(from, exception is OperationCanceledException ? "nothing comes back" : exception.Message);
                await Task.Delay(pause, time, stoppingToken);
                pause = Longer(pause);
            }
        }
    }

    async Task SendAsync(INodeTransport to, CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (true)
        {
            await _outbox.WaitAsync(stoppingToken);
            while (_outbox.Take(alone: _peers.Count == 0) is var (words, messages))
            {
                lock (_gate)
                    _unheardSince ??= time.GetTimestamp();
                try
                {
                    await to.SendAsync(NodePacket.Write(Id, words, messages), stoppingToken);
                    pause = FirstPause;
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    // Not again: it may have been sent. What still waits is sent afterwards.
                    Lose(to, exception.Message);
                    await Task.Delay(pause, time, stoppingToken);
                    pause = Longer(pause);
                }

                if (words.HasFlag(NodeWords.Bye))
                {
                    _saidBye.TrySetResult();
                    return;
                }
            }
        }
    }

    async Task WatchAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Heartbeat, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            lock (_gate)
            {
                foreach (var (peer, heard) in _lastHeard)
                {
                    if (time.GetElapsedTime(heard) >= Heartbeat * 3)
                    {
                        Remove(peer);
                        _searching = 0;
                    }
                }

                if (_unheardSince is { } since)
                {
                    _outbox.Say(NodeWords.Hello);
                    if (time.GetElapsedTime(since) >= Heartbeat * 3)
                        _deaf.TrySetResult();
                }
                else if (_lastHeard.Count > 0)
                {
                    _outbox.Say(NodeWords.None);
                }
                else if (_searching++ % SearchBeats == 0)
                {
                    _outbox.Say(NodeWords.Hello);
                }
            }
        }
    }

    void Hear(ReadOnlyMemory<byte> bytes)
    {
        if (NodePacket.Read(bytes) is not { } packet)
            return;
        lock (_gate)
        {
            if (packet.From == Id)
            {
                HearItself();
                if (packet.Words.HasFlag(NodeWords.Hello))
                    Raise(Greeted, Id);
                return;
            }

            var isNew = !_lastHeard.ContainsKey(packet.From);
            _lastHeard[packet.From] = time.GetTimestamp();
            if (isNew)
            {
                _peers = [.. _lastHeard.Keys];
                _searching = null;
                logger.NodeJoined(packet.From);
                Raise(Joined, packet.From);
            }

            // Who is unknown here may not know of this server either, and has said things that were not heard.
            if (packet.Words.HasFlag(NodeWords.Hello))
                _outbox.Say(NodeWords.Here);
            else if (isNew && packet.Words == NodeWords.None)
                _outbox.Say(NodeWords.Hello);
            if (packet.Words.HasFlag(NodeWords.Hello))
                Raise(Greeted, packet.From);
            foreach (var message in packet.Messages)
                Raise(Received, message);
            if (packet.Words.HasFlag(NodeWords.Bye))
                Remove(packet.From);
        }
    }

    void HearItself()
    {
        _unheardSince = null;
        _ready.TrySetResult();
        if (_isLost)
            logger.NodesReachable();
        _isLost = false;
    }

    void Remove(Guid peer)
    {
        _lastHeard.Remove(peer);
        _peers = [.. _lastHeard.Keys];
        logger.NodeLeft(peer);
        Raise(Left, peer);
    }

    void Raise<T>(Action<T>? handlers, T what)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(what);
            }
            catch (Exception exception)
            {
                logger.NodeHandlerFailed(exception);
            }
        }
    }

    void Lose(INodeTransport from, string reason)
    {
        lock (_gate)
        {
            if (_isLost)
                return;
            _isLost = true;
        }

        var advice = from.Advice;
        logger.NodesUnreachable(advice, reason);
    }

    static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}
