using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Platform.Http;

/// <summary>PostgreSQL has nothing to give for a while: every family says so in its own words, the process lives, and all works again by itself.</summary>
public sealed class FaultTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pool_without_a_free_connection_is_told_in_every_dialect_and_ends_by_itself()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Database:MaxPoolSize", "3"), ("Database:PoolAcquisitionTimeout", "1"));
        var database = server.Services.GetRequiredService<Database>();
        var held = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => HoldAsync(database)));

        var answers = await Task.WhenAll(
            server.Anonymous.GetAsync("/rest/v1/posts?limit=1", Token), AddXpAsync(server), SignInAsync(server), server.Keyless.GetAsync("/readyz", Token));
        using var live = await server.Keyless.GetAsync("/livez", Token);
        using var forged = server.ClientWith(server.PublishableKey, "no.real.token");
        using var refused = await forged.GetAsync("/rest/v1/posts?limit=1", Token);
        foreach (var session in held)
            await session.DisposeAsync();
        var after = await Task.WhenAll(server.Anonymous.GetAsync("/rest/v1/posts?limit=1", Token), SignInAsync(server));

        Assert.Equal((HttpStatusCode.GatewayTimeout, "PGRST003"), await CodeAsync(answers[0]));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable"), await CodeAsync(answers[1]));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answers[2].StatusCode);
        Assert.Equal("1", answers[2].Headers.GetValues("Retry-After").Single());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answers[3].StatusCode);
        Assert.Contains("\"database\":\"no answer\"", await answers[3].Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode); // It needs no connection.
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], after.Select(answer => answer.StatusCode));
    }

    [Fact]
    public async Task PostgreSQL_that_takes_no_more_connections_is_told_in_every_dialect()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var name = server.Database.Connections.Owner.Database;
        await using (var owner = await server.Database.OpenOwnerAsync())
        {
            await using var full = new Npgsql.NpgsqlCommand(
                $"alter database {name} with connection limit 0; select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()", owner);
            await full.ExecuteNonQueryAsync(Token);
        }

        var answers = await Task.WhenAll(server.Anonymous.GetAsync("/rest/v1/posts?limit=1", Token), AddXpAsync(server), SignInAsync(server));
        using var live = await server.Keyless.GetAsync("/livez", Token);

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        Assert.Equal("53300", (await CodeAsync(answers[0])).Code);
        Assert.Equal("unavailable", (await CodeAsync(answers[1])).Code);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task A_locked_table_is_waited_for_briefly_and_stands_in_nobody_elses_way()
    {
        var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync($"alter role authenticator in database {database.Connections.Owner.Database} set lock_timeout = '300ms'");
        await using var server = await EvolvServer.StartAsync(database);
        var ada = await server.SignUpAsync("ada");
        await using var owner = await database.OpenOwnerAsync();
        await using var locking = await owner.BeginTransactionAsync(Token);
        await using (var statement = new Npgsql.NpgsqlCommand("lock table public.posts, public.feed_items, auth.refresh_tokens in access exclusive mode", owner, locking))
            await statement.ExecuteNonQueryAsync(Token);

        var answers = await Task.WhenAll(
            ada.Http.GetAsync("/rest/v1/posts?limit=1", Token), ada.Http.GetAsync("/functions/v1/get-feed", Token), SignInAsync(server, "ada@example.com", Person.Password));
        var others = await Task.WhenAll(
            ada.Http.GetAsync("/rest/v1/skills?limit=1", Token), ada.Http.GetAsync("/functions/v1/get-progress", Token), server.Keyless.GetAsync("/livez", Token));
        await locking.RollbackAsync(Token);
        using var after = await ada.Http.GetAsync("/functions/v1/get-feed", Token);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "55P03"), await CodeAsync(answers[0]));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "conflict"), await CodeAsync(answers[1]));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answers[2].StatusCode);
        Assert.All(others, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Outside_the_families_an_error_has_a_trace_id_and_nothing_of_its_cause()
    {
        var server = await cluster.SharedServerAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("X-Request-Id", "asked-by-ada");

        using var answer = await server.Keyless.SendAsync(request, Token);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            """{"type":"about:blank","title":"Not found","status":404,"detail":"Nothing is served at /nowhere.","traceId":"0af7651916cd43dd8448eb211c80319c","requestId":"asked-by-ada"}""",
            await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("asked-by-ada", answer.Headers.GetValues("X-Request-Id").Single());
    }

    static async Task<DbSession> HoldAsync(Database database)
    {
        var session = await database.BeginAsync(Caller.Service, Token);
        await session.QuerySingleAsync($"select 1", row => row.GetInt32(0), Token);
        return session;
    }

    static Task<HttpResponseMessage> AddXpAsync(EvolvServer server)
        => server.Service.PostAsJsonAsync("/functions/v1/add-xp", new { user_id = Guid.CreateVersion7(), amount = 1, source = "daily_login" }, Token);

    static Task<HttpResponseMessage> SignInAsync(EvolvServer server, string email = "nobody@example.com", string password = "nobody's password")
        => server.Anonymous.PostAsJsonAsync("/auth/v1/token?grant_type=password", new { email, password }, Token);

    static async Task<(HttpStatusCode Status, string? Code)> CodeAsync(HttpResponseMessage answer)
        => (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["code"]?.ToString());
}
