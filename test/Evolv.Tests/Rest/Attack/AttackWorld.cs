using Evolv.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Rest.Attack;

/// <summary>A server over <c>attack.sql</c> that allows what can be allowed: aggregates, plans, and transactions to roll back.</summary>
public sealed class AttackWorld(EvolvCluster cluster) : IAsyncLifetime
{
    RestServer? _server;

    internal RestServer Server => _server!;

    internal RestSnapshot Snapshot => Server.Server.Services.GetRequiredService<RestSnapshots>().Current;

    public async ValueTask InitializeAsync()
        => _server = await RestServer.StartAsync(
            cluster, "Attack/attack.sql", ("DbSchemas", "api, other"), ("DbAggregatesEnabled", "true"), ("DbPlanEnabled", "true"),
            ("DbTxEnd", "rollback-allow-override"), ("ServerTraceHeader", "X-Trace"));

    /// <summary>
    /// Sends it, and sends it again when PostgreSQL chose it to end a deadlock: lanes that write the same rows meet, and neither request is to blame.
    /// </summary>
    internal static async Task<RestAnswer?> SendAsync(RawClient client, WireRequest request)
    {
        for (var times = 1; ; times++)
        {
            var answer = await client.SendAsync(request);
            if (times == 10 || answer?.Body.Contains("\"code\":\"40P01\"", StringComparison.Ordinal) != true)
                return answer;
        }
    }

    /// <summary>An answer that says nothing of how the server is made, and no fault of it.</summary>
    internal static void AssertHarmless(RestAnswer? answer, WireRequest request)
    {
        if (answer is null)
            return;
        // Only what PostgREST answers with 5xx, too: too complex for PostgreSQL, twice the same row in an upsert, a header that
        // a function makes of anything it is given.
        var isFault = answer.Status >= 500 && !Array.Exists(["\"code\":\"54", "\"code\":\"21000\"", "\"code\":\"PGRST111\""], code => answer.Body.Contains(code, StringComparison.Ordinal));
        var isTalkative = Array.Exists(
            ["   at ", ".cs:line", "Exception", "WITH pgrst_source", "LATERAL (", "PT418"], sign => answer.Body.Contains(sign, StringComparison.Ordinal));
        Assert.False(isFault || isTalkative || answer.Status == 418, $"{request}\n\n{answer.Status} {answer.Body}");
    }

    /// <summary>All is as it was: no row is changed, and no connection is stuck in a transaction.</summary>
    internal async Task AssertUnharmedAsync()
    {
        Assert.Equal(100L, await Server.Database.ScalarAsync<long>("select count(*) from trap.canary where song = md5(id::text)"));
        Assert.Equal(30L, await Server.Database.ScalarAsync<long>("select count(*) from api.notes where title like 'note %'"));
        Assert.Equal(0L, await Server.Database.ScalarAsync<long>(
            """
            select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'evolv' and (state like 'idle in transaction%' or state = 'active')
            """));
        (await Server.SendAsync("GET /tags?select=name&id=eq.1")).Is(200, """[{"name":"one"}]""");
    }

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();
}
