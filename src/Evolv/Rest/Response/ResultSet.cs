using System.Text.Json;
using Npgsql;

namespace Evolv.Rest.Response;

/// <summary>The row of a statement that <see cref="Query.Statements"/> wrote, without its body.</summary>
/// <param name="Rows">Rows on the page, or written.</param>
/// <param name="Total">Rows in all, if somebody wanted to know.</param>
/// <param name="Headers">What SQL put into <c>response.headers</c>.</param>
/// <param name="Status">What SQL put into <c>response.status</c>.</param>
/// <param name="Inserted">Of an upsert: how many rows are new.</param>
/// <param name="Location">Of a single inserted row: <c>key=eq.value</c> for each column of the key.</param>
sealed record ResultSet(long Rows, long? Total, string? Headers, string? Status, int? Inserted, string[] Location)
{
    static readonly ResultSet None = new(0, null, null, null, null, []);

    const int BodyOrdinal = 6;

    internal static async Task<ResultSet> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        if (!await reader.ReadAsync(cancellationToken))
            return None;
        return new ResultSet(
            reader.GetInt64(0),
            reader.IsDBNull(1) ? null : reader.GetInt64(1),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.IsDBNull(3) ? null : reader.GetString(3),
            reader.IsDBNull(4) ? null : reader.GetInt32(4),
            reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5));
    }

    /// <summary>The body of the row that was read; empty when there was none.</summary>
    internal static async Task<Stream> ReadBodyAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
        => !reader.HasRows || await reader.IsDBNullAsync(BodyOrdinal, cancellationToken)
            ? Stream.Null
            : await reader.GetStreamAsync(BodyOrdinal, cancellationToken);

    /// <summary>The estimate in the result of <c>EXPLAIN (FORMAT JSON)</c>.</summary>
    internal static async Task<long?> ReadEstimateAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        using var plan = JsonDocument.Parse(reader.GetString(0));
        await reader.NextResultAsync(cancellationToken);
        var rows = plan.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
        return rows < long.MaxValue ? (long)rows : long.MaxValue;
    }
}
