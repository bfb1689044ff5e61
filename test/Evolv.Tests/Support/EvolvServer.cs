using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>The whole server on a free port of its own, over a database of its own. Tests talk to it as a client would.</summary>
sealed class EvolvServer : IAsyncDisposable
{
    readonly WebApplication _app;

    EvolvServer(WebApplication app, TestDatabase database, string url, string publishableKey, string secretKey)
    {
        _app = app;
        Database = database;
        Url = url;
        PublishableKey = publishableKey;
        SecretKey = secretKey;
        Anonymous = ClientWith(PublishableKey, null);
        Service = ClientWith(SecretKey, null);
        Keyless = new HttpClient { BaseAddress = new Uri(Url) };
    }

    internal TestDatabase Database { get; }

    internal string Url { get; }

    internal string PublishableKey { get; }

    internal string SecretKey { get; }

    internal IServiceProvider Services => _app.Services;

    /// <summary>With the publishable key, as a page before sign-in.</summary>
    internal HttpClient Anonymous { get; }

    /// <summary>With the secret key, as a trusted back end.</summary>
    internal HttpClient Service { get; }

    /// <summary>Without any key.</summary>
    internal HttpClient Keyless { get; }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<EvolvServer> StartAsync(EvolvCluster cluster, params (string Key, string Value)[] settings)
        => await StartAsync(await cluster.CreateDatabaseAsync(), settings);

    internal static async Task<EvolvServer> StartAsync(TestDatabase database, params (string Key, string Value)[] settings)
    {
        var given = settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value);
        given.TryAdd("RateLimits:Enabled", "false");
        given.TryAdd("Cache:Enabled", "false"); // Others read within a second; most tests look at once.
        given.TryAdd("Logging:LogLevel:Default", "None");
        given.TryAdd("Observability:Metrics", "false"); // Servers of one process would count into each other.
        given.TryAdd("Urls", "http://127.0.0.1:0");
        given.TryAdd("Audit:HeadsFile", ""); // Databases of tests come from one template and share the data folder.
        given.TryAdd("Auth:PasswordIterations", "100000"); // Hashing is most of what a test would wait for.
        given.TryAdd("Database:ConnectionString", database.Connections.Owner.ConnectionString);
        var app = Program.Build(given);
        await app.Services.GetRequiredService<Installation>().StartAsync(Token);
        await app.StartAsync(Token);
        var keys = await ReadKeysAsync(database);
        return new EvolvServer(app, database, app.Urls.First(), keys["publishable"], keys["secret"]);
    }

    /// <summary>A client with a key and, if there is one, a person's access token.</summary>
    internal HttpClient ClientWith(string key, string? accessToken)
    {
        var client = new HttpClient { BaseAddress = new Uri(Url) };
        client.DefaultRequestHeaders.Add("apikey", key);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken ?? key);
        return client;
    }

    /// <summary>Somebody who signed up through the API: <c>SignUpAsync("ada")</c> is ada@example.com.</summary>
    internal async Task<Person> SignUpAsync(string name, params string[] roles)
    {
        using var answer = await Anonymous.PostAsJsonAsync(
            "/auth/v1/signup",
            new { email = $"{name}@example.com", password = Person.Password, data = new { full_name = name } }, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        using var session = JsonDocument.Parse(text);
        var id = session.RootElement.GetProperty("user").GetProperty("id").GetGuid();
        foreach (var role in roles)
            await Database.ExecuteAsync($"insert into public.user_roles (user_id, role) values ('{id}', '{role}')");
        var accessToken = session.RootElement.GetProperty("access_token").GetString()!;
        return new Person(name, id, accessToken, session.RootElement.GetProperty("refresh_token").GetString()!, ClientWith(PublishableKey, accessToken));
    }

    /// <summary>The access token of an anonymous sign-up: somebody, quickly.</summary>
    internal async Task<string> TokenOfGuestAsync()
    {
        using var answer = await Anonymous.PostAsJsonAsync("/auth/v1/signup", new { }, Token);
        using var session = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return session.RootElement.GetProperty("access_token").GetString()!;
    }

    /// <summary>Ends it, but not its database.</summary>
    internal Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        Service.Dispose();
        Keyless.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Database.DisposeAsync();
    }

    static async Task<Dictionary<string, string>> ReadKeysAsync(TestDatabase database)
    {
        await using var owner = await database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand("select kind, api_key from auth.api_keys where kind <> 'legacy_jwt'", owner);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var keys = new Dictionary<string, string>();
        while (await reader.ReadAsync(Token))
            keys[reader.GetString(0)] = reader.GetString(1);
        return keys;
    }
}

/// <summary>A signed-in person and the client with which they call.</summary>
sealed record Person(string Name, Guid Id, string AccessToken, string RefreshToken, HttpClient Http)
{
    internal const string Password = "correct horse battery";
}
