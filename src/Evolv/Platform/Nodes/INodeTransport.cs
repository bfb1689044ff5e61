namespace Evolv.Platform.Nodes;

/// <summary>How packets travel between servers: what one sends is heard by all that listen, itself among them.</summary>
interface INodeTransport
{
    /// <summary>Through what, and what to look at when it does not work.</summary>
    string Advice { get; }

    /// <summary>Hears packets, in order for each sender, until it is cancelled or the connection is lost, which throws.</summary>
    /// <param name="begun">Called once, when every later packet will be heard.</param>
    /// <param name="heard">Called one at a time with a packet that is the callee's to keep; it does not wait.</param>
    Task ListenAsync(Action begun, Action<ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken);

    /// <summary>Sends a packet, and throws when it may not have been sent. Called one at a time, and ends in seconds.</summary>
    Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken);
}
