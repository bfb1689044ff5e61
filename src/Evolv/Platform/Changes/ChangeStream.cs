using System.Threading.Channels;

namespace Evolv.Platform.Changes;

/// <summary>All committed changes of the published tables, decoded once for this server, for any number of consumers.</summary>
sealed class ChangeStream : BackgroundService
{
    /// <summary>Whether changes come now; without it nobody can be told of any.</summary>
    internal bool IsStreaming { get; private set; }

    /// <summary>
    /// A queue of its own for one consumer. Who reads too slowly loses what does not fit and is told so by a
    /// <see cref="ChangeEvent.Gap"/>; nobody else notices. Dispose it to end.
    /// </summary>
    /// <param name="name">For the log.</param>
    /// <param name="capacity">Changes that may wait.</param>
    internal ChangeReader Open(string name, int capacity = 10_000) => throw new NotImplementedException($"{name} {capacity}");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new NotImplementedException();
}

/// <summary>One consumer's end of the change stream.</summary>
sealed class ChangeReader(ChannelReader<ChangeEvent> events, Action close) : IDisposable
{
    internal ChannelReader<ChangeEvent> Events => events;

    public void Dispose() => close();
}
