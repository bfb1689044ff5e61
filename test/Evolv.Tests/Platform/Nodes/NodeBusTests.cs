using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Evolv.Platform.Data;
using Evolv.Platform.Nodes;
using Evolv.Platform.Postgres;
using Evolv.Platform.Redis;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>What holds over both wires, with a real PostgreSQL and a real Redis.</summary>
public sealed class NodeBusTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Three_servers_hear_each_other_in_order_and_not_themselves(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var three = await nodes.StartThreeAsync();

        await Task.WhenAll(three.Select(node => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
                node.Say(i.ToString(CultureInfo.InvariantCulture));
        })));

        var counted = Enumerable.Range(0, 1000).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        foreach (var node in three)
        {
            await TestNode.UntilAsync(() => node.Heard.Count >= 2000);
            foreach (var other in three.Where(other => other != node))
                Assert.Equal(counted, node.Heard.Where(heard => heard.From == other.Id).Select(heard => heard.Body));
            Assert.Equal(2000, node.Heard.Count);
            Assert.All(node.Heard, heard => Assert.Equal("test", heard.Kind));
            Assert.Equal(2, node.Events.Count);
        }
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Long_and_empty_messages_arrive_whole(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var three = await nodes.StartThreeAsync();
        var bytes = new byte[150_000];
        Random.Shared.NextBytes(bytes);
        var body = Convert.ToHexString(bytes);

        three[0].Say(body);
        three[0].Say("");

        foreach (var node in three[1..])
        {
            await node.HearsAsync("");
            Assert.Equal([(three[0].Id, "test", body), (three[0].Id, "test", "")], node.Heard);
        }
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Server_that_ends_leaves_at_once_after_its_last_message(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var three = await nodes.StartThreeAsync(heartbeat: TimeSpan.FromMinutes(1));

        three[2].Say("last");
        await three[2].Bus.StopAsync(Token);

        foreach (var node in three[..2])
        {
            await node.SeesAsync(1);
            Assert.Equal("last", Assert.Single(node.Heard).Body);
            Assert.Equal($"{three[2].Id} left", node.Events.Last());
        }
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Silent_server_has_left_and_comes_back_when_it_speaks(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var node = await nodes.StartAsync();
        var silent = await nodes.StartAsync(heartbeat: TimeSpan.FromMinutes(1));
        await silent.SeesAsync(1);

        await TestNode.UntilAsync(() => node.Events.Count >= 2);
        silent.Say("still there");
        await node.HearsAsync("still there");

        Assert.Equal([$"{silent.Id} joined", $"{silent.Id} left", $"{silent.Id} joined"], node.Events.Take(3));
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task What_a_server_is_told_by_its_handlers_does_not_stop_it(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var (node, other) = (await nodes.StartAsync(), await nodes.StartAsync());
        await other.SeesAsync(1);
        await node.SeesAsync(1);
        node.Bus.Received += message => throw new InvalidOperationException($"cannot handle {message.Kind}");
        node.Bus.Received += message => node.Bus.Publish("answer", message.Body);

        other.Say("one");
        other.Say("two");

        await TestNode.UntilAsync(() => other.Heard.Count == 2);
        Assert.Equal([(node.Id, "answer", "one"), (node.Id, "answer", "two")], other.Heard);
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Server_that_is_alone_sends_nothing(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var notified = 0L;
        var begun = new TaskCompletionSource();
        var listener = new NotificationListener(nodes.Database.Connections)
            .ListenAsync(PostgresTransport.Channel, begun.SetResult, _ => Interlocked.Increment(ref notified), listening.Token);
        await begun.Task;
        async Task<long> CountAsync() => wire == Wire.Redis ? await CountPublishedAsync(nodes.Redis) : Interlocked.Read(ref notified);

        var alone = await nodes.StartAsync(heartbeat: TimeSpan.FromSeconds(0.1));
        await Task.Delay(TimeSpan.FromSeconds(0.3), Token); // A hello that was said twice has come, too.
        var hello = await CountAsync();
        for (var i = 0; i < 1000; i++)
            alone.Say("nobody hears this");
        await Task.Delay(TimeSpan.FromSeconds(0.5), Token); // Nothing to await: that nothing happens is the test.
        var silent = await CountAsync();

        var other = await nodes.StartAsync();
        await other.SeesAsync(1);
        await alone.SeesAsync(1);
        alone.Say("somebody hears this");
        await other.HearsAsync("somebody hears this");
        await Eventually.IsTrueAsync(async () => await CountAsync() > silent);

        Assert.NotEqual(0, hello);
        Assert.Equal(hello, silent);
        Assert.Single(other.Heard);
        await listening.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener);
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Two_installations_on_one_wire_do_not_meet(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        await using var others = new TestNodes(await cluster.CreateDatabaseAsync(), wire == Wire.Redis ? nodes.Redis : null);
        TestNode[] ours = [await nodes.StartAsync(), await nodes.StartAsync()];
        TestNode[] theirs = [await others.StartAsync(), await others.StartAsync()];
        foreach (var node in (TestNode[])[.. ours, .. theirs])
            await node.SeesAsync(1);

        ours[0].Say("ours");
        theirs[0].Say("theirs");

        await ours[1].HearsAsync("ours");
        await theirs[1].HearsAsync("theirs");
        Assert.All((TestNode[])[.. ours, .. theirs], node => Assert.Single(node.Events));
        Assert.Equal("ours", Assert.Single(ours[1].Heard).Body);
        Assert.Equal("theirs", Assert.Single(theirs[1].Heard).Body);
    }

    [Theory]
    [InlineData(Wire.PostgreSQL)]
    [InlineData(Wire.Redis)]
    public async Task Lost_connections_are_made_again_and_nobody_has_left(Wire wire)
    {
        await using var nodes = await TestNodes.OverAsync(cluster, wire);
        var three = await nodes.StartThreeAsync(heartbeat: TimeSpan.FromSeconds(5));

        if (wire == Wire.Redis)
        {
            await nodes.Redis.KillAsync();
            three[0].Say("into the void");
            await nodes.Redis.RestartAsync();
        }
        else
        {
            await nodes.Database.ExecuteAsync(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }

        await AllHearAllAsync(three);
        Assert.All(three, node => Assert.Equal(2, node.Events.Count));
    }

    [Fact]
    public async Task Server_starts_without_Redis_and_meets_the_others_when_it_is_there()
    {
        await using var nodes = await TestNodes.OverAsync(cluster, Wire.Redis);
        await nodes.Redis.KillAsync();
        var started = Stopwatch.GetTimestamp();

        TestNode[] two = [await nodes.StartAsync(), await nodes.StartAsync()];
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await nodes.Redis.RestartAsync();

        await AllHearAllAsync(two);
    }

    [Fact]
    public async Task Loss_of_Redis_is_logged_once_with_its_address_and_without_its_password()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var address = $"127.0.0.1:{DataFolder.FreePort().ToString(CultureInfo.InvariantCulture)}";
        var redis = new RedisOptions { ConnectionString = $"{address},password=hunter2" }.Read()!;
        var log = new Lines();
        using var bus = new NodeBus(new RedisTransport(redis, new RedisPrefix(database.Database)), TimeProvider.System, log) { Heartbeat = TimeSpan.FromSeconds(0.1) };

        await bus.StartAsync(Token);
        bus.Publish("test", "hunter2"u8.ToArray());
        await bus.StopAsync(Token);

        var line = Assert.Single(log.Written);
        Assert.Contains($"Redis at {address} (start it", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_that_hangs_holds_nobody_up()
    {
        await using var nodes = await TestNodes.OverAsync(cluster, Wire.Redis);
        var three = await nodes.StartThreeAsync();

        await nodes.Redis.HangAsync();
        var body = new string('x', 1000);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20_000; i++)
            three[0].Say(body);
        var elapsed = Stopwatch.GetElapsedTime(started);
        foreach (var node in three)
            await node.SeesAsync(0);
        await nodes.Redis.GoOnAsync();

        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await AllHearAllAsync(three);
    }

    [Fact]
    public async Task Servers_that_lost_each_other_meet_again()
    {
        await using var nodes = await TestNodes.OverAsync(cluster, Wire.PostgreSQL);
        TornWire[] wires = [new(nodes.Transport()), new(nodes.Transport())];
        var heartbeat = TimeSpan.FromSeconds(0.1);
        TestNode[] two = [await nodes.StartAsync(wires[0], heartbeat), await nodes.StartAsync(wires[1], heartbeat)];
        foreach (var node in two)
            await node.SeesAsync(1);

        Array.ForEach(wires, wire => wire.TearOff());
        foreach (var node in two)
            await node.SeesAsync(0);
        await Task.Delay(heartbeat * 6, Token); // The hello that follows the loss is lost, too.
        Array.ForEach(wires, wire => wire.Mend());

        await AllHearAllAsync(two);
    }

    static async Task AllHearAllAsync(TestNode[] nodes)
    {
        // What is said before all are back may be lost, so it is said until it is heard.
        foreach (var speaker in nodes)
        {
            await TestNode.UntilAsync(() =>
            {
                speaker.Say($"{speaker.Id} is back");
                return nodes.Where(node => node != speaker).All(node => node.Heard.Any(heard => heard.Body == $"{speaker.Id} is back"));
            });
        }
    }

    static async Task<long> CountPublishedAsync(RedisProcess redis)
    {
        var statistics = (await redis.AskAsync("INFO commandstats")).Split('\n');
        var published = statistics.SingleOrDefault(line => line.StartsWith("cmdstat_publish:", StringComparison.Ordinal));
        return published is null ? 0 : long.Parse(published.Split('=', ',')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>What was logged.</summary>
    sealed class Lines : ILogger<NodeBus>
    {
        internal ConcurrentQueue<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
            => Written.Enqueue($"{format(state, exception)} {exception}");
    }

    /// <summary>A wire that can lose what others send while it brings back what this server sends.</summary>
    sealed class TornWire(INodeTransport whole) : INodeTransport
    {
        readonly HashSet<Guid> _own = [];
        volatile bool _isTorn;

        public string Advice => whole.Advice;

        internal void TearOff() => _isTorn = true;

        internal void Mend() => _isTorn = false;

        public Task ListenAsync(Action begun, Action<ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken)
            => whole.ListenAsync(
                begun,
                packet =>
                {
                    lock (_own)
                    {
                        if (_isTorn && !_own.Contains(NodePacket.Read(packet)!.From))
                            return;
                    }

                    heard(packet);
                },
                cancellationToken);

        public Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
        {
            lock (_own)
                _own.Add(NodePacket.Read(packet)!.From);
            return whole.SendAsync(packet, cancellationToken);
        }
    }
}
