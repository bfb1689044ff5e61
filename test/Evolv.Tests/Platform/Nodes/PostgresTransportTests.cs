using Evolv.Platform.Nodes;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>Every role can notify and listen; only servers are believed, and only servers understand.</summary>
public sealed class PostgresTransportTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stranger_with_SQL_can_neither_read_nor_forge_nor_repeat_messages()
    {
        await using var nodes = await TestNodes.OverAsync(cluster, Wire.PostgreSQL);
        var (node, other) = (await nodes.StartAsync(), await nodes.StartAsync());
        await node.SeesAsync(1);
        await other.SeesAsync(1);
        await using var stranger = await nodes.Database.OpenOwnerAsync();
        var overheard = new List<string>();
        stranger.Notification += (_, notification) => overheard.Add(notification.Payload);
        await ExecuteAsync(stranger, $"listen {PostgresTransport.Channel}");

        node.Say("a secret");
        await other.HearsAsync("a secret");
        await ExecuteAsync(stranger, "select 1"); // What was notified comes with the next answer.
        var heard = overheard.ToArray();
        var forged = new NodeSeal(new byte[32]).Close(NodePacket.Write(Guid.NewGuid(), NodeWords.Hello, [NodePacket.WriteMessage("test", "forged"u8)]));
        foreach (var payload in (string[])["", "forged", "Zm9yZ2Vk", new string('A', 7000), .. forged, .. heard])
            await ExecuteAsync(stranger, $"select pg_notify('{PostgresTransport.Channel}', '{payload}')");
        node.Say("the next");
        await other.HearsAsync("the next");

        Assert.NotEmpty(heard);
        Assert.DoesNotContain(heard, payload => Convert.FromBase64String(payload).AsSpan().IndexOf("secret"u8) >= 0);
        Assert.Equal(["a secret", "the next"], other.Heard.Select(heard => heard.Body));
        Assert.Equal([$"{node.Id} joined"], other.Events);
        Assert.Empty(node.Heard);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
