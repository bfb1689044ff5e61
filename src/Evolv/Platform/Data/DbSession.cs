using System.Data;
using Evolv.Platform.Observability;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>A transaction of one <see cref="Caller"/>. Disposing it without a commit rolls back.</summary>
sealed class DbSession(NpgsqlConnection connection, NpgsqlTransaction transaction, NpgsqlBatchCommand become, SlowQueries? slow = null)
    : IAsyncDisposable
{
    NpgsqlBatchCommand? _become = become; // Sent with the first statement.
    bool _failed;

    internal async Task<T> QueryAsync<T>(
        Sql sql, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        var first = _become;
        if (first is not null)
            batch.BatchCommands.Add(first);
        batch.BatchCommands.Add(sql.ToBatchCommand());

        var watch = new StatementWatch(slow, batch);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            _become = null;
            if (first is not null)
                await reader.NextResultAsync(cancellationToken);
            watch.Answered();
            return await read(reader, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            watch.Answered();
            EvolvMeter.DatabaseFailed(exception.SqlState);
            _failed = true;
            throw;
        }
    }

    /// <summary>The first row, or null when there is none.</summary>
    internal Task<T?> QuerySingleAsync<T>(Sql sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken)
        => QueryAsync(sql, (reader, token) => reader.ReadSingleAsync(row, token), cancellationToken);

    /// <summary>All rows.</summary>
    internal Task<List<T>> QueryListAsync<T>(Sql sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken)
        => QueryAsync(sql, async (reader, token) =>
        {
            var rows = new List<T>();
            while (await reader.ReadAsync(token))
                rows.Add(row(reader));
            return rows;
        }, cancellationToken);

    /// <summary>The number of rows written.</summary>
    internal Task<int> ExecuteAsync(Sql sql, CancellationToken cancellationToken)
        => QueryAsync(sql, static async (reader, token) =>
        {
            while (await reader.NextResultAsync(token))
            {
            }

            return Math.Max(reader.RecordsAffected, 0);
        }, cancellationToken);

    internal Task CommitAsync(CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        if (_failed)
            connection.ForgetStatements();
        await connection.DisposeAsync();
    }
}

static class ConnectionExtensions
{
    /// <summary>
    /// Npgsql takes a statement for prepared whose first use as such was refused (npgsql/npgsql#6391); the next use then
    /// breaks the connection, after the work is done. So whoever is refused would break what is allowed to others.
    /// One round trip, for which Npgsql has no asynchronous form.
    /// </summary>
    internal static void ForgetStatements(this NpgsqlConnection connection)
    {
        if (connection.State == ConnectionState.Open)
            connection.UnprepareAll();
    }
}

static class DataReaderExtensions
{
    internal static async Task<T?> ReadSingleAsync<T>(
        this NpgsqlDataReader reader, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken)
        => await reader.ReadAsync(cancellationToken) ? row(reader) : default;

    /// <summary>Null for SQL's null.</summary>
    internal static string? GetText(this NpgsqlDataReader reader, int ordinal)
        => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    /// <summary>Null for SQL's null.</summary>
    internal static DateTimeOffset? GetInstant(this NpgsqlDataReader reader, int ordinal)
        => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
}
