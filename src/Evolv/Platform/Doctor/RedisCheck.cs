using System.Globalization;
using Evolv.Platform.Redis;
using StackExchange.Redis;

namespace Evolv.Platform.Doctor;

/// <summary>Whether Redis answers, quickly, and does what a cache should when it is full.</summary>
static class RedisCheck
{
    const int Tries = 5;

    static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(10);
    static readonly Version Oldest = new(6, 2);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(RedisOptions options, CancellationToken cancellationToken)
    {
        if (options.Read() is not { } configuration)
            return [DoctorFinding.Green("not set: one server needs none")];
        configuration.AbortOnConnectFail = true;
        configuration.AllowAdmin = true; // For INFO.
        var address = string.Join(", ", configuration.EndPoints.Select(endpoint => Format(endpoint)));
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration).WaitAsync(cancellationToken);
            var server = redis.GetServers()[0];
            var latencies = new List<TimeSpan>();
            for (var i = 0; i < Tries; i++)
                latencies.Add(await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken));
            return [.. Judge(address, server.Version, latencies.Min()), .. await JudgeMemoryAsync(server, cancellationToken)];
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // Its message may repeat the address with options; ours does not.
            return [DoctorFinding.Red(
                $"Redis at {address} does not answer ({(exception is RedisConnectionException failure ? failure.FailureType.ToString() : exception.GetType().Name)})",
                "Start it, or check Redis:ConnectionString; until then each server caches and limits for itself.")];
        }
    }

    internal static IEnumerable<DoctorFinding> Judge(string address, Version version, TimeSpan latency)
    {
        var milliseconds = string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0.0} ms");
        yield return latency > Slow
            ? DoctorFinding.Yellow($"Redis {version} at {address} takes {milliseconds} for an answer", "Bring it nearer: every limited request waits for it.")
            : DoctorFinding.Green($"Redis {version} at {address} answers after {milliseconds}");
        if (version < Oldest)
            yield return DoctorFinding.Yellow($"Redis {version} is old", "Evolv is tested with 6.2 and newer, and with Valkey.");
    }

    static async Task<IReadOnlyList<DoctorFinding>> JudgeMemoryAsync(IServer server, CancellationToken cancellationToken)
    {
        Dictionary<string, string> memory;
        try
        {
            memory = (await server.InfoAsync("memory").WaitAsync(cancellationToken)).SelectMany(group => group).ToDictionary(pair => pair.Key, pair => pair.Value);
        }
        catch (RedisServerException)
        {
            return [DoctorFinding.Skipped("this user may not ask Redis for its bound of memory (INFO)")];
        }

        var isBounded = memory.GetValueOrDefault("maxmemory", "0") != "0";
        return !isBounded ? [DoctorFinding.Yellow("Redis has no bound of memory (maxmemory 0)", "config set maxmemory 256mb, and maxmemory-policy allkeys-lru.")]
            : memory.GetValueOrDefault("maxmemory_policy") == "noeviction"
                ? [DoctorFinding.Yellow("Redis refuses writes when it is full (maxmemory-policy noeviction)", "config set maxmemory-policy allkeys-lru: everything that Evolv keeps there can be made anew.")]
                : [];
    }

    static string Format(System.Net.EndPoint endpoint) => endpoint switch
    {
        System.Net.DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endpoint.ToString() ?? "",
    };
}
