using System.Diagnostics;
using System.Globalization;
using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Tests.Platform.Changes;

/// <summary>A PostgreSQL of one test, whose settings it may change and which it may kill.</summary>
sealed class PrivateCluster : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("evolv-cluster-").FullName;
    readonly DataFolder _data;
    readonly EmbeddedPostgres _postgres;

    PrivateCluster()
    {
        _data = DataFolder.Lock(Path.Combine(_folder, "data"));
        _postgres = new EmbeddedPostgres(_data, NullLogger<EmbeddedPostgres>.Instance);
        _postgres.Prepare();
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<PrivateCluster> StartAsync()
    {
        var cluster = new PrivateCluster();
        await cluster._postgres.StartAsync(Token);
        return cluster;
    }

    internal async Task<TestDatabase> CreateDatabaseAsync()
    {
        var administration = To("postgres");
        await using (var connection = await Migrator.OpenOwnerAsync(administration, Token))
        await using (var create = new NpgsqlCommand("create database test", connection))
            await create.ExecuteNonQueryAsync(Token);
        return new TestDatabase(To("test"), () => Task.CompletedTask);
    }

    /// <summary>Its database <c>postgres</c>, where nothing is published.</summary>
    internal TestDatabase Administration => new(To("postgres"), () => Task.CompletedTask);

    internal int PostmasterId
        => int.Parse(File.ReadLines(Path.Combine(_data.ClusterPath, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>Sends a signal to one of its processes.</summary>
    internal static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [$"-{signal}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    ConnectionStrings To(string database)
    {
        var owner = _postgres.Owner;
        owner.Database = database;
        return ConnectionStrings.From(new DatabaseOptions(), owner, hasOurRoles: false);
    }
}
