namespace Evolv.Tests.Support;

/// <summary>
/// One database for the cases of a class that do not meet: each has people of its own and is mostly refused. Where a test
/// looks at all rows of a table, it takes a database of its own.
/// </summary>
public sealed class SharedDatabase(EvolvCluster cluster) : IAsyncLifetime
{
    TestDatabase? _database;

    internal TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await cluster.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }
}
