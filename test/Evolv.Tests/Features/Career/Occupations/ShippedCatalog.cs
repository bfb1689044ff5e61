using System.Text;
using Evolv.Features.Career.Occupations;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Occupations;

/// <summary>The occupations of db/occupations.sql, as the server reads them.</summary>
public sealed class ShippedCatalog(EvolvCluster cluster) : IAsyncLifetime
{
    internal OccupationCatalog Catalog { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        Catalog = OccupationCatalog.Read(Encoding.UTF8.GetBytes(await database.ScalarAsync<string>("select evolv.occupation_catalog('US')::text")));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
