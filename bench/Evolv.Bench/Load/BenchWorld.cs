using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Evolv.Rest;
using Evolv.Rest.Schema;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Bench.Load;

/// <summary>Somebody who calls: with an access token from the server itself.</summary>
sealed record BenchPerson(Guid Id, Guid SessionId, string AccessToken, Caller Caller);

/// <summary>
/// A server in a process of its own with a PostgreSQL of its own, filled with people, a power-law graph of follows and feed
/// items. Everything is below one temporary folder, which is removed at the end.
/// </summary>
sealed class BenchWorld : IAsyncDisposable
{
    readonly Process _server;
    readonly List<Process> _siblings = [];

    BenchWorld(Process server, string folder, int port, int people, int items)
    {
        (_server, Folder, Port, People, Items) = (server, folder, port, people, items);
        Connections = ConnectionStrings.From(new DatabaseOptions(), EmbeddedPostgres.OwnerOf(DataFolder.Open(DataPath).ReadSecret()!));
    }

    internal string Folder { get; }

    internal int Port { get; }

    internal int People { get; }

    internal int Items { get; }

    internal ConnectionStrings Connections { get; }

    /// <summary>
    /// For pgbench, which parses its statements before the script becomes the caller: as the pool's login, but with the
    /// rights of the roles from the start.
    /// </summary>
    internal NpgsqlConnectionStringBuilder Login => new(Connections.Pool.ConnectionString) { Username = "bench", Password = "bench" };

    internal string PublishableKey { get; private set; } = "";

    internal string SecretKey { get; private set; } = "";

    internal string PostgresVersion { get; private set; } = "";

    /// <summary>The schema as /rest/v1 knows it, to make the server's own statements here.</summary>
    internal RestSnapshot Rest { get; private set; } = null!;

    /// <summary>People by the number of those they follow.</summary>
    internal Dictionary<int, BenchPerson> Followers { get; } = [];

    string DataPath => Path.Combine(Folder, "data");

    /// <param name="people">How many there are.</param>
    /// <param name="items">How many feed items.</param>
    /// <param name="settings">Of the server, beside those that every measurement needs.</param>
    internal static async Task<BenchWorld> StartAsync(int people, int items, params (string Name, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("evolv-bench-").FullName;
        var port = DataFolder.FreePort();
        var started = Stopwatch.GetTimestamp();
        var server = await StartServerAsync(folder, port, settings);
        var first = Stopwatch.GetElapsedTime(started);
        Say($"First start: {first.TotalSeconds:F1} s.");

        var world = new BenchWorld(server, folder, port, people, items);
        await world.FillAsync();
        return world;
    }

    /// <summary>Another server over the same database; it ends with this one.</summary>
    /// <returns>The port on which it listens.</returns>
    internal async Task<int> StartSiblingAsync(params (string Name, string Value)[] settings)
    {
        var port = DataFolder.FreePort();
        _siblings.Add(await StartServerAsync(
            Path.Combine(Folder, $"sibling-{port}"), port,
            [("EVOLV__DATABASE__CONNECTIONSTRING", Connections.Owner.ConnectionString), .. settings]));
        return port;
    }

    /// <summary>Resident memory of the server in megabytes, without its PostgreSQL.</summary>
    internal long ServerMemory() => ServerBytes() / (1024 * 1024);

    /// <summary>Resident memory of the server in bytes, without its PostgreSQL.</summary>
    internal long ServerBytes()
    {
        _server.Refresh();
        return _server.WorkingSet64;
    }

    /// <summary>Processor time that the server has used, without its PostgreSQL.</summary>
    internal TimeSpan ServerTime()
    {
        _server.Refresh();
        return _server.TotalProcessorTime;
    }

    /// <summary>The server's process, for those who look into it.</summary>
    internal int ServerId => _server.Id;

    /// <summary>The n-th person of the generated ones, by a number of any size.</summary>
    internal Guid Person(long number) => new($"00000000-0000-4000-8000-{number % People + 1:x12}");

    internal async Task AssertInvariantsAsync()
    {
        var broken = await ScalarAsync("select coalesce(string_agg(invariant, ', '), '') from evolv.invariants()");
        Console.WriteLine(broken.Length == 0 ? "\nInvariants hold." : $"\nBROKEN: {broken}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _siblings.Append(_server))
        {
            using (var kill = Process.Start("kill", ["-TERM", server.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    static async Task<Process> StartServerAsync(string folder, int port, (string Name, string Value)[] settings)
    {
        var program = typeof(ConnectionStrings).Assembly.Location;
        var start = new ProcessStartInfo("dotnet",
            [program, "start", "--data", Path.Combine(folder, "data"), "--urls", $"http://127.0.0.1:{port}"])
        {
            RedirectStandardOutput = true,
            Environment = { ["EVOLV__RATELIMITS__ENABLED"] = "false", ["EVOLV__CACHE__ENABLED"] = "false", ["EVOLV__REST__DBSCHEMAS"] = "public,bench" },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var server = Process.Start(start)!;
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("./evolv status", StringComparison.Ordinal))
                return server;
        }

        throw new InvalidOperationException("The server did not start; see above.");
    }

    async Task FillAsync()
    {
        PostgresVersion = await ScalarAsync("select 'PostgreSQL ' || current_setting('server_version')");
        PublishableKey = await ScalarAsync("select api_key from auth.api_keys where kind = 'publishable'");
        SecretKey = await ScalarAsync("select api_key from auth.api_keys where kind = 'secret'");

        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("world.sql")!);
        var script = (await reader.ReadToEndAsync())
            .Replace(":people", People.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(":items", Items.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await using var owner = await OpenOwnerAsync();
        foreach (var statement in SqlScript.Split(script))
        {
            var started = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand(statement.Text, owner) { CommandTimeout = 1800 };
            await command.ExecuteNonQueryAsync();
            if (Stopwatch.GetElapsedTime(started) is { TotalSeconds: > 1 } elapsed)
                Say($"{elapsed.TotalSeconds,6:F1} s  {statement.Text.Split('\n').First(line => !line.StartsWith("--", StringComparison.Ordinal))} …");
        }

        var config = RestConfigReader.Read(new RestOptions { DbSchemas = "bench" }, StoredSettings.None, NullLogger.Instance);
        Rest = new RestSnapshot(config, await SchemaLoader.LoadAsync(owner, config, null, CancellationToken.None));
        foreach (var followees in (int[])[20, 200, 2000])
            Followers[followees] = await SignUpFollowerAsync(owner, followees);

        await using var vacuum = new NpgsqlCommand("vacuum (analyze) public.user_follows", owner) { CommandTimeout = 600 };
        await vacuum.ExecuteNonQueryAsync();
    }

    async Task<BenchPerson> SignUpFollowerAsync(NpgsqlConnection owner, int followees)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
        client.DefaultRequestHeaders.Add("apikey", PublishableKey);
        using var answer = await client.PostAsJsonAsync(
            "/auth/v1/signup", new { email = $"follows-{followees}@example.com", password = "correct horse battery" });
        answer.EnsureSuccessStatusCode();
        using var session = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var id = session.RootElement.GetProperty("user").GetProperty("id").GetGuid();

        // Followees spread over all people, so that some write often and most seldom.
        await using var follow = new NpgsqlCommand(
            """
            insert into public.user_follows (follower_id, following_id, status)
            select $1, ('00000000-0000-4000-8000-' || lpad(to_hex(1 + (n * 7919) % $3), 12, '0'))::uuid, 'accepted'
            from generate_series(1, least($2, $3)) n
            on conflict do nothing
            """, owner)
        {
            Parameters = { new() { Value = id }, new() { Value = followees }, new() { Value = People } },
        };
        await follow.ExecuteNonQueryAsync();
        var token = session.RootElement.GetProperty("access_token").GetString()!;
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1]));
        using var claims = JsonDocument.Parse(payload);
        return new BenchPerson(
            id, claims.RootElement.GetProperty("session_id").GetGuid(), token, new Caller(Caller.AuthenticatedRole, payload, id));
    }

    internal async Task<NpgsqlConnection> OpenOwnerAsync() => await Migrator.OpenOwnerAsync(Connections, CancellationToken.None);

    async Task<string> ScalarAsync(string sql)
    {
        await using var owner = await OpenOwnerAsync();
        await using var command = new NpgsqlCommand(sql, owner) { CommandTimeout = 600 };
        return (string)(await command.ExecuteScalarAsync())!;
    }

    static void Say(FormattableString text) => Console.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
