using System.Net;
using System.Net.Sockets;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Nodes;
using Evolv.Platform.Redis;
using Evolv.Platform.Settings;
using Evolv.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>Which wire the settings choose.</summary>
public sealed class NodesModuleTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Servers_meet_through_Redis_when_it_is_set_and_through_PostgreSQL_when_not()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var redis = await RedisProcess.StartAsync();
        await using var first = Build(database.Connections, ("Redis:ConnectionString", redis.ConnectionString));
        await using var second = Build(database.Connections, ("Redis:ConnectionString", redis.ConnectionString));
        await using var third = Build(database.Connections);
        await using var fourth = Build(database.Connections);
        NodeBus[] buses = [.. new[] { first, second, third, fourth }.Select(services => services.GetRequiredService<NodeBus>())];

        foreach (var bus in buses)
            await bus.StartAsync(Token);
        foreach (var bus in buses)
            await TestNode.UntilAsync(() => bus.Peers.Count == 1);

        Assert.Equal([buses[1].Id, buses[0].Id, buses[3].Id, buses[2].Id], buses.Select(bus => bus.Peers.Single()));
        foreach (var bus in buses)
            await bus.StopAsync(Token);
    }

    [Fact]
    public async Task Server_of_a_foreign_database_has_no_peers_and_connects_to_nothing()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        var connections = ConnectionStrings.From(
            new DatabaseOptions(), new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = "any", Password = "any" }, hasOurRoles: false);
        await using var services = Build(connections, ("Migrate", "false"), ("Redis:ConnectionString", $"127.0.0.1:{port}"));
        var bus = services.GetRequiredService<NodeBus>();

        await bus.StartAsync(Token);
        bus.Publish("test", "hello"u8.ToArray());
        await bus.ExecuteTask!;
        await bus.StopAsync(Token);

        Assert.Empty(bus.Peers);
        Assert.False(nobody.Pending());
    }

    static ServiceProvider Build(ConnectionStrings connections, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSettings<ServerOptions, ServerOptions.Validator>(ServerOptions.Section)
            .AddSingleton(connections)
            .AddSingleton(NpgsqlDataSource.Create(connections.Pool))
            .AddSingleton<Database>()
            .AddSingleton<NotificationListener>()
            .AddRedis(configuration)
            .AddNodes()
            .BuildServiceProvider();
    }
}
