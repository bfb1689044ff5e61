using System.Runtime.CompilerServices;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Schema;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Evolv.Tests.Rest.Schema;

/// <summary>The catalog of <c>SchemaWorld.sql</c>, read once.</summary>
public sealed class SchemaWorld(EvolvCluster cluster) : IAsyncLifetime
{
    TestDatabase? _database;
    SchemaCache? _schema;

    internal static RestOptions Options => new() { DbSchemas = "api, api2, missing", DbExtraSearchPath = "extra" };

    internal SchemaCache Schema => _schema!;

    internal Database Database => _database!.Database;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await cluster.CreateDatabaseAsync();
        await _database.ExecuteAsync(await File.ReadAllTextAsync(PathOf("SchemaWorld.sql"), Token));
        _schema = await LoadAsync(Options);
    }

    internal Task<SchemaCache> LoadAsync(RestOptions options)
        => Database.ReadCatalogAsync(
            (connection, token) => SchemaLoader.LoadAsync(
                connection, RestConfigReader.Read(options, StoredSettings.None, NullLogger.Instance), token), Token);

    /// <summary>The relationships from a table of <c>api</c> to a schema, in their order.</summary>
    internal IEnumerable<string> From(string table, string targetSchema = "api")
        => Schema.RelationshipsFrom(new("api", table), targetSchema).Select(Describe);

    internal Table Table(string name) => Schema.Tables[new("api", name)];

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    internal static string Describe(Relationship relationship) => relationship switch
    {
        Relationship.Key key => $"{End(key.Table, key.TableIsView)} {Kind(key.Cardinality)} {End(key.ForeignTable, key.ForeignTableIsView)}{Self(key)}",
        Relationship.Computed computed
            => $"{computed.Table.Name} {(computed.SingleRow ? "one" : "many")} {computed.ForeignTable.Name} by {computed.Function}{Self(computed)}",
        _ => "",
    };

    static string End(QualifiedName name, bool isView) => isView ? $"view {name.Name}" : name.Name;

    static string Self(Relationship relationship) => relationship.IsSelf ? " self" : "";

    static string Kind(Cardinality cardinality) => cardinality switch
    {
        Cardinality.ManyToMany many
            => $"m2m [{many.Junction.Name}: {many.Constraint1} {Pairs(many.Source)}, {many.Constraint2} {Pairs(many.Target)}]",
        Cardinality.ManyToOne => $"m2o [{cardinality.Constraint} {Pairs(cardinality.Pairs)}]",
        Cardinality.OneToMany => $"o2m [{cardinality.Constraint} {Pairs(cardinality.Pairs)}]",
        Cardinality.OneToOne one => $"o2o{(one.IsParent ? " parent" : "")} [{cardinality.Constraint} {Pairs(cardinality.Pairs)}]",
        _ => "",
    };

    static string Pairs(IEnumerable<ColumnPair> pairs) => string.Join(' ', pairs.Select(pair => $"{pair.Column}={pair.ForeignColumn}"));

    static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);
}
