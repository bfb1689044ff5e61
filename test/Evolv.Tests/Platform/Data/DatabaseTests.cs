using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Data;

public sealed class DatabaseTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static readonly Func<NpgsqlDataReader, (string, string, string)> Identity =
        row => (row.GetString(0), row.GetText(1) ?? "", row.GetText(2) ?? "");

    [Fact]
    public async Task A_statement_runs_as_its_caller()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = Guid.CreateVersion7();

        var (user, uid, role) = await database.Database.QuerySingleAsync(
            Caller.User(ada), $"select current_user::text, auth.uid()::text, auth.role()", Identity, Token);

        Assert.Equal(("authenticated", ada.ToString(), "authenticated"), (user, uid, role));
    }

    [Fact]
    public async Task Role_and_claims_never_reach_the_next_user_of_a_connection()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var pool = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString) { MaxPoolSize = 1 });
        var door = new Database(pool);
        var ada = Caller.User(Guid.CreateVersion7());

        await door.QuerySingleAsync(ada, $"select 1", row => row.GetInt32(0), Token);
        await Assert.ThrowsAsync<PostgresException>(
            () => door.QuerySingleAsync(ada, $"select 1 / 0", row => row.GetInt32(0), Token));
        await using (var session = await door.BeginAsync(ada, Token))
        {
            await session.QuerySingleAsync($"select 1", row => row.GetInt32(0), Token);
        }

#pragma warning disable RS0030 // Looks at the bare connection that the callers before have used.
        await using var connection = await pool.OpenConnectionAsync(Token);
#pragma warning restore RS0030
        await using var command = new NpgsqlCommand(
            "select current_user::text, current_setting('role'), current_setting('request.jwt.claims', true)", connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        await reader.ReadAsync(Token);
        Assert.Equal(("authenticator", "none", ""), Identity(reader));
    }

    [Fact]
    public async Task A_failing_statement_leaves_nothing_behind()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = Caller.User(await database.AddPersonAsync("ada"));

        await Assert.ThrowsAsync<PostgresException>(() => database.Database.QuerySingleAsync(
            ada, $"with p as (insert into posts (content) values ('half') returning id) select 1 / 0 from p", row => row.GetInt32(0), Token));

        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from posts"));
    }

    // The third use of a statement on a connection is the first that could go wrong: auto-preparation begins with the second.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_refused_to_some_works_for_others_on_the_same_connection(bool session)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var pool = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString) { MaxPoolSize = 1 });
        var door = new Database(pool);

        for (var i = 0; i < 4; i++)
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => CountAsync(Caller.Anonymous))).SqlState);

        Assert.Equal(0L, await CountAsync(Caller.Service));
        Assert.Equal(0L, await CountAsync(Caller.Service));

        async Task<long> CountAsync(Caller caller)
        {
            if (!session)
                return await door.QuerySingleAsync(caller, $"select count(*) from xp_transactions", row => row.GetInt64(0), Token);
            await using var opened = await door.BeginAsync(caller, Token);
            return await opened.QuerySingleAsync($"select count(*) from xp_transactions", row => row.GetInt64(0), Token);
        }
    }

    [Fact]
    public async Task A_session_without_commit_leaves_nothing_behind()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = Caller.User(await database.AddPersonAsync("ada"));

        await using (var session = await database.Database.BeginAsync(ada, Token))
        {
            Assert.Equal(1, await session.ExecuteAsync($"insert into posts (content) values ('half')", Token));
        }

        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from posts"));
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("authenticator")]
    [InlineData("pg_read_server_files")]
    [InlineData("nobody_at_all")]
    public async Task The_pool_cannot_become_another_role(string role)
    {
        await using var database = await cluster.CreateDatabaseAsync();

        var refusal = await Record.ExceptionAsync(() => database.Database.QuerySingleAsync(
            new Caller(role, "{}"), $"select current_user::text", row => row.GetString(0), Token));

        if (role == "authenticator")
            Assert.Null(refusal); // It is that already, and owns nothing.
        else
            Assert.Contains(Assert.IsType<PostgresException>(refusal).SqlState, new[] { "42501", "22023" });
    }

    [Fact]
    public async Task The_pool_owns_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        Assert.Equal(0L, await database.ScalarAsync<long>(
            "select count(*) from pg_shdepend where refobjid = 'authenticator'::regrole and deptype = 'o'"));
        Assert.Equal("anon authenticated service_role supabase_auth_admin", await database.ScalarAsync<string>(
            // Roles belong to the cluster: those of other tests begin with around_.
            """
            select string_agg(roleid::regrole::text, ' ' order by roleid::regrole::text)
            from pg_auth_members
            where member = 'authenticator'::regrole and roleid::regrole::text not like 'around\_%'
            """));
    }

    [Fact]
    public async Task Holes_are_parameters()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        const string Evil = "'; drop table posts; --";
        Sql where = $"where x = {Evil}";

        var echoed = await database.Database.QuerySingleAsync(
            Caller.Anonymous,
            $"select x, {7}, {(Guid?)null}::text, {new Json("""{"a":1}""")} ->> 'a' from (values ({Evil})) {new Identifier("we\"ird")} (x) {where}",
            row => (row.GetString(0), row.GetInt32(1), row.IsDBNull(2), row.GetString(3)), Token);

        Assert.Equal((Evil, 7, true, "1"), echoed);
    }
}
