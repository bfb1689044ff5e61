namespace Evolv.Platform.Changes;

/// <summary>Everybody who reads the change stream in this server.</summary>
sealed class ChangeConsumers(ILogger logger)
{
    readonly Lock _lock = new();
    readonly List<ChangeQueue> _queues = [];
    volatile bool _isStreaming;

    internal bool IsStreaming => _isStreaming;

    internal ChangeReader Open(string name, int capacity, bool messages)
    {
        var queue = new ChangeQueue(name, capacity, messages);
        lock (_lock)
        {
            if (_isStreaming)
                queue.Write(new ChangeEvent.Streaming());
            _queues.Add(queue);
        }

        return new ChangeReader(queue, () => Close(queue));
    }

    /// <summary>Changes come from here on.</summary>
    /// <returns>False when that was known.</returns>
    internal bool Resume()
    {
        lock (_lock)
        {
            if (_isStreaming)
                return false;
            _isStreaming = true;
            Say(new ChangeEvent.Streaming());
            return true;
        }
    }

    /// <summary>No changes come until <see cref="Resume"/>.</summary>
    internal void Pause() => _isStreaming = false;

    internal void Say(ChangeEvent happened)
    {
        lock (_lock)
        {
            foreach (var queue in _queues)
            {
                if (queue.Wants(happened) && !queue.Write(happened))
                    logger.ConsumerTooSlow(queue.Name);
            }
        }
    }

    /// <summary>Nothing more will come.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            foreach (var queue in _queues)
                queue.Complete();
        }
    }

    void Close(ChangeQueue queue)
    {
        lock (_lock)
            _queues.Remove(queue);
        queue.Complete();
    }
}
