using System.Diagnostics;
using Evolv.Platform.Observability;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>Times statements from when they are sent until PostgreSQL answers, and counts what it refuses.</summary>
readonly struct StatementWatch(SlowQueries? slow, NpgsqlBatch batch)
{
    readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The first row is there. How long the client takes to read the others is another matter.</summary>
    internal void Answered() => slow?.Look(_started, batch);

    internal void Failed(NpgsqlConnection connection, NpgsqlException exception)
    {
        slow?.Look(_started, batch);
        CountFailure(connection, exception);
    }

    internal static void CountFailure(NpgsqlConnection connection, NpgsqlException exception)
    {
        EvolvMeter.DatabaseFailed(exception.SqlState);
        if (exception is PostgresException)
            connection.ForgetStatements();
    }
}
