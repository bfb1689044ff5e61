using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Evolv.Bench.Load;

/// <summary>
/// The same statement straight on the same PostgreSQL, as the same role with the same claims: prepared, and in one round
/// trip. With pgbench when it is installed; otherwise with Npgsql, which costs more of the machine and makes ratios kinder.
/// </summary>
static partial class DatabaseLoad
{
    static readonly bool HasPgbench = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "pgbench")));

    internal static string Tool => HasPgbench ? "pgbench (prepared, pipelined)" : "Npgsql (prepared, one batch; install pgbench for the true limit)";

    internal static Task<Measurement> RunAsync(BenchWorld world, Scenario scenario, int connections, int seconds)
        => HasPgbench ? PgbenchAsync(world, scenario, connections, seconds) : NpgsqlAsync(world, scenario, connections, seconds);

    static async Task<Measurement> PgbenchAsync(BenchWorld world, Scenario scenario, int connections, int seconds)
    {
        var script = Path.Combine(world.Folder, "pgbench.sql");
        var log = Path.Combine(world.Folder, "pgbench-log");
        var variables = new List<string> { $"claims={scenario.Caller.ClaimsJson}" };
        // In pgbench's prepared mode a colon begins a variable, inside quotes as well: such texts go in as variables.
        var sql = Quoted().Replace(scenario.Sql, quoted =>
        {
            if (!quoted.Value.Contains(':', StringComparison.Ordinal))
                return quoted.Value;
            variables.Add($"quoted{variables.Count}={quoted.Value.Trim('\'')}");
            return $":quoted{variables.Count - 1}";
        });
        await File.WriteAllTextAsync(script,
            $"""
            \set n random(1, 1000000000)
            \startpipeline
            select set_config('role', '{scenario.Caller.Role}', true), set_config('request.jwt.claims', :claims, true), set_config('request.jwt.claim.sub', '{scenario.Caller.UserId}', true);
            {sql};
            \endpipeline

            """);
        var login = world.Login;
        using var pgbench = Process.Start(new ProcessStartInfo("pgbench",
        [
            "-n", "-M", "prepared", "-f", script, "-T", seconds.ToString(CultureInfo.InvariantCulture),
            "-c", connections.ToString(CultureInfo.InvariantCulture), "-j", Math.Min(connections, 2).ToString(CultureInfo.InvariantCulture),
            "-l", "--log-prefix", log, .. variables.SelectMany(variable => (string[])["-D", variable]),
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = login.Host, ["PGPORT"] = login.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = login.Username, ["PGPASSWORD"] = login.Password, ["PGDATABASE"] = login.Database,
            },
        })!;
        var errorText = pgbench.StandardError.ReadToEndAsync();
        var output = await pgbench.StandardOutput.ReadToEndAsync();
        await pgbench.WaitForExitAsync();
        if (pgbench.ExitCode != 0)
            throw new InvalidOperationException($"pgbench failed: {await errorText}");

        // client, transaction, microseconds, script, epoch seconds, microseconds
        var latencies = new List<double>();
        foreach (var file in Directory.GetFiles(world.Folder, "pgbench-log*"))
        {
            latencies.AddRange(File.ReadLines(file).Select(line => double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) / 1000));
            File.Delete(file);
        }

        var measured = Measurement.Of(latencies, seconds, 0);
        return measured with { PerSecond = double.Parse(Tps().Match(output).Groups[1].Value, CultureInfo.InvariantCulture) };
    }

    /// <summary>With Npgsql in any case.</summary>
    internal static async Task<Measurement> NpgsqlAsync(BenchWorld world, Scenario scenario, int connections, int seconds)
    {
        var started = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(async worker =>
        {
            var latencies = new List<double>();
#pragma warning disable RS0030 // Measures what lies below the door.
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(world.Login.ConnectionString) { Pooling = false }.ConnectionString);
#pragma warning restore RS0030
            await connection.OpenAsync();
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true), set_config('request.jwt.claim.sub', $3, true)")
                    {
                        Parameters = { new() { Value = scenario.Caller.Role }, new() { Value = scenario.Caller.ClaimsJson }, new() { Value = scenario.Caller.UserId?.ToString() ?? "" } },
                    },
                    new NpgsqlBatchCommand(scenario.Sql.Replace(":n", "$1::bigint", StringComparison.Ordinal)),
                },
            };
            var number = new NpgsqlParameter<long>();
            if (scenario.Sql.Contains(":n", StringComparison.Ordinal))
                batch.BatchCommands[1].Parameters.Add(number);
            for (var turn = 0; Stopwatch.GetElapsedTime(started).TotalSeconds < seconds; turn++)
            {
                number.TypedValue = worker * 1_000_003L + turn;
                var sent = Stopwatch.GetTimestamp();
                await using var reader = await batch.ExecuteReaderAsync();
                await reader.NextResultAsync();
                await reader.ReadAsync();
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return latencies;
        }));
        return Measurement.Of([.. workers.SelectMany(latencies => latencies)], Stopwatch.GetElapsedTime(started).TotalSeconds, 0);
    }

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"tps = ([\d.]+) ")]
    private static partial Regex Tps();
}
