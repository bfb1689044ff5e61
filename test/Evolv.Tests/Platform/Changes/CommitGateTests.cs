using Evolv.Platform.Changes;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Changes;

public sealed class CommitGateTests(EvolvCluster cluster)
{
    static readonly ChangeEvent Nothing = new ChangeEvent.Committed([]);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("100:100:", 99, true)]
    [InlineData("100:100:", 100, false)]
    [InlineData("98:101:98,100", 99, true)]
    [InlineData("98:101:98,100", 98, false)]
    [InlineData("98:101:98,100", 100, false)]
    [InlineData("8589934590:8589934594:8589934592", 1, true)] // 2 * 2^32 + 1: the numbers have gone round
    [InlineData("8589934590:8589934594:8589934592", 0, false)]
    [InlineData("8589934590:8589934594:8589934592", 4294967295, true)]
    public void A_snapshot_sees_what_was_done_before_it(string snapshot, uint transaction, bool sees)
        => Assert.Equal(sees, CommitGate.Snapshot.Parse(snapshot).Sees(transaction));

    [Fact]
    public async Task What_others_do_not_see_yet_waits_and_keeps_its_place()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var open = await database.OpenOwnerAsync();
        await using var transaction = await open.BeginTransactionAsync(Token);
        var running = await NumberAsync(open);
        await using var other = await database.OpenOwnerAsync();
        var done = await NumberAsync(other);
        var handedOver = System.Threading.Channels.Channel.CreateUnbounded<ChangeEvent>();
        var gate = new CommitGate(database.Database, changes => handedOver.Writer.TryWrite(changes), TimeProvider.System);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var passing = gate.RunAsync(ending.Token);

        await gate.AddAsync(done, Nothing, Token);
        await gate.AddAsync(running, Nothing, Token);
        await gate.AddAsync(done, Nothing, Token);
        await handedOver.Reader.ReadAsync(Token);
        await Task.Delay(50, Token); // It looks every millisecond.
        var before = handedOver.Reader.Count;
        await transaction.CommitAsync(Token);
        await handedOver.Reader.ReadAsync(Token);
        await handedOver.Reader.ReadAsync(Token);

        Assert.Equal(0, before);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => passing);
    }

    static async Task<uint> NumberAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select pg_current_xact_id()::text::bigint", connection);
        return (uint)(long)(await command.ExecuteScalarAsync(Token))!;
    }
}
