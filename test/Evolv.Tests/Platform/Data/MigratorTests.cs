using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Tests.Platform.Data;

public sealed class MigratorTests(EvolvCluster cluster)
{
    static readonly MigrationFile First = new("db/migrations/1_first.sql", "create table first (id int);\n");

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Four_servers_that_start_at_once_apply_each_file_once()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MigratorOf(database)
            .MigrateAsync(Migrator.Files, Migrator.ReferenceData, Token)));

        Assert.Equal(
            [.. Migrator.Files.Concat(Migrator.ReferenceData).Select(file => file.Name)],
            applied.SelectMany(names => names));
        Assert.Equal(11L, await database.ScalarAsync<long>("select count(*) from public.badges"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task A_second_run_applies_nothing_and_reference_data_can_be_applied_again()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        Assert.Empty(await MigratorOf(database).MigrateAsync(Migrator.Files, Migrator.ReferenceData, Token));
        foreach (var file in Migrator.ReferenceData)
            await database.ExecuteAsync(file.Text);

        Assert.Equal(11L, await database.ScalarAsync<long>("select count(*) from public.badges"));
        Assert.Equal(90L, await database.ScalarAsync<long>("select count(*) from public.level_definitions"));
        Assert.Equal(240L, await database.ScalarAsync<long>("select count(*) from public.skills"));
        Assert.Equal(178L, await database.ScalarAsync<long>("select count(*) from public.occupations"));
    }

    // Hosted Supabase may publish all tables; elsewhere the owner may not be allowed to publish any.
    [Theory]
    [InlineData("create publication supabase_realtime for all tables", 0)]
    [InlineData("select 1", 0)]
    [InlineData("create publication supabase_realtime with (publish = 'insert')", 13)]
    public async Task Migrations_take_the_publication_as_they_find_it(string make, long tables)
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var platform = Migrator.Files.Where(file => file.Name.StartsWith("db/platform/", StringComparison.Ordinal)).ToList();
        await MigratorOf(database).MigrateAsync(platform, [], Token);
        await database.ExecuteAsync($"drop publication supabase_realtime; {make};");

        await MigratorOf(database).MigrateAsync(Migrator.Files, [], Token);

        Assert.Equal(tables, await database.ScalarAsync<long>(
            "select count(*) from pg_publication_rel m join pg_publication p on p.oid = m.prpubid where p.pubname = 'supabase_realtime'"));
    }

    [Fact]
    public async Task A_failing_file_names_its_line_and_leaves_the_database_as_it_was()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var bad = new MigrationFile("db/migrations/2_bad.sql",
            """
            create table second (id int);

            -- A comment; with a semicolon.
            create function f() returns int language sql as $$ select 1; $$;

            insert into second
            values (1),
                   (nonsense);

            """);

        var refusal = await Assert.ThrowsAsync<SetupException>(() => MigratorOf(database).MigrateAsync([First, bad], [], Token));

        Assert.StartsWith("db/migrations/2_bad.sql:8: 42703 column \"nonsense\" does not exist", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("first", await database.ScalarAsync<string>("select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_proc where proname = 'f'"));

        // And it goes on from there once the file is corrected.
        var good = bad with { Text = bad.Text.Replace("nonsense", "2", StringComparison.Ordinal) };
        Assert.Equal([good.Name], await MigratorOf(database).MigrateAsync([First, new(good.Name, good.Text)], [], Token));
    }

    [Fact]
    public async Task A_file_that_was_changed_after_it_was_applied_is_refused()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await MigratorOf(database).MigrateAsync([First], [], Token);

        var refusal = await Assert.ThrowsAsync<SetupException>(() => MigratorOf(database).MigrateAsync(
            [new MigrationFile(First.Name, First.Text + "-- changed\n")], [], Token));

        Assert.StartsWith("db/migrations/1_first.sql was changed after this database applied it", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Owner_of_an_external_database_need_not_be_superuser()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var name = database.Connections.Owner.Database;
        // What hosted PostgreSQL gives: the database, and the right to make roles that one may hand on.
        await database.ExecuteAsync(
            $"""
            create role owner_of_{name} login createrole bypassrls password 'secret';
            grant anon, authenticated, service_role, supabase_auth_admin, authenticator to owner_of_{name} with admin option;
            alter database {name} owner to owner_of_{name};
            alter schema public owner to owner_of_{name}
            """);
        var owner = new NpgsqlConnectionStringBuilder(database.Connections.Owner.ConnectionString) { Username = $"owner_of_{name}", Password = "secret" };
        var connections = ConnectionStrings.From(new DatabaseOptions { PoolConnectionString = database.Connections.Pool.ConnectionString }, owner);

        await new Migrator(connections, NullLogger<Migrator>.Instance).MigrateAsync(Migrator.Files, Migrator.ReferenceData, Token);

        await database.AssertInvariantsAsync();
        await database.ExecuteAsync($"reassign owned by owner_of_{name} to postgres; drop owned by owner_of_{name}; drop role owner_of_{name}");
    }

    static Migrator MigratorOf(TestDatabase database) => new(database.Connections, NullLogger<Migrator>.Instance);
}
