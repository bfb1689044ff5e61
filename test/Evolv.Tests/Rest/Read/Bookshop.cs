using Evolv.Tests.Rest.Token;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Read;

/// <summary>Servers over Bookshop.sql for tests that only read. Each starts when the first test asks it.</summary>
[CollectionDefinition]
public sealed class Bookshop(EvolvCluster cluster) : IAsyncLifetime, ICollectionFixture<Bookshop>
{
    const string Sql = "Read/Bookshop.sql";

    readonly Lazy<Task<RestServer>> _open = new(() => RestServer.StartAsync(
        cluster, Sql, ("DbSchemas", "api,archive"), ("DbAggregatesEnabled", "true"), ("DbPlanEnabled", "true"), ("JwtSecret", Tokens.Secret)));

    readonly Lazy<Task<RestServer>> _strict = new(() => RestServer.StartAsync(cluster, Sql, ("DbMaxRows", "2"), ("UrlUseLegacyTargetNames", "false")));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Asks the server with everything on. Spaces are encoded, so that lines stay legible.</summary>
    internal async Task<RestAnswer> SendAsync(string line, params string[] headers)
        => await (await _open.Value).SendAsync(Encode(line), null as string, headers);

    /// <summary>Asks a server that gives two rows on each level, no aggregates and no plans.</summary>
    internal async Task<RestAnswer> SendStrictAsync(string line, params string[] headers)
        => await (await _strict.Value).SendAsync(Encode(line), null as string, headers);

    /// <summary>The header of somebody who signed in.</summary>
    internal static string As(string name) => $"Authorization: Bearer {Tokens.Hs256($$"""{"role":"authenticated","sub":"{{name}}"}""")}";

    static string Encode(string line)
    {
        var path = line.IndexOf('/', StringComparison.Ordinal);
        return line[..path] + line[path..].Replace(" ", "%20", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<RestServer>>[])[_open, _strict])
        {
            if (server.IsValueCreated)
                await (await server.Value).DisposeAsync();
        }
    }
}
