using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Tests.Platform.Changes;

/// <summary>What consumers of the change stream hear, and what it leaves in PostgreSQL.</summary>
public sealed class ChangeStreamTests(EvolvCluster cluster)
{
    const string Things = "create table things (id int primary key); create publication supabase_realtime for table things;";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_of_a_transaction_come_together_at_its_commit()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await using (var owner = await database.OpenOwnerAsync())
        {
            await using var first = await owner.BeginTransactionAsync(Token);
            await using var insert = new NpgsqlCommand("insert into things values (1); insert into things values (2)", owner);
            await insert.ExecuteNonQueryAsync(Token);
            await database.ExecuteAsync("insert into things values (3)");
            await first.CommitAsync(Token);
        }

        await database.ExecuteAsync("begin; insert into things values (4); rollback; insert into things values (5)");
        var transactions = new[] { await listening.NextChangesAsync(), await listening.NextChangesAsync(), await listening.NextChangesAsync() };

        Assert.Equal([["3"], ["1", "2"], ["5"]], transactions.Select(changes => changes.Select(change => change.New[0].Text)));
        Assert.Single(transactions[1].Select(change => (change.Lsn, change.CommittedAt)).Distinct());
        var positions = transactions.Select(changes => changes[0].Lsn).ToArray();
        Assert.Equal(positions.Order(), positions);
        Assert.Equal((3, 4), (listening.Stream.Meters.Transactions, listening.Stream.Meters.Changes));
    }

    [Fact]
    public async Task Rows_that_many_write_at_once_come_in_the_order_of_commits()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Ticks.Schema);
        var ticks = new Ticks();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Ticks.WriteAsync(database, times: 60, Token)));

        await ticks.HearAllAsync(listening, database);
    }

    [Fact]
    public async Task Large_transaction_comes_in_parts()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync("insert into things select generate_series(1, 25000)");
        await database.ExecuteAsync("insert into things values (0)");
        var parts = new[] { await listening.NextChangesAsync(), await listening.NextChangesAsync(), await listening.NextChangesAsync() };

        Assert.Equal([10_000, 10_000, 5_000], parts.Select(part => part.Length));
        Assert.Equal(
            Enumerable.Range(1, 25_000).Select(id => $"{id}"),
            parts.SelectMany(part => part).Select(change => change.New[0].Text));
        Assert.Single(parts.Select(part => part[0].Lsn).Distinct());
        Assert.Equal("0", (await listening.NextChangeAsync()).New[0].Text);
    }

    [Fact]
    public async Task Table_is_heard_from_when_it_is_added_to_the_publication_until_it_is_removed()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things + "create table others (id int primary key);");

        await database.ExecuteAsync("insert into others values (1)");
        await database.ExecuteAsync("alter publication supabase_realtime add table others");
        await database.ExecuteAsync("insert into others values (2)");
        await database.ExecuteAsync("alter publication supabase_realtime drop table others");
        await database.ExecuteAsync("insert into others values (3)");
        await database.ExecuteAsync("insert into things values (4)");

        Assert.Equal(("others", "2"), NameAndId(await listening.NextChangeAsync()));
        Assert.Equal(("things", "4"), NameAndId(await listening.NextChangeAsync()));
    }

    [Fact]
    public async Task Both_publications_are_read_and_a_missing_one_is_no_harm()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things + "create table messages (id int primary key);");

        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal(("things", "1"), NameAndId(await listening.NextChangeAsync()));
        await database.ExecuteAsync("create publication supabase_realtime_messages_publication for table messages");
        await listening.WaitForAsync<ChangeEvent.Streaming>(); // It begins again with both, within seconds.

        await database.ExecuteAsync("insert into messages values (2)");
        await database.ExecuteAsync("insert into things values (3)");
        Assert.Equal(("messages", "2"), NameAndId(await listening.NextChangeAsync()));
        Assert.Equal(("things", "3"), NameAndId(await listening.NextChangeAsync()));
    }

    [Fact]
    public async Task Without_any_publication_it_waits_and_holds_nothing()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync("drop publication supabase_realtime");
        var gap = Assert.IsType<ChangeEvent.Gap>(await listening.NextAsync());
        Assert.Equal("nothing is published any more", gap.Reason);
        Assert.False(listening.Stream.IsStreaming);
        Assert.Equal(0, await CountSlotsAsync(database));

        await database.ExecuteAsync("create publication supabase_realtime for table things");
        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        Assert.True(listening.Stream.IsStreaming);
        await database.ExecuteAsync("insert into things values (1)");
        Assert.Equal(("things", "1"), NameAndId(await listening.NextChangeAsync()));
    }

    [Fact]
    public async Task Publication_that_is_dropped_and_made_again_is_read_on()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);

        await database.ExecuteAsync("drop publication supabase_realtime");
        await database.ExecuteAsync("insert into things values (1)");
        await database.ExecuteAsync("create publication supabase_realtime for table things");
        await database.ExecuteAsync("insert into things values (2)");

        // Depending on when it looks: without having noticed (PostgreSQL 18), or after a gap.
        while (await listening.NextAsync() is var happened)
        {
            if (happened is ChangeEvent.Gap)
            {
                await listening.WaitForAsync<ChangeEvent.Streaming>();
                await database.ExecuteAsync("insert into things values (3)");
            }
            else if (happened is ChangeEvent.Committed { Changes: [var change] })
            {
                Assert.Contains(change.New[0].Text, new[] { "2", "3" });
                return;
            }
        }
    }

    [Fact]
    public async Task Who_reads_too_slowly_gets_a_gap_and_the_others_get_everything()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);
        using var slow = listening.Stream.Open("the slow one", capacity: 5);

        for (var id = 1; id <= 8; id++)
            await database.ExecuteAsync($"insert into things values ({id})");
        for (var id = 1; id <= 8; id++)
            Assert.Equal(("things", $"{id}"), NameAndId(await listening.NextChangeAsync()));

        // Opened while it streams: told at once. Then five fit with that, and the rest came after the gap.
        var gap = Assert.IsType<ChangeEvent.Gap>(await slow.Events.ReadAsync(Token));
        Assert.Contains("too slowly", gap.Reason, StringComparison.Ordinal);
        Assert.IsType<ChangeEvent.Streaming>(await slow.Events.ReadAsync(Token));
        await database.ExecuteAsync("insert into things values (9)");
        string? last;
        do
            last = Assert.IsType<ChangeEvent.Committed>(await slow.Events.ReadAsync(Token)).Changes[0].New[0].Text;
        while (last != "9");
    }

    [Fact]
    public async Task Consumer_ends_with_its_disposal_and_with_the_stream()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var listening = await ListeningStream.StartAsync(database, Things);
        var closed = listening.Stream.Open("closed");
        Assert.IsType<ChangeEvent.Streaming>(await closed.Events.ReadAsync(Token));

        closed.Dispose();
        await closed.Events.Completion;
        await listening.DisposeAsync();
        await listening.Reader.Events.Completion;

        Assert.False(listening.Stream.IsStreaming);
    }

    [Fact]
    public async Task Slot_is_dropped_when_the_server_stops()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Things);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging().AddSingleton(TimeProvider.System).AddSingleton(Options.Create(new ServerOptions()))
            .AddSingleton(database.Connections).AddSingleton(database.Database).AddChanges();
        using var host = builder.Build();
        await host.StartAsync(Token);
        var stream = host.Services.GetRequiredService<ChangeStream>();
        await Eventually.IsTrueAsync(() => Task.FromResult(stream.IsStreaming));
        Assert.Equal(1, await CountSlotsAsync(database));

        await host.StopAsync(Token);

        Assert.Equal(0, await CountSlotsAsync(database));
    }

    [Fact]
    public async Task Slots_of_dead_servers_are_dropped_at_the_second_look()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things);
        var (own, dead) = (new ReplicationSlot(database.Connections), new ReplicationSlot(database.Connections));
        await own.CreateAsync(Token);
        await dead.CreateAsync(Token);
        await database.ExecuteAsync("select pg_create_logical_replication_slot('of_somebody_else', 'pgoutput')");

        Assert.Empty(await own.SweepAsync(Token));
        Assert.Equal([dead.Name], await own.SweepAsync(Token));

        var left = await database.ScalarAsync<string[]>(
            "select array(select slot_name::text from pg_replication_slots where database = current_database())");
        Assert.Equal(new[] { own.Name, listening.Stream.SlotName, "of_somebody_else" }.Order(), left.Order());
        await own.DropAsync(Token);
        await database.ExecuteAsync("select pg_drop_replication_slot('of_somebody_else')");
    }

    [Fact]
    public async Task Log_is_not_held_while_only_tables_are_written_that_nobody_publishes()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things + "create table others (text text);");

        await database.ExecuteAsync("insert into others select repeat(md5(i::text), 20) from generate_series(1, 20000) i");
        var written = await database.ScalarAsync<string>("select pg_current_wal_insert_lsn()::text");

        await Eventually.IsTrueAsync(() => database.ScalarAsync<bool>(
            $"select confirmed_flush_lsn >= '{written}' from pg_replication_slots where slot_name = '{listening.Stream.SlotName}'"));
        Assert.Equal(0, listening.Stream.Meters.Changes);
    }

    [Fact]
    public async Task Slow_consumer_does_not_hold_the_log()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, Things); // Reads nothing from here on.

        await database.ExecuteAsync("insert into things select generate_series(1, 20000)");
        var written = await database.ScalarAsync<string>("select pg_current_wal_insert_lsn()::text");

        await Eventually.IsTrueAsync(() => database.ScalarAsync<bool>(
            $"select confirmed_flush_lsn >= '{written}' from pg_replication_slots where slot_name = '{listening.Stream.SlotName}'"));
        await Eventually.IsTrueAsync(() => Task.FromResult(listening.Stream.Meters.Lag == TimeSpan.Zero));
    }

    [Fact]
    public async Task Database_of_somebody_else_gets_no_slot()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Things);
        await using var listening = await ListeningStream.BeginAsync(database, migrate: false);

        await listening.Stream.ExecuteTask!;

        Assert.Equal(0, await CountSlotsAsync(database));
        Assert.False(listening.Stream.IsStreaming);
    }

    [Fact]
    public async Task Login_that_may_replicate_needs_no_other_right()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Things);
        await using var restricted = await RestrictedAsync(database, "replication");

        await using (var listening = await ListeningStream.BeginAsync(restricted))
        {
            await listening.WaitForAsync<ChangeEvent.Streaming>();
            await database.ExecuteAsync("insert into things values (1)");
            Assert.Equal(("things", "1"), NameAndId(await listening.NextChangeAsync()));
        }

        Assert.Equal(0, await CountSlotsAsync(database));
    }

    [Fact]
    public async Task Login_that_may_not_replicate_is_complained_about_once_and_the_server_runs_on()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Things);
        await using var restricted = await RestrictedAsync(database, "noreplication");
        var log = new LogLines();

        await using var listening = await ListeningStream.BeginAsync(restricted, logger: log);
        await Eventually.IsTrueAsync(() => Task.FromResult(!log.Lines.IsEmpty));

        var line = Assert.Single(log.Lines);
        Assert.Contains("alter role", line, StringComparison.Ordinal);
        Assert.False(listening.Stream.ExecuteTask!.IsCompleted);
    }

    [Fact]
    public async Task Server_stops_while_an_open_transaction_keeps_it_from_beginning()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Things);
        await using var owner = await database.OpenOwnerAsync();
        await using var open = await owner.BeginTransactionAsync(Token);
        await using (var insert = new NpgsqlCommand("insert into things values (1)", owner))
            await insert.ExecuteNonQueryAsync(Token);
        var listening = await ListeningStream.BeginAsync(database);
        await Eventually.IsTrueAsync(async () => await CountSlotsAsync(database) == 1); // In the making.
        Assert.False(listening.Stream.IsStreaming);

        await listening.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token);

        await Eventually.IsTrueAsync(async () => await CountSlotsAsync(database) == 0);
    }

    static async Task<TestDatabase> RestrictedAsync(TestDatabase database, string right)
    {
        var (role, password) = ($"owner_{Guid.NewGuid():N}", $"{Guid.NewGuid():N}");
        await database.ExecuteAsync($"create role {role} login {right} password '{password}'");
        var owner = new NpgsqlConnectionStringBuilder(database.Connections.Owner.ConnectionString) { Username = role, Password = password };
        return new TestDatabase(
            ConnectionStrings.From(new DatabaseOptions(), owner, hasOurRoles: false), () => database.ExecuteAsync($"drop role {role}"));
    }

    static (string Table, string? Id) NameAndId(Change change) => (change.Table.Name, change.New[0].Text);

    static async Task<long> CountSlotsAsync(TestDatabase database)
        => await database.ScalarAsync<long>("select count(*) from pg_replication_slots where database = current_database()");
}
