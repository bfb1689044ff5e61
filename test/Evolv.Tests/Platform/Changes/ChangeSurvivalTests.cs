using System.Diagnostics;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Changes;

/// <summary>The change stream while what it stands on fails.</summary>
public sealed class ChangeSurvivalTests(EvolvCluster cluster)
{
    const string Things = "create table things (id int primary key); create publication supabase_realtime for table things;";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_or_doubled_while_its_connection_is_ended_again_and_again()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Ticks.Schema);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Ticks.WriteAsync(database, times: int.MaxValue, stop.Token)).ToArray();

        for (var round = 0; round < 12; round++)
        {
            await Eventually.IsTrueAsync(() => database.ScalarAsync<bool>(
                """
                select coalesce(bool_or(pg_terminate_backend(active_pid)), false)
                from pg_replication_slots where database = current_database() and active
                """));
            await Task.Delay(Random.Shared.Next(50, 300), Token);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await new Ticks().HearAllAsync(listening, database);
    }

    [Fact]
    public async Task Large_transaction_that_is_interrupted_comes_once()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync("insert into things select generate_series(1, 60000)");
        var ids = new List<string?>(await Ids());
        await database.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots where database = current_database() and active");
        while (ids.Count < 60_000)
            ids.AddRange(await Ids());
        await database.ExecuteAsync("insert into things values (0)");

        Assert.Equal(Enumerable.Range(1, 60_000).Select(id => $"{id}"), ids);
        Assert.Equal(["0"], await Ids());

        async Task<IEnumerable<string?>> Ids()
        {
            while (true)
            {
                var happened = await listening.NextAsync();
                Assert.IsNotType<ChangeEvent.Gap>(happened);
                if (happened is ChangeEvent.Committed committed)
                    return committed.Changes.Select(change => change.New[0].Text);
            }
        }
    }

    [Fact]
    public async Task Lost_connection_is_back_within_two_seconds_without_a_gap()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots where database = current_database() and active");
        await database.ExecuteAsync("insert into things values (1)");
        var started = Stopwatch.GetTimestamp();

        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "usually 0.3 s");
    }

    [Theory]
    [InlineData("KILL")] // At once, and the others notice.
    [InlineData("INT")] // An orderly restart, which waits until all was read.
    public async Task Nothing_is_lost_or_doubled_when_PostgreSQL_is_restarted(string signal)
    {
        await using var own = await PrivateCluster.StartAsync();
        await using var database = await own.CreateDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Ticks.Schema);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Ticks.WriteAsync(database, times: int.MaxValue, stop.Token)).ToArray();

        for (var round = 0; round < 2; round++)
        {
            await Task.Delay(500, Token);
            await PrivateCluster.SignalAsync(signal, own.PostmasterId);
            await Eventually.IsTrueAsync(() => Task.FromResult(!listening.Stream.IsStreaming));
            await Eventually.IsTrueAsync(() => Task.FromResult(listening.Stream.IsStreaming));
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await new Ticks().HearAllAsync(listening, database);
    }

    [Fact]
    public async Task Lost_slot_is_made_anew_within_five_seconds_and_consumers_are_told_of_the_gap()
    {
        await using var own = await PrivateCluster.StartAsync();
        await using var administration = own.Administration;
        await LimitLogAsync(administration);
        await using var database = await own.CreateDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        // Nobody gets in, as if the server could not reach PostgreSQL for a while.
        await administration.ExecuteAsync("alter database test allow_connections false");
        await administration.ExecuteAsync("select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active");
        await WriteLogAsync(administration);
        Assert.Equal("lost", await administration.ScalarAsync<string>("select wal_status from pg_replication_slots"));
        await administration.ExecuteAsync("alter database test allow_connections true");

        await AssertGapIsOverAsync(listening, administration);
        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
    }

    [Fact]
    public async Task Slot_that_is_lost_while_it_is_read_is_made_anew()
    {
        await using var own = await PrivateCluster.StartAsync();
        await using var administration = own.Administration;
        await LimitLogAsync(administration);
        await using var database = await own.CreateDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        // A sender that hangs, as one does whose network takes nothing.
        var sender = await administration.ScalarAsync<int>("select active_pid from pg_replication_slots");
        await PrivateCluster.SignalAsync("STOP", sender);
        var writing = WriteLogAsync(administration); // Its checkpoint ends the sender, once that can hear it.
        await Eventually.IsTrueAsync(() => administration.ScalarAsync<bool>("select wal_status in ('unreserved', 'lost') from pg_replication_slots"));
        await PrivateCluster.SignalAsync("CONT", sender);
        await writing;

        await AssertGapIsOverAsync(listening, administration);
        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
    }

    [Fact]
    public async Task Slot_that_somebody_drops_is_made_anew()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync(
            """
            select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where database = current_database() and active;
            select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database();
            """);

        var gap = Assert.IsType<ChangeEvent.Gap>(await listening.NextAsync());
        Assert.Equal("the replication slot is gone", gap.Reason);
        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
    }

    [Fact]
    public async Task Change_that_PostgreSQL_cannot_decode_is_passed_over_with_a_gap()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            "create table things (id int primary key); create publication supabase_realtime for table things where (10 / id > 0);");

        await database.ExecuteAsync("insert into things values (0)"); // The filter divides by zero, at every try.

        var gap = await listening.NextAsync();
        while (gap is ChangeEvent.Streaming)
            gap = await listening.NextAsync();
        Assert.Equal("the log could not be read on", Assert.IsType<ChangeEvent.Gap>(gap).Reason);
        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
    }

    [Fact]
    public async Task Dead_network_is_noticed_and_nothing_is_lost()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var owner = new NpgsqlConnectionStringBuilder(database.Connections.Owner.ConnectionString);
        await using var wire = new Wire(owner.Port);
        owner.Port = wire.Port;
        await using var behindWire = new TestDatabase(
            ConnectionStrings.From(new DatabaseOptions(), owner, hasOurRoles: false), () => Task.CompletedTask);
        await using var listening = await ListeningStream.StartAsync(behindWire, Things);

        wire.Cut();
        await database.ExecuteAsync("insert into things values (1)");
        var started = Stopwatch.GetTimestamp();

        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20)); // 10 s on a quiet machine
    }

    [Fact]
    public async Task Server_without_logical_log_is_complained_about_once_and_the_stream_waits()
    {
        await using var own = await PrivateCluster.StartAsync();
        await using var database = await own.CreateDatabaseAsync();
        await database.ExecuteAsync("alter system set wal_level = replica");
        await PrivateCluster.SignalAsync("INT", own.PostmasterId);
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                return await database.ScalarAsync<string>("show wal_level") == "replica";
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
        var log = new LogLines();

        await using var listening = await ListeningStream.BeginAsync(database, logger: log);
        await Eventually.IsTrueAsync(() => Task.FromResult(!log.Lines.IsEmpty));

        var line = Assert.Single(log.Lines);
        Assert.Contains("alter system set wal_level = logical", line, StringComparison.Ordinal);
        Assert.False(listening.Stream.ExecuteTask!.IsCompleted);
    }

    static async Task LimitLogAsync(TestDatabase administration)
    {
        await administration.ExecuteAsync("alter system set max_slot_wal_keep_size = '32MB'");
        // Else the log is kept for other reasons than a slot.
        await administration.ExecuteAsync("alter system set max_wal_size = '64MB'");
        await administration.ExecuteAsync("alter system set min_wal_size = '32MB'");
        await administration.ExecuteAsync("select pg_reload_conf()");
    }

    // A segment has 16 MB, whether it is full or not.
    static async Task WriteLogAsync(TestDatabase administration)
    {
        await administration.ExecuteAsync("create table filler (i int)");
        for (var segment = 0; segment < 8; segment++)
        {
            await administration.ExecuteAsync("insert into filler values (1)");
            await administration.ExecuteAsync("select pg_switch_wal()");
        }

        await administration.ExecuteAsync("checkpoint");
    }

    static async Task AssertGapIsOverAsync(ListeningStream listening, TestDatabase administration)
    {
        var started = Stopwatch.GetTimestamp();
        var gap = await listening.NextAsync();
        // The sender may have been started once more before its slot was given up.
        if (gap is ChangeEvent.Streaming)
            gap = await listening.NextAsync();
        Assert.Contains("max_slot_wal_keep_size", Assert.IsType<ChangeEvent.Gap>(gap).Reason, StringComparison.Ordinal);
        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.True(await administration.ScalarAsync<bool>("select count(*) = 1 and bool_and(active) and bool_and(wal_status = 'reserved') from pg_replication_slots"));
    }
}
