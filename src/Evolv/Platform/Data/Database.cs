using System.Data;
using System.Globalization;
using Evolv.Platform.Observability;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>The only door to PostgreSQL. There is no overload without a <see cref="Caller"/>.</summary>
sealed class Database(NpgsqlDataSource source, SlowQueries? slow = null)
{
    /// <summary>
    /// Runs one statement as <paramref name="caller"/> in a transaction of its own, in one round trip: role, claims and
    /// statement travel before a single Sync, which also ends the transaction. It is committed when this returns.
    /// </summary>
    internal async Task<T> QueryAsync<T>(
        Caller caller, Sql sql, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Become(caller), sql.ToBatchCommand() } };
        var watch = new StatementWatch(slow, batch);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            watch.Answered();
            var result = await read(reader, cancellationToken);
            // Errors that PostgreSQL finds at the commit (deferred constraints) arrive with the end of the results.
            while (await reader.NextResultAsync(cancellationToken))
            {
            }

            return result;
        }
        catch (NpgsqlException exception)
        {
            watch.Failed(connection, exception);
            throw;
        }
    }

    /// <summary>The first row, or null when there is none.</summary>
    internal Task<T?> QuerySingleAsync<T>(
        Caller caller, Sql sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken)
        => QueryAsync(caller, sql, (reader, token) => reader.ReadSingleAsync(row, token), cancellationToken);

    /// <summary>The first column of the first row as it came from PostgreSQL: JSON that nobody parses on the way.</summary>
    internal Task<byte[]> QueryJsonAsync(Caller caller, Sql sql, CancellationToken cancellationToken)
        => QueryAsync(caller, sql, static async (reader, token) =>
        {
            await reader.ReadAsync(token);
            return await reader.GetFieldValueAsync<byte[]>(0, token);
        }, cancellationToken);

    /// <summary>The same where there may be nothing: null when it is SQL's null.</summary>
    internal Task<byte[]?> QueryOptionalJsonAsync(Caller caller, Sql sql, CancellationToken cancellationToken)
        => QueryAsync(caller, sql, static async (reader, token) =>
        {
            await reader.ReadAsync(token);
            return await reader.IsDBNullAsync(0, token) ? null : await reader.GetFieldValueAsync<byte[]>(0, token);
        }, cancellationToken);

    /// <summary>
    /// Opens a transaction as <paramref name="caller"/> for more than one statement. Nothing is sent before the first
    /// statement, which takes BEGIN, role and claims along. Without <see cref="DbSession.CommitAsync"/> it rolls back.
    /// </summary>
    internal async Task<DbSession> BeginAsync(Caller caller, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken);
        try
        {
            return new DbSession(connection, await connection.BeginTransactionAsync(cancellationToken), Become(caller), slow);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Reads the catalog as the login of the pool itself. In an installation of ours no table grants anything to it, so this is
    /// no way around a <see cref="Caller"/>.
    /// </summary>
    internal async Task<T> ReadCatalogAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        try
        {
            return await read(connection, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            StatementWatch.CountFailure(connection, exception);
            throw;
        }
    }

    /// <summary>
    /// Runs statements as <paramref name="caller"/> in one transaction and one round trip, with settings of the request. It is
    /// committed when this returns; with <paramref name="commits"/> the result decides, which costs another
    /// round trip.
    /// </summary>
    /// <param name="read">Called at the result of the first statement. Columns must be read in order.</param>
    internal async Task<T> RunAsync<T>(
        Caller caller, RequestSession session, IReadOnlyList<NpgsqlBatchCommand> statements,
        Func<NpgsqlDataReader, CancellationToken, Task<T>> read, Func<T, bool>? commits, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        var watch = default(StatementWatch);
        try
        {
            await using var transaction = commits is null && session.Isolation is null
                ? null
                : await connection.BeginTransactionAsync(session.Isolation ?? IsolationLevel.ReadCommitted, cancellationToken);
            // The role's statement_timeout says how long; Npgsql's own would end what an operator allowed.
            await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { session.Become(caller) }, Timeout = 0 };
            foreach (var statement in statements)
                batch.BatchCommands.Add(statement);
            watch = new StatementWatch(slow, batch);
            T result;
            await using (var reader = await batch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken))
            {
                await reader.NextResultAsync(cancellationToken);
                watch.Answered();
                result = await read(reader, cancellationToken);
                while (await reader.NextResultAsync(cancellationToken))
                {
                }
            }

            if (transaction is not null)
                await (commits?.Invoke(result) == false ? transaction.RollbackAsync(cancellationToken) : transaction.CommitAsync(cancellationToken));
            return result;
        }
        catch (NpgsqlException exception)
        {
            watch.Failed(connection, exception);
            throw;
        }
    }

    /// <summary>Asks a question for each of several callers, in one transaction that changes nothing and one round trip.</summary>
    /// <param name="questions">Who asks, and what.</param>
    /// <param name="longestMilliseconds">How long each may take.</param>
    /// <param name="read">Called for each result, in the order of the questions.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PostgresException">The first question that is refused; those before it have been answered.</exception>
    internal async Task AskEachAsync(
        IReadOnlyList<(Caller Caller, NpgsqlBatchCommand Statement)> questions, int longestMilliseconds,
        Func<NpgsqlDataReader, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { OnlyRead(longestMilliseconds) } };
        foreach (var (caller, statement) in questions)
        {
            batch.BatchCommands.Add(Become(caller));
            batch.BatchCommands.Add(statement);
        }

        var watch = new StatementWatch(slow, batch);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            for (var i = 0; i < questions.Count; i++)
            {
                await reader.NextResultAsync(cancellationToken); // from the settings, or from the question before, to becoming
                await reader.NextResultAsync(cancellationToken);
                await read(reader, cancellationToken);
            }
        }
        catch (NpgsqlException exception)
        {
            watch.Failed(connection, exception);
            throw;
        }
    }

    // The same question for many: PostgreSQL would plan it anew for each, because it takes the number of keys for the price.
    static NpgsqlBatchCommand OnlyRead(int longestMilliseconds)
        => new("select set_config('transaction_read_only', 'on', true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('statement_timeout', $1, true)")
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = longestMilliseconds.ToString(CultureInfo.InvariantCulture) } },
        };

    async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
#pragma warning disable RS0030 // The one place that may open a connection of the pool.
            return await source.OpenConnectionAsync(cancellationToken);
#pragma warning restore RS0030
        }
        catch (NpgsqlException exception)
        {
            EvolvMeter.DatabaseFailed(exception.SqlState);
            throw;
        }
    }

    // All settings are local to the transaction, so a pooled connection never carries them to the next caller.
    static NpgsqlBatchCommand Become(Caller caller)
        => new("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true), set_config('request.jwt.claim.sub', $3, true)")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = caller.Role },
                new NpgsqlParameter<string> { TypedValue = caller.ClaimsJson },
                new NpgsqlParameter<string> { TypedValue = caller.UserId?.ToString() ?? "" },
            },
        };
}
