using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Observability;

/// <summary>Logs statements that took too long: their SQL, in which values are only places ($1).</summary>
sealed class SlowQueries(IOptions<ObservabilityOptions> options, ILogger<SlowQueries> logger)
{
    const int LongestSql = 2000;
    const int MostLinesPerSecond = 5; // When everything is slow, the first say so.

    readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.SlowQueryMilliseconds);
    readonly Lock _lock = new();
    long _second;
    int _lines;

    /// <param name="started">When the statements were sent.</param>
    /// <param name="batch">The first command of which says only who asks.</param>
    internal void Look(long started, NpgsqlBatch batch)
    {
        var elapsed = Stopwatch.GetElapsedTime(started);
        if (elapsed < _patience || _patience == TimeSpan.Zero || !MayWrite())
            return;
        var statements = ((IEnumerable<NpgsqlBatchCommand>)batch.BatchCommands).Select(statement => statement.CommandText);
        var sql = string.Join("; ", batch.BatchCommands.Count > 1 ? statements.Skip(1) : statements);
        if (sql.Length > LongestSql)
            sql = sql[..LongestSql];
        logger.SlowQuery((int)elapsed.TotalMilliseconds, sql);
    }

    bool MayWrite()
    {
        var second = Stopwatch.GetTimestamp() / Stopwatch.Frequency;
        lock (_lock)
        {
            if (second != _second)
                (_second, _lines) = (second, 0);
            return ++_lines <= MostLinesPerSecond;
        }
    }
}
