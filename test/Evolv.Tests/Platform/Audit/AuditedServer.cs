using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Audit;

/// <summary>A server whose audit log is looked at; every case has people of its own.</summary>
public sealed class AuditedServer(EvolvCluster cluster) : IAsyncLifetime
{
    /// <summary>What must not get into the log: keys, passwords, reasons and other words of people.</summary>
    internal const string Canary = "canary-5tzq8";

    EvolvServer? _server;
    int _people;

    internal EvolvServer Server => _server!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal async Task<Person> PersonAsync(params string[] roles) => await Server.SignUpAsync($"p{++_people}-{Canary}", roles);

    /// <summary>The last id that was given out.</summary>
    internal Task<long> MarkAsync() => Server.Database.ScalarAsync<long>("select last_value from audit.pending_id_seq");

    /// <summary>What was appended since, sealed or not, as text and with the parts that tests look at.</summary>
    internal async Task<List<(string Action, Guid? Actor, Guid? About, string Login, string Whole)>> SinceAsync(long mark)
    {
        await using var owner = await Server.Database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand(
            """
            select action, actor_id, user_id, login, whole
            from (
                select id, action, actor_id, user_id, login, to_jsonb(p)::text whole from audit.pending p
                union all
                select id, action, actor_id, user_id, login, to_jsonb(e)::text from audit.entries e
            ) e
            where id > $1
            order by id
            """, owner)
        {
            Parameters = { new() { Value = mark } },
        };
        await using var reader = await command.ExecuteReaderAsync(Token);
        var entries = new List<(string, Guid?, Guid?, string, string)>();
        while (await reader.ReadAsync(Token))
        {
            entries.Add((
                reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetGuid(2),
                reader.GetString(3), reader.GetString(4)));
        }

        return entries;
    }

    public async ValueTask InitializeAsync()
        => _server = await EvolvServer.StartAsync(cluster, ("Auth:RefreshTokenReuseIntervalSeconds", "0"));

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
