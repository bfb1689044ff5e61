using Evolv.Platform.Data;

namespace Evolv.Platform.Nodes;

/// <summary>Packets as notifications of PostgreSQL: a packet is a transaction, so its pieces arrive together and in order.</summary>
sealed class PostgresTransport(NotificationListener listener, Database database, NodeSeal seal, ILogger<PostgresTransport> logger) : INodeTransport
{
    internal const string Channel = "evolv_nodes";

    bool _hasWarned;

    public string Advice => "PostgreSQL's notifications (it must be running, and Database:ConnectionString lead to it without a transaction pooler)";

    public Task ListenAsync(Action begun, Action<ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken)
        => listener.ListenAsync(
            Channel,
            begun,
            payload =>
            {
                if (!seal.TryOpen(payload, out var packet))
                    WarnOnce();
                else if (packet is not null)
                    heard(packet);
            },
            cancellationToken);

    // Not waiting for the disk: after a crash nobody listens to what was said before.
    public Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
        => database.QuerySingleAsync(
            Caller.Service,
            $"""
            select set_config('synchronous_commit', 'off', true), count(pg_notify({Channel}, piece))
            from unnest({seal.Close(packet.Span)}) piece
            """,
            _ => true, cancellationToken);

    // Whoever can forge one can forge many.
    void WarnOnce()
    {
        if (!_hasWarned)
            logger.NodeNotificationIgnored(Channel);
        _hasWarned = true;
    }
}
