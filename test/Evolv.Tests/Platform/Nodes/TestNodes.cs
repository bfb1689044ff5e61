using System.Collections.Concurrent;
using System.Text;
using Evolv.Platform.Data;
using Evolv.Platform.Nodes;
using Evolv.Platform.Redis;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>The wires by which the same tests run.</summary>
public enum Wire
{
    PostgreSQL,
    Redis,
}

/// <summary>Servers of one installation in this process, over one wire. Their hearts beat fast.</summary>
sealed class TestNodes(TestDatabase database, RedisProcess? redis) : IAsyncDisposable
{
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(0.3);

    readonly ConcurrentBag<TestNode> _nodes = [];

    internal TestDatabase Database => database;

    internal RedisProcess Redis => redis!;

    internal static async Task<TestNodes> OverAsync(EvolvCluster cluster, Wire wire)
        => new(await cluster.CreateDatabaseAsync(), wire == Wire.Redis ? await RedisProcess.StartAsync() : null);

    /// <summary>Another server.</summary>
    internal Task<TestNode> StartAsync(TimeSpan? heartbeat = null) => StartAsync(Transport(), heartbeat);

    internal async Task<TestNode> StartAsync(INodeTransport transport, TimeSpan? heartbeat = null)
    {
        var node = new TestNode(new NodeBus(transport, TimeProvider.System, NullLogger<NodeBus>.Instance) { Heartbeat = heartbeat ?? Heartbeat });
        _nodes.Add(node);
        await node.Bus.StartAsync(TestContext.Current.CancellationToken);
        return node;
    }

    /// <summary>Three servers that know each other.</summary>
    internal async Task<TestNode[]> StartThreeAsync(TimeSpan? heartbeat = null)
    {
        TestNode[] nodes = [await StartAsync(heartbeat), await StartAsync(heartbeat), await StartAsync(heartbeat)];
        foreach (var node in nodes)
            await node.SeesAsync(2);
        return nodes;
    }

    internal INodeTransport Transport()
        => redis is null
            ? new PostgresTransport(
                new NotificationListener(database.Connections), database.Database,
                NodesModule.SealOf(database.Connections, NullLogger.Instance), NullLogger<PostgresTransport>.Instance)
            : new RedisTransport(new RedisOptions { ConnectionString = redis.ConnectionString }.Read()!, new RedisPrefix(database.Database));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.Bus.StopAsync(CancellationToken.None);
            node.Bus.Dispose();
        }

        if (redis is not null)
            await redis.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>A server and what it was told.</summary>
sealed class TestNode
{
    internal TestNode(NodeBus bus)
    {
        Bus = bus;
        bus.Received += message => Heard.Enqueue((message.From, message.Kind, Encoding.UTF8.GetString(message.Body.Span)));
        bus.Joined += peer => Events.Enqueue($"{peer} joined");
        bus.Left += peer => Events.Enqueue($"{peer} left");
    }

    internal NodeBus Bus { get; }

    internal Guid Id => Bus.Id;

    internal ConcurrentQueue<(Guid From, string Kind, string Body)> Heard { get; } = [];

    internal ConcurrentQueue<string> Events { get; } = [];

    internal void Say(string body) => Bus.Publish("test", Encoding.UTF8.GetBytes(body));

    internal Task SeesAsync(int others) => UntilAsync(() => Bus.Peers.Count == others);

    internal Task HearsAsync(string body) => UntilAsync(() => Heard.Any(heard => heard.Body == body));

    internal static Task UntilAsync(Func<bool> condition) => Eventually.IsTrueAsync(() => Task.FromResult(condition()));
}
