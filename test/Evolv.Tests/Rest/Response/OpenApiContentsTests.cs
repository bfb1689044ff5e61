using System.Collections.Frozen;
using Evolv.Rest;
using Evolv.Rest.Response;
using Evolv.Rest.Schema;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Rest.Response;

public sealed class OpenApiContentsTests(EvolvCluster cluster)
{
    const string Schema = """
        create schema "My API";
        comment on schema "My API" is 'Title';
        grant usage on schema "My API" to anon;
        set local search_path = "My API", public;
        create type kind as enum ('a');
        create table readable (id int);
        create table secret (id int);
        create table by_column (id int, hidden int);
        create table appended (id int) partition by range (id);
        create table appended_1 partition of appended for values from (1) to (2);
        create table newer (id int);
        create view seen as select 1 as id;
        grant select on readable, seen, newer to anon;
        grant insert on appended, appended_1 to anon;
        grant select (id) on by_column to anon;

        create function callable(out total int, a int, k kind, variadic v text[] default '{}')
            language sql stable as 'select 1';
        create function callable(a int) returns int language sql immutable as 'select 1';
        create function body(json) returns int language sql as 'select 1';
        create function nameless(int, int) returns int language sql as 'select 1';
        create function hidden() returns int language sql as 'select 1';
        create function on_change() returns trigger language plpgsql as 'begin return new; end';
        grant execute on all functions in schema "My API" to anon;
        revoke execute on function hidden() from anon, public;
        comment on function body(json) is 'Takes all';
        """;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_caller_sees_what_it_may_use()
    {
        var contents = await ReadAsync(OpenApiMode.FollowPrivileges);

        Assert.Equal("Title", contents.Comment);
        Assert.Equal(["appended", "by_column", "readable", "seen"], contents.Tables.Select(table => table.Name.Name));
        Assert.Equal(
            [
                "body 'Takes all' Volatile: json required",
                "callable '' Immutable: a integer required",
                "callable '' Stable: a integer required, k kind required, v text[] variadic",
            ],
            contents.Routines.Select(Describe));
    }

    [Fact]
    public async Task Privileges_may_be_ignored()
    {
        var contents = await ReadAsync(OpenApiMode.IgnorePrivileges);

        Assert.Equal("Title", contents.Comment);
        Assert.Equal(["appended", "by_column", "readable", "secret", "seen"], contents.Tables.Select(table => table.Name.Name));
    }

    // The snapshot is older than the table newer.
    async Task<OpenApiContents> ReadAsync(OpenApiMode mode)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var connection = await database.OpenOwnerAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var setUp = new NpgsqlCommand(Schema + "set local role anon;", connection, transaction);
        await setUp.ExecuteNonQueryAsync(Token);
        var cache = SchemaCache.Empty with
        {
            Tables = new[] { "seen", "secret", "readable", "by_column", "appended" }
                .Select(name => new QualifiedName("My API", name))
                .ToFrozenDictionary(name => name, name => new Table(name, null, false, false, false, false, [], [])),
        };

        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var query in OpenApiContents.Queries(mode, "My API"))
            batch.BatchCommands.Add(query);
        await using var reader = await batch.ExecuteReaderAsync(Token);
        return await OpenApiContents.ReadAsync(reader, mode, cache, "My API", Token);
    }

    static string Describe(OpenApiRoutine routine)
    {
        var parameters = routine.Parameters.Select(parameter =>
            $"{parameter.Name} {parameter.Type}{(parameter.IsRequired ? " required" : "")}{(parameter.IsVariadic ? " variadic" : "")}".Trim());
        return $"{routine.Name} '{routine.Description}' {routine.Volatility}: {string.Join(", ", parameters)}";
    }
}
