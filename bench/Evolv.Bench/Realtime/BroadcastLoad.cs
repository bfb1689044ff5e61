using System.Diagnostics;
using System.Text;

namespace Evolv.Bench.Realtime;

/// <summary>
/// One member of a topic sends to all others, a few messages ahead of the slowest: a closed loop, so that the figure is what
/// the server delivers and not what piles up in it.
/// </summary>
static class BroadcastLoad
{
    const string Topic = "realtime:fan-out";
    const int PayloadBytes = 100;

    internal static async Task<RealtimeRow[]> RunAsync(RealtimeWorld world, RealtimeSize size)
    {
        var rows = new List<RealtimeRow>();
        using var members = new Members(size.Members);
        var sender = default(BenchSocket)!;
        var sockets = await BenchSocket.JoinManyAsync(size.Members + 1, async i =>
        {
            var socket = await BenchSocket.JoinAsync(world.World, "fan-out", "{}", world.Token(i), (message, at) => members.Receive(message, at));
            if (i == size.Members)
                sender = socket;
            return socket;
        });
        // Warm, then slowly for the latency, then as fast as it goes.
        foreach (var (ahead, pause, seconds) in ((int, int, int)[])[(8, 0, 5), (1, 20, Math.Max(3, size.Seconds / 3)), (16, 0, Math.Max(3, size.Seconds / 3))])
        {
            var latencies = members.Begin();
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                await members.WaitAsync(ahead);
                sender.SendBinary(Message(members.Next()));
                if (pause > 0)
                    await Task.Delay(pause);
            }

            await members.WaitAsync(1);
            var perSecond = latencies.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (pause > 0)
                rows.Add(new($"{1000 / pause} messages a second at most to {size.Members} members: latency of each delivery", $"{latencies}"));
            else
                rows.Add(new($"as fast as it goes, {ahead} messages ahead of the slowest", $"{perSecond:F0} deliveries a second, {latencies}", "≥ 100 000 a second", perSecond >= 100_000));
        }

        foreach (var socket in sockets)
            socket.Dispose();
        return [.. rows.Skip(1)];
    }

    // Kind 3, as stock clients send each broadcast: lengths of join_ref, ref, topic, event, metadata, and 1 for JSON.
    static byte[] Message(int number)
    {
        var payload = $"{{\"seq\":{number},\"text\":\"".PadRight(PayloadBytes - 2, '.') + "\"}";
        return [3, 1, 1, (byte)Topic.Length, 3, 0, 1, .. Encoding.ASCII.GetBytes($"12{Topic}say{payload}")];
    }

    /// <summary>Counts who has what.</summary>
    sealed class Members(int count) : IDisposable
    {
        const int Remembered = 1024;

        readonly long[] _sent = new long[Remembered];
        readonly int[] _missing = new int[Remembered];
        readonly SemaphoreSlim _arrived = new(0);
        Latencies _latencies = new();
        int _number;
        int _complete;

        public void Dispose() => _arrived.Dispose();

        internal Latencies Begin() => _latencies = new Latencies();

        internal int Next()
        {
            var number = _number++;
            _missing[number % Remembered] = count;
            _sent[number % Remembered] = Stopwatch.GetTimestamp();
            return number;
        }

        /// <summary>Until fewer than that many messages are on their way.</summary>
        internal async Task WaitAsync(int ahead)
        {
            while (_number - Volatile.Read(ref _complete) >= ahead)
            {
                if (!await _arrived.WaitAsync(TimeSpan.FromSeconds(10)))
                    throw new TimeoutException("broadcasts are missing");
            }
        }

        internal void Receive(ReadOnlySpan<byte> message, long at)
        {
            if (Sequence.Find(message) is not (>= 0 and var number))
                return;
            _latencies.Add(_sent[number % Remembered], at);
            if (Interlocked.Decrement(ref _missing[number % Remembered]) == 0)
            {
                Interlocked.Increment(ref _complete);
                _arrived.Release();
            }
        }
    }
}
