using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Observability;

/// <summary>Logs statements that took too long: their SQL, in which values are only places ($1).</summary>
sealed class SlowQueries(IOptions<ObservabilityOptions> options, ILogger<SlowQueries> logger)
{
    const int LongestSql = 4000;

    readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.SlowQueryMilliseconds);

    /// <param name="started">When the statements were sent.</param>
    /// <param name="batch">The first command of which says only who asks.</param>
    internal void Look(long started, NpgsqlBatch batch)
    {
        var elapsed = Stopwatch.GetElapsedTime(started);
        if (elapsed < _patience || _patience == TimeSpan.Zero)
            return;
        var statements = ((IEnumerable<NpgsqlBatchCommand>)batch.BatchCommands).Select(statement => statement.CommandText);
        var sql = string.Join("; ", batch.BatchCommands.Count > 1 ? statements.Skip(1) : statements);
        if (sql.Length > LongestSql)
            sql = sql[..LongestSql];
        logger.SlowQuery((int)elapsed.TotalMilliseconds, sql);
    }
}
