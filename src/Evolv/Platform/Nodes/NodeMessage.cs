namespace Evolv.Platform.Nodes;

/// <summary>A message of another server of this installation.</summary>
/// <param name="From">The server that sent it.</param>
/// <param name="Kind">Chosen by the sender: which part of the server it is for.</param>
/// <param name="Body">Its bytes.</param>
sealed record NodeMessage(Guid From, string Kind, ReadOnlyMemory<byte> Body);
