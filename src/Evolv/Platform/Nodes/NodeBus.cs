namespace Evolv.Platform.Nodes;

/// <summary>A message of another server of this installation.</summary>
/// <param name="From">The server that sent it.</param>
/// <param name="Kind">Chosen by the sender: which part of the server it is for.</param>
/// <param name="Body">Its bytes.</param>
sealed record NodeMessage(Guid From, string Kind, ReadOnlyMemory<byte> Body);

/// <summary>
/// The servers of one installation talk to each other: through Redis when it is configured, else through PostgreSQL's
/// notifications. At most once, in order for each sender; a server never hears itself.
/// </summary>
sealed class NodeBus
{
    /// <summary>This server; new at every start.</summary>
    internal Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>The other servers that are alive.</summary>
    internal IReadOnlyCollection<Guid> Peers { get; } = [];

    /// <summary>A message came. Called in order, one at a time; it must not wait.</summary>
    internal event Action<NodeMessage>? Received;

    /// <summary>Another server appeared.</summary>
    internal event Action<Guid>? Joined;

    /// <summary>Another server ended or was not heard of for too long.</summary>
    internal event Action<Guid>? Left;

    /// <summary>Queues a message to all other servers and returns at once; nothing is sent while there are none.</summary>
    internal void Publish(string kind, ReadOnlyMemory<byte> body) => throw new NotImplementedException($"{kind} {body.Length} {Received} {Joined} {Left}");
}
