using System.Data;
using Npgsql;

namespace Evolv.Platform.Schema;

/// <summary>A look at the catalog: one state of it, in which every name comes out with its schema.</summary>
static class CatalogTransaction
{
    internal static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var transaction = await owner.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var command = new NpgsqlCommand("set local search_path = ''", owner, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }
}
