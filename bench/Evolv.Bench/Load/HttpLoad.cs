using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Evolv.Bench.Load;

/// <summary>
/// A closed loop over plain sockets: each connection sends its next request when the last answer is complete. It parses no
/// more than status and length, so that the machine's time goes to the server.
/// </summary>
static class HttpLoad
{
    /// <summary>
    /// A server that has run for a while: for the first half minute under load the JIT compiler takes a good part of two cores.
    /// </summary>
    internal static async Task WarmUpAsync(BenchWorld world, IReadOnlyCollection<Scenario> scenarios)
    {
        foreach (var scenario in scenarios)
            await LoopAsync(world.Port, scenario, connections: 16, TimeSpan.FromSeconds(30.0 / scenarios.Count));
    }

    internal static Task<Measurement> RunAsync(BenchWorld world, Scenario scenario, int connections, int seconds)
        => RunAsync(world.Port, scenario, connections, seconds);

    internal static async Task<Measurement> RunAsync(int port, Scenario scenario, int connections, int seconds)
    {
        await LoopAsync(port, scenario, connections, TimeSpan.FromSeconds(1)); // Connections of the pool, and plans.
        var started = Stopwatch.GetTimestamp();
        var (latencies, errors) = await LoopAsync(port, scenario, connections, TimeSpan.FromSeconds(seconds));
        return Measurement.Of(latencies, Stopwatch.GetElapsedTime(started).TotalSeconds, errors);
    }

    /// <summary>One turn: latencies in milliseconds.</summary>
    internal static async Task<(List<double> Latencies, long Errors)> LoopAsync(
        int port, Scenario scenario, int connections, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(async worker =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port);
            var (latencies, errors, buffer) = (new List<double>(), 0L, new byte[1024 * 1024]);
            for (var turn = 0; Stopwatch.GetElapsedTime(started) < duration; turn++)
            {
                var sent = Stopwatch.GetTimestamp();
                await socket.SendAsync(scenario.Request(worker * 1_000_003 + turn));
                if (!await ReadAnswerAsync(socket, buffer))
                    errors++;
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return (latencies, errors);
        }));
        return ([.. workers.SelectMany(worker => worker.latencies)], workers.Sum(worker => worker.errors));
    }

    /// <summary>True for a 2xx.</summary>
    internal static async Task<bool> ReadAnswerAsync(Socket socket, byte[] buffer)
    {
        var (received, expected) = (0, Unknown);
        while (received < expected && !(expected == Chunked && buffer.AsSpan(0, received).EndsWith("\r\n0\r\n\r\n"u8)))
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(received));
            if (count == 0)
                throw new IOException("the server closed the connection");
            received += count;
            if (expected == Unknown && buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8) is var head and >= 0)
                expected = BodyLength(Encoding.ASCII.GetString(buffer, 0, head)) is >= 0 and var length ? head + 4 + length : Chunked;
        }

        return buffer[9] == (byte)'2';
    }

    const int Unknown = int.MaxValue;
    const int Chunked = int.MaxValue - 1;

    /// <summary>-1 for a body in chunks.</summary>
    static int BodyLength(string head)
    {
        const string Name = "Content-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return -1;
        var end = head.IndexOf('\r', at);
        return int.Parse(head.AsSpan(at + Name.Length, (end < 0 ? head.Length : end) - at - Name.Length));
    }
}
