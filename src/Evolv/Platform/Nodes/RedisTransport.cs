using Evolv.Platform.Redis;
using StackExchange.Redis;

namespace Evolv.Platform.Nodes;

/// <summary>Packets through Redis' publish and subscribe, on a channel that is named after the installation.</summary>
sealed class RedisTransport(ConfigurationOptions redis, RedisPrefix prefix) : INodeTransport
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    RedisChannel? _channel;
    volatile ISubscriber? _subscriber;

    public string Advice { get; } = $"Redis at {string.Join(", ", redis.EndPoints)} (start it, or correct or leave out Redis:ConnectionString)";

    public async Task ListenAsync(Action begun, Action<ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken)
    {
        var channel = _channel ??= RedisChannel.Literal(await prefix.FindAsync(cancellationToken) + "nodes");
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = await ConnectAsync();
        try
        {
            connection.ConnectionFailed += (_, failure) => lost.TrySetException(new IOException($"the connection ended ({failure.FailureType})"));
            var subscriber = connection.GetSubscriber();
            var queue = await subscriber.SubscribeAsync(channel);
            queue.OnMessage(message => heard((byte[]?)message.Message));
            _subscriber = subscriber;
            begun();
            await lost.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _subscriber = null;
            await connection.CloseAsync(allowCommandsToComplete: false);
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        var subscriber = _subscriber ?? throw new IOException("there is no connection");
        await subscriber.PublishAsync(_channel!.Value, packet).WaitAsync(Patience, cancellationToken);
    }

    // The driver would connect again by itself and say nothing of what was lost; a new connection begins with a hello.
    async Task<ConnectionMultiplexer> ConnectAsync()
    {
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(redis);
        }
        catch (RedisConnectionException exception)
        {
            // Its message advises settings that are not for operators.
            throw new IOException($"there is no connection ({exception.FailureType})", exception);
        }
    }
}
