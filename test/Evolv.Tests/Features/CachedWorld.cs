using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features;

/// <summary>Two servers that cache, with one Redis, and a third that does not, over one database; and people who use them.</summary>
sealed class CachedWorld : IAsyncDisposable
{
    readonly RedisProcess _redis;
    readonly EvolvServer[] _servers;

    CachedWorld(RedisProcess redis, EvolvServer[] servers) => (_redis, _servers) = (redis, servers);

    /// <summary>They cache.</summary>
    internal IReadOnlyList<EvolvServer> Caching => _servers[..2];

    /// <summary>It reads the database.</summary>
    internal EvolvServer Plain => _servers[2];

    internal TestDatabase Database => Plain.Database;

    internal IReadOnlyList<Somebody> People { get; private set; } = [];

    internal Guid[] Guilds { get; private set; } = [];

    internal Guid[] Paths { get; private set; } = [];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<CachedWorld> StartAsync(EvolvCluster cluster, int people)
    {
        var redis = await RedisProcess.StartAsync();
        var database = await cluster.CreateDatabaseAsync();
        var servers = new List<EvolvServer>();
        foreach (var isCaching in new[] { "true", "true", "false" })
        {
            servers.Add(await EvolvServer.StartAsync(
                database, ("Cache:Enabled", isCaching), ("Redis:ConnectionString", redis.ConnectionString), ("RateLimits:Enabled", "false")));
        }

        var world = new CachedWorld(redis, [.. servers]);
        await world.FillAsync(people);
        return world;
    }

    async Task FillAsync(int people)
    {
        var somebodies = new List<Somebody>();
        for (var i = 0; i < people; i++)
        {
            var person = await Plain.SignUpAsync($"person{i}", i < 3 ? ["teacher"] : []);
            somebodies.Add(new Somebody(person, [.. _servers.Select(server => server.ClientWith(server.PublishableKey, person.AccessToken))]));
        }

        People = somebodies;
        var owner = People[0].Id;
        await Database.ExecuteAsync(
            $"""
            update user_settings set follow_approval = false;
            insert into guilds (slug, name, visibility, owner_id)
            values ('one', 'One', 'public', '{owner}'), ('two', 'Two', 'private', '{owner}');
            insert into learning_paths (title, difficulty_level, instructor_id) values ('First', 'beginner', '{owner}'), ('Second', 'expert', '{owner}');
            """);
        Guilds = await Database.ScalarAsync<Guid[]>("select array_agg(id) from guilds");
        Paths = await Database.ScalarAsync<Guid[]>("select array_agg(id) from learning_paths");
    }

    /// <summary>Waits until nothing happens any more: all awards are made and all leaderboards know them.</summary>
    internal Task SettleAsync()
        => Eventually.IsTrueAsync(async () => await Database.ScalarAsync<bool>(
            "select not exists (select from evolv.pending_events) and not exists (select from evolv.leaderboard_changes)"));

    public async ValueTask DisposeAsync()
    {
        foreach (var person in People)
            person.Dispose();
        await _servers[0].StopAsync();
        await _servers[1].StopAsync();
        await Plain.DisposeAsync();
        await _redis.DisposeAsync();
    }
}

/// <summary>A person as a client of each server.</summary>
sealed class Somebody(Person person, HttpClient[] clients) : IDisposable
{
    internal Guid Id => person.Id;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The answer of a function as it came.</summary>
    internal async Task<string> AskAsync(int server, string function)
    {
        using var answer = await clients[server].GetAsync($"/functions/v1/{function}", Token);
        Assert.True((int)answer.StatusCode < 500, $"{function}: {(int)answer.StatusCode}");
        return await answer.Content.ReadAsStringAsync(Token);
    }

    internal async Task<IReadOnlyList<JsonElement>> FeedAsync(int server, string filter)
    {
        var page = JsonDocument.Parse(await AskAsync(server, $"get-feed?filter={filter}&limit=100")).RootElement;
        return [.. page.GetProperty("data").GetProperty("feed").EnumerateArray()];
    }

    /// <summary>Writes through /rest/v1. Whether it was allowed matters to nobody here.</summary>
    internal async Task<string?> WriteAsync(int server, HttpMethod method, string path, object? body = null, string? prefer = null)
    {
        using var request = new HttpRequestMessage(method, $"/rest/v1/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        using var answer = await clients[server].SendAsync(request, Token);
        Assert.True((int)answer.StatusCode < 500, string.Create(CultureInfo.InvariantCulture, $"{method} {path}: {(int)answer.StatusCode}"));
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(Token) : null;
    }

    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
        person.Http.Dispose();
    }
}
