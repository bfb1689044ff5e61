using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>A database of one test. <see cref="Database"/> is the door that the server uses, too.</summary>
sealed class TestDatabase : IAsyncDisposable
{
    readonly NpgsqlDataSource _pool;
    readonly Func<Task> _drop;

    internal TestDatabase(ConnectionStrings connections, Func<Task> drop)
    {
        Connections = connections;
        _drop = drop;
        _pool = NpgsqlDataSource.Create(connections.Pool);
        Database = new Database(_pool);
    }

    internal ConnectionStrings Connections { get; }

    internal Database Database { get; }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A connection that owns the schema and sees all rows.</summary>
    internal Task<NpgsqlConnection> OpenOwnerAsync() => Migrator.OpenOwnerAsync(Connections, Token);

    /// <summary>Runs a script as the owner.</summary>
    internal async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenOwnerAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>The first column of the first row, as the owner.</summary>
    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = await OpenOwnerAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }

    /// <summary>A person without a way to sign in: an account, and with it profile, settings and standing.</summary>
    internal async Task<Guid> AddPersonAsync(string name, params string[] roles)
    {
        var id = Guid.CreateVersion7();
        await using var connection = await OpenOwnerAsync();
        await using var command = new NpgsqlCommand(
            """
            with account as (
                insert into auth.users (id, email, raw_user_meta_data)
                values ($1, $2 || '-' || $1 || '@example.com', jsonb_build_object('full_name', $2))
            )
            select 1
            """, connection)
        {
            Parameters = { new() { Value = id }, new() { Value = name } },
        };
        await command.ExecuteNonQueryAsync(Token);
        foreach (var role in roles)
        {
            await using var grant = new NpgsqlCommand("insert into public.user_roles (user_id, role) values ($1, $2)", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = role } },
            };
            await grant.ExecuteNonQueryAsync(Token);
        }

        return id;
    }

    /// <summary>Fails with what is broken, if anything is.</summary>
    internal async Task AssertInvariantsAsync()
    {
        var broken = await ScalarAsync<string>(
            "select coalesce(string_agg(format('%s: %s, e.g. %s', invariant, violations, example), e'\\n'), '') from evolv.invariants()");
        Assert.Equal("", broken);
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        await _drop();
    }
}
