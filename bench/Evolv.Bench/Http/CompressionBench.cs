using System.Globalization;
using System.Text;
using Evolv.Bench.Load;

namespace Evolv.Bench.Http;

/// <summary><c>./evolv bench compression</c>: what a compressed answer costs the server, and what it saves on the way.</summary>
static class CompressionBench
{
    const string Help = """
        Measure the same answers plain, with gzip and with brotli, in turns, in one run.
        Example: ./evolv bench compression

          --connections N   (default 4)
          --rounds N        turns of each kind (default 4)
          --seconds N       of a turn (default 4)
        """;

    static readonly string[] Encodings = ["identity", "gzip", "br"];

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var (connections, rounds) = (Number(args, "--connections", 4), Number(args, "--rounds", 4));
        var turn = TimeSpan.FromSeconds(Number(args, "--seconds", 4));
        await using var world = await BenchWorld.StartAsync(2000, 20_000);
        (string Name, string Path)[] answers =
        [
            ("get-feed, 20 items", "/functions/v1/get-feed?filter=all&limit=20"),
            ("/rest/v1 feed_items, 1000 rows", "/rest/v1/feed_items?limit=1000"),
        ];
        Console.WriteLine(
            $"""

            {Environment.ProcessorCount} cores, {world.PostgresVersion}, .NET {Environment.Version}; {connections} connections, {rounds} turns of {turn.TotalSeconds:F0} s each; load and server share the machine.

            | answer | encoding | bytes | server ms each | req/s | p50 ms | p99 ms | errors |
            |---|---|---|---|---|---|---|---|
            """);
        foreach (var (name, path) in answers)
        {
            var scenarios = Encodings.Select(encoding => Ask(world, path, encoding)).ToArray();
            await HttpLoad.WarmUpAsync(world, scenarios);
            var turns = Encodings.Select(_ => new Turns()).ToArray();
            for (var round = 0; round < rounds * Encodings.Length; round++)
                await turns[round % Encodings.Length].AddAsync(world, scenarios[round % Encodings.Length], connections, turn);
            foreach (var (encoding, measured) in Encodings.Zip(turns))
            {
                var (bytes, all) = (await SizeAsync(world, path, encoding), measured.Measure());
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {encoding} | {bytes} | {measured.MillisecondsEach:F3} | {all.PerSecond:F0} | {all.P50:F2} | {all.P99:F2} | {all.Errors} |"));
            }
        }

        return 0;
    }

    static Scenario Ask(BenchWorld world, string path, string encoding)
    {
        var person = world.Followers[200];
        var request = Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nAuthorization: Bearer {person.AccessToken}\r\nAccept-Encoding: {encoding}\r\n\r\n");
        return new Scenario(path, person.Caller, "", _ => request);
    }

    static async Task<int> SizeAsync(BenchWorld world, string path, string encoding)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{world.Port}") };
        client.DefaultRequestHeaders.Add("apikey", world.PublishableKey);
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {world.Followers[200].AccessToken}");
        client.DefaultRequestHeaders.Add("Accept-Encoding", encoding);
        return (await client.GetByteArrayAsync(new Uri(path, UriKind.Relative))).Length;
    }

    static int Number(string[] args, string name, int otherwise)
        => int.Parse(Program.Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
