using System.Diagnostics;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Schema;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Tests.Rest;

public sealed class SchemaWatcherTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_of_the_schema_is_seen_without_being_told()
    {
        await using var watched = await Watched.StartAsync(cluster);
        Assert.False(watched.Knows("news"));

        await watched.Database.ExecuteAsync("create table public.news (id int primary key)");
        await UntilAsync(() => watched.Knows("news"));
        await watched.Database.ExecuteAsync("alter table public.news add title text");
        await UntilAsync(() => watched.Snapshots.Current.Schema!.Tables[Name("news")].FindColumn("title") is not null);
        await watched.Database.ExecuteAsync("drop table public.news");
        await UntilAsync(() => !watched.Knows("news"));
    }

    [Fact]
    public async Task What_nobody_but_its_session_sees_tells_nothing()
    {
        await using var watched = await Watched.StartAsync(cluster);
        await using var owner = await watched.Database.OpenOwnerAsync();
        var heard = new List<string>();
        owner.Notification += (_, notification) => heard.Add(notification.Payload);

        await using (var command = new NpgsqlCommand(
            "listen pgrst; create temp table passing (id int primary key, name text default 'x'); create temp view shown as select * from passing; "
            + "drop view shown; drop table passing; create table public.lasting (id int)", owner))
            await command.ExecuteNonQueryAsync(Token);
        await owner.WaitAsync(TimeSpan.FromSeconds(5), Token);

        Assert.Equal(["reload schema"], heard);
    }

    [Fact]
    public async Task A_request_keeps_the_snapshot_it_started_with()
    {
        await using var watched = await Watched.StartAsync(cluster);
        var before = watched.Snapshots.Current;

        await watched.Database.ExecuteAsync("create table public.news (id int)");
        await UntilAsync(() => watched.Knows("news"));

        Assert.DoesNotContain(Name("news"), before.Schema!.Tables.Keys);
    }

    [Fact]
    public async Task Stored_settings_are_read_when_told_and_the_schema_only_if_it_depends_on_them()
    {
        await using var watched = await Watched.StartAsync(cluster);
        var name = await watched.Database.ScalarAsync<string>("select current_database()::text");
        var before = watched.Snapshots.Current;

        await watched.Database.ExecuteAsync($"alter role authenticator in database {name} set pgrst.db_max_rows = '7'; notify pgrst, 'reload config'");
        await UntilAsync(() => watched.Snapshots.Current.Config.MaxRows == 7);

        Assert.Same(before.Schema, watched.Snapshots.Current.Schema);

        await watched.Database.ExecuteAsync($"alter role authenticator in database {name} set pgrst.db_schemas = 'auth'; notify pgrst, 'reload config'");
        await UntilAsync(() => watched.Snapshots.Current.Config.Schemas is ["auth"]);

        Assert.All(watched.Snapshots.Current.Schema!.Tables.Keys, table => Assert.Equal("auth", table.Schema));
    }

    // The reload is held up by a lock that a view's updatability needs; the second change comes while it waits.
    [Fact]
    public async Task What_is_told_during_a_reload_is_not_lost()
    {
        await using var watched = await Watched.StartAsync(cluster);
        await watched.Database.ExecuteAsync("create view public.slow as select 1 as one");
        await UntilAsync(() => watched.Knows("slow"));
        await using var owner = await watched.Database.OpenOwnerAsync();
        await using var transaction = await owner.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("lock table public.slow in access exclusive mode", owner, transaction))
            await command.ExecuteNonQueryAsync(Token);

        await watched.Database.ExecuteAsync("notify pgrst");
        await UntilAsync(async () => await watched.Database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1);
        var during = watched.Snapshots.Current;
        await watched.Database.ExecuteAsync("create table public.late (id int)");
        for (var i = 0; i < 50; i++)
            await watched.Database.ExecuteAsync("notify pgrst, 'reload schema'");
        Assert.Same(during, watched.Snapshots.Current);
        await transaction.RollbackAsync(Token);

        await UntilAsync(() => watched.Knows("late"));
    }

    [Fact]
    public async Task A_lost_connection_is_opened_again_and_what_was_missed_is_read()
    {
        await using var watched = await Watched.StartAsync(cluster);

        await watched.Database.ExecuteAsync(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'evolv-listener';
            alter event trigger pgrst_ddl_watch disable;
            create table public.missed (id int);
            """);

        await UntilAsync(() => watched.Knows("missed"));
    }

    [Fact]
    public async Task The_old_snapshot_serves_while_the_database_is_away()
    {
        await using var watched = await Watched.StartAsync(cluster);
        var name = await watched.Database.ScalarAsync<string>("select current_database()::text");
        await using var elsewhere = await cluster.CreateEmptyDatabaseAsync();

        await elsewhere.ExecuteAsync($"alter database {name} with allow_connections false");
        await elsewhere.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => watched.Snapshots.LoadAsync(Token));
        Assert.NotNull(watched.Snapshots.Current.Schema);
        await elsewhere.ExecuteAsync($"alter database {name} with allow_connections true");
        await watched.Database.ExecuteAsync("create table public.after (id int)");

        await UntilAsync(() => watched.Knows("after"));
    }

    [Fact]
    public async Task Without_a_channel_the_schema_is_read_once()
    {
        await using var watched = await Watched.StartAsync(cluster, new RestOptions { DbChannelEnabled = false });

        await UntilAsync(() => watched.Snapshots.Current.Schema is not null);

        Assert.Equal(0L, await watched.Database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'evolv-listener'"));
    }

    [Fact]
    public async Task A_server_starts_without_a_schema_when_the_database_is_away()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var gone = new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString) { Port = 1 };
        await using var pool = NpgsqlDataSource.Create(gone);
        using var snapshots = Snapshots(new Database(pool), new RestOptions());
        using var watcher = Watcher(snapshots, database.Connections, new RestOptions());

        await watcher.LoadFirstAsync(Token);

        Assert.Null(snapshots.Current.Schema);
        Assert.Equal(["public"], snapshots.Current.Config.Schemas);
    }

    [Fact]
    public async Task Requests_are_told_to_come_back_until_the_schema_is_read()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var gone = new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString) { Port = 1 };
        await using var server = await EvolvServer.StartAsync(database, ("Database:PoolConnectionString", gone.ConnectionString));

        using var answer = await server.Keyless.GetAsync("/rest/v1/anything", Token);

        Assert.Equal((503, "1"), ((int)answer.StatusCode, answer.Headers.RetryAfter!.ToString()));
        Assert.Contains("PGRST002", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    static QualifiedName Name(string table) => new("public", table);

    static RestSnapshots Snapshots(Database database, RestOptions options)
        => new(database, Options.Create(options), TimeProvider.System, NullLogger<RestSnapshots>.Instance);

    static SchemaWatcher Watcher(RestSnapshots snapshots, ConnectionStrings connections, RestOptions options)
        => new(snapshots, new NotificationListener(connections), Options.Create(options), TimeProvider.System, NullLogger<SchemaWatcher>.Instance);

    static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "it did not happen");
            await Task.Delay(20, Token);
        }
    }

    /// <summary>A watcher at work over a database of its own.</summary>
    sealed class Watched(TestDatabase database, RestSnapshots snapshots, SchemaWatcher watcher) : IAsyncDisposable
    {
        internal TestDatabase Database => database;

        internal RestSnapshots Snapshots => snapshots;

        internal static async Task<Watched> StartAsync(EvolvCluster cluster, RestOptions? options = null)
        {
            var database = await cluster.CreateDatabaseAsync();
            var snapshots = SchemaWatcherTests.Snapshots(database.Database, options ?? new RestOptions());
            var watched = new Watched(database, snapshots, Watcher(snapshots, database.Connections, options ?? new RestOptions()));
            await watched.StartAsync();
            return watched;
        }

        internal bool Knows(string table) => snapshots.Current.Schema?.Tables.ContainsKey(Name(table)) == true;

        async Task StartAsync()
        {
            await watcher.StartAsync(Token);
            // Listening begins with a reload; wait for both, so that a test sees only what it causes.
            await UntilAsync(() => snapshots.Current.Schema is not null);
        }

        public async ValueTask DisposeAsync()
        {
            await watcher.StopAsync(CancellationToken.None);
            watcher.Dispose();
            snapshots.Dispose();
            await database.DisposeAsync();
        }
    }
}
