using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Realtime;

/// <summary><c>realtime.upkeep</c>: messages are kept for 72 hours, in partitions of a day.</summary>
public sealed class UpkeepTests(EvolvCluster cluster)
{
    // Names of partitions with days as distances from today.
    const string Partitions =
        """
        select string_agg(
            case when relname = 'messages_default' then 'default' else (to_date(right(relname, 10), 'YYYY_MM_DD') - (now() at time zone 'utc')::date)::text end,
            ' ' order by relname)
        from pg_inherits
        join pg_class c on c.oid = inhrelid
        where inhparent = 'realtime.messages'::regclass
        """;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Partitions_of_the_next_days_are_there_and_those_of_old_days_go()
    {
        await using var database = await CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            do $$
            declare
                today constant date := now() at time zone 'utc';
            begin
                for ago in 1..6 loop
                    execute format('create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
                        'messages_' || to_char(today - ago, 'YYYY_MM_DD'), today - ago, today - ago + 1);
                end loop;
                execute format('drop table realtime.%I', 'messages_' || to_char(today + 3, 'YYYY_MM_DD'));
            end
            $$;
            """);
        Assert.Equal("-6 -5 -4 -3 -2 -1 0 1 2 default", await database.ScalarAsync<string>(Partitions));

        await KeepUpAsync(database, Caller.Service);

        Assert.Equal("-3 -2 -1 0 1 2 3 default", await database.ScalarAsync<string>(Partitions));
    }

    [Fact]
    public async Task Message_of_a_day_without_a_partition_is_kept_as_long_as_others()
    {
        await using var database = await CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            do $$ begin execute format('drop table realtime.%I', 'messages_' || to_char(now() at time zone 'utc', 'YYYY_MM_DD')); end $$;
            insert into realtime.messages (topic, extension, inserted_at)
            select 'room', 'broadcast', (now() at time zone 'utc') - ago * interval '1 hour' from unnest(array[0, 71, 73, 1000]) ago;
            """);

        await KeepUpAsync(database, Caller.Service);
        await KeepUpAsync(database, Caller.Service);

        // Today's message is where it was, so today's partition cannot be made.
        Assert.Equal("1 2 3 default", await database.ScalarAsync<string>(Partitions));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from realtime.messages"));
        await database.ExecuteAsync("select realtime.send('{}', 'event', 'room')");
        Assert.Equal(3, await database.ScalarAsync<long>("select count(*) from realtime.messages_default"));
    }

    [Fact]
    public async Task Four_servers_at_once_do_not_disturb_each_other()
    {
        await using var database = await CreateDatabaseAsync();
        await database.ExecuteAsync(
            "do $$ begin execute format('drop table realtime.%I', 'messages_' || to_char((now() at time zone 'utc') + interval '3 days', 'YYYY_MM_DD')); end $$");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => KeepUpAsync(database, Caller.Service)));

        Assert.Equal("0 1 2 3 default", await database.ScalarAsync<string>(Partitions));
    }

    [Fact]
    public async Task Who_is_in_the_way_makes_it_give_up_soon()
    {
        await using var database = await CreateDatabaseAsync();
        await database.ExecuteAsync(
            "do $$ begin execute format('drop table realtime.%I', 'messages_' || to_char((now() at time zone 'utc') + interval '3 days', 'YYYY_MM_DD')); end $$");
        await using var reader = await database.OpenOwnerAsync();
        await using var transaction = await reader.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("select count(*) from realtime.messages", reader, transaction))
            await command.ExecuteScalarAsync(Token);

        await using var session = await database.Database.BeginAsync(Caller.Service, Token);
        await session.ExecuteAsync($"set local lock_timeout = 0", Token); // It has its own.
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => session.ExecuteAsync($"select realtime.upkeep()", Token));

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refusal.SqlState);
    }

    [Fact]
    public async Task Nobody_else_calls_it_and_nobody_reaches_a_partition_by_its_name()
    {
        await using var database = await CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await KeepUpAsync(database, Caller.Service);
        var partitions = await database.ScalarAsync<string[]>(
            "select array_agg(inhrelid::regclass::text) from pg_inherits where inhparent = 'realtime.messages'::regclass");

        foreach (var caller in new[] { Caller.Anonymous, ada })
            await database.AssertRefusedAsync(caller, $"select realtime.upkeep()");
        foreach (var caller in new[] { Caller.Anonymous, ada, Caller.Service })
            foreach (var partition in partitions)
            {
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"select from {partition}"));
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"insert into {partition} (topic, extension) values ('room', 'broadcast')"));
            }

        Assert.Equal(5, partitions.Length);
        Assert.True(await database.ScalarAsync<bool>(
            "select bool_and(relrowsecurity) from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'realtime.messages'::regclass"));
    }

    // As if installed now: the template may be of yesterday.
    async Task<TestDatabase> CreateDatabaseAsync()
    {
        var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            do $$
            declare
                partition regclass;
            begin
                for partition in select inhrelid from pg_inherits where inhparent = 'realtime.messages'::regclass loop
                    if partition <> 'realtime.messages_default'::regclass then
                        execute format('drop table %s', partition);
                    end if;
                end loop;
            end
            $$;
            select realtime.upkeep();
            """);
        return database;
    }

    static Task<string> KeepUpAsync(TestDatabase database, Caller caller) => database.ScalarAsync<string>(caller, $"select realtime.upkeep()::text");
}
