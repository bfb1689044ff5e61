using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Auth;
using Evolv.Auth.Grants;
using Evolv.Auth.Tokens;
using Evolv.Bench.Load;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Bench.Auth;

/// <summary><c>./evolv bench auth</c>: what a refresh costs beside its SQL, and whether time tells who has an account.</summary>
static class AuthBench
{
    const string Password = "correct horse battery";
    const int AtOnce = 16;

    const string Help = """
        Measure /auth/v1: refreshes a second beside the same statements straight on the same PostgreSQL, and for every door that takes an
        address how long a known and an unknown one wait, in turn.
        Example: ./evolv bench auth
                 ./evolv bench auth --tries 500

          --seconds N       of the refreshes (default 5)
          --tries N         of each door with each kind of address (default 200)
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var seconds = int.Parse(Program.Text(args, "--seconds", "5"), CultureInfo.InvariantCulture);
        var tries = int.Parse(Program.Text(args, "--tries", "200"), CultureInfo.InvariantCulture);
        await using var world = await BenchWorld.StartAsync(people: 2500, items: 100);
        // One that confirms addresses: others tell at a sign-up.
        var port = await world.StartSiblingAsync(("EVOLV__AUTH__CONFIRMEMAIL", "true"), ("EVOLV__RATELIMITS__ENABLED", "false"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Add("apikey", world.SecretKey);
        var known = await NewPersonAsync(client, "known");

        await MeasureRefreshAsync(world, client, known, seconds);
        await CompareAsync(client, known, await NewPersonAsync(client, "imported", BCrypt.Net.BCrypt.HashPassword(Password, 10)), tries);
        return 0;
    }

    static async Task<string> NewPersonAsync(HttpClient client, string name, string? hash = null)
    {
        var email = $"{name}@bench.example.com";
        using var answer = await client.PostAsJsonAsync("/auth/v1/admin/users", new { email, password = hash is null ? Password : null, password_hash = hash, email_confirm = true });
        answer.EnsureSuccessStatusCode();
        return email;
    }

    // --- Refreshes -----------------------------------------------------------------------------------------------------

    static async Task MeasureRefreshAsync(BenchWorld world, HttpClient client, string email, int seconds)
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, AtOnce * 2).Select(_ => SignInAsync(client, email)));
        var (overHttp, straight) = (tokens[..AtOnce], tokens[AtOnce..]);
        await using var source = NpgsqlDataSource.Create(world.Connections.Pool);
        var database = new Database(source);
        var keys = SigningKeys.Of(KeyRing.CreateEmpty());
        var refreshTokens = new RefreshTokens(keys);
        var sessions = new Sessions(new AccessToken(keys), Options.Create(new AuthOptions()), TimeProvider.System);

        Console.WriteLine($"\n{Environment.ProcessorCount} cores, {AtOnce} at once.\n\n| refresh | per second | p50 ms | p99 ms |\n|---|---|---|---|");
        for (var round = 0; round < 2; round++) // The first one warms up.
        {
            var http = await LoopAsync(overHttp, seconds, token => RefreshAsync(client, token));
            var sql = await LoopAsync(straight, seconds, token => RefreshStraightAsync(database, sessions, refreshTokens, token));
            if (round == 0)
                continue;
            Console.WriteLine($"| /auth/v1/token | {Row(http, seconds)} |");
            Console.WriteLine($"| its statements alone | {Row(sql, seconds)} |");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nRatio: {(double)http.Count / sql.Count:F2} (aim 0.6)."));
        }
    }

    static async Task<List<double>> LoopAsync(string[] tokens, int seconds, Func<string, Task<string>> refreshAsync)
    {
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, tokens.Length).Select(worker => Task.Run(async () =>
        {
            var latencies = new List<double>();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                var sent = Stopwatch.GetTimestamp();
                tokens[worker] = await refreshAsync(tokens[worker]);
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return latencies;
        })));
        return [.. all.SelectMany(latencies => latencies).Order()];
    }

    static string Row(List<double> latencies, int seconds) => string.Create(
        CultureInfo.InvariantCulture, $"{latencies.Count / seconds} | {latencies[latencies.Count / 2]:F2} | {latencies[latencies.Count * 99 / 100]:F2}");

    static async Task<string> SignInAsync(HttpClient client, string email)
        => await TokenOfAsync(await client.PostAsJsonAsync("/auth/v1/token?grant_type=password", new { email, password = Password }));

    static async Task<string> RefreshAsync(HttpClient client, string token)
        => await TokenOfAsync(await client.PostAsJsonAsync("/auth/v1/token?grant_type=refresh_token", new { refresh_token = token }));

    static async Task<string> TokenOfAsync(HttpResponseMessage message)
    {
        using var answer = message.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("refresh_token").GetString()!;
    }

    // What the grant sends, with keys of its own, so only the texts of the tokens differ.
    static async Task<string> RefreshStraightAsync(Database database, Sessions sessions, RefreshTokens tokens, string token)
    {
        var given = RefreshTokens.Hash(token);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, CancellationToken.None);
        var state = (await RefreshTokenGrant.LockAsync(db, given, CancellationToken.None))!;
        var child = tokens.Child(token, state.SessionId, state.Children);
        var now = TimeProvider.System.GetUtcNow();
        await RefreshTokenGrant.SwapAsync(db, state, given, child, new RequestOrigin("127.0.0.1", ""), now, CancellationToken.None);
        await db.QuerySingleAsync(sessions.Select(state.SessionId, "token_refresh", now), row => row.FieldCount, CancellationToken.None);
        await db.CommitAsync(CancellationToken.None);
        return child;
    }

    // --- Who has an account ----------------------------------------------------------------------------------------------

    static async Task CompareAsync(HttpClient client, string usual, string imported, int tries)
    {
        (string Name, string Known, string Path, Func<string, object> Body)[] doors =
        [
            ("sign-up", usual, "signup", email => new { email, password = Password }),
            ("sign-in", usual, "token?grant_type=password", email => new { email, password = "wrong password" }),
            ("sign-in, imported (bcrypt)", imported, "token?grant_type=password", email => new { email, password = "wrong password" }),
            ("recover", usual, "recover", email => new { email }),
            ("otp", usual, "otp", email => new { email }),
            ("resend", usual, "resend", email => new { type = "signup", email }),
        ];
        Console.WriteLine($"\nOne at a time, {tries} tries each.\n\n| door | known, p50 ms | unknown, p50 ms | difference (aim 5 at most) |\n|---|---|---|---|");
        foreach (var (name, known, path, body) in doors)
        {
            var (ofKnown, ofUnknown) = (new List<double>(), new List<double>());
            for (var i = 0; i < tries + 20; i++)
            {
                // Who is first has the caches of the other.
                var isKnownFirst = i % 2 == 0;
                var unknown = $"{Guid.NewGuid():N}@bench.example.com";
                var first = await TimeAsync(client, path, body(isKnownFirst ? known : unknown));
                var second = await TimeAsync(client, path, body(isKnownFirst ? unknown : known));
                if (i < 20)
                    continue;
                ofKnown.Add(isKnownFirst ? first : second);
                ofUnknown.Add(isKnownFirst ? second : first);
            }

            var (a, b) = (Median(ofKnown), Median(ofUnknown));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {a:F2} | {b:F2} | {Math.Abs(a - b):F2} |"));
        }
    }

    static async Task<double> TimeAsync(HttpClient client, string path, object body)
    {
        var sent = Stopwatch.GetTimestamp();
        using var answer = await client.PostAsJsonAsync($"/auth/v1/{path}", body);
        await answer.Content.ReadAsByteArrayAsync();
        return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
