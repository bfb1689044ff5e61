using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Evolv.Bench.Load;
using Npgsql;

namespace Evolv.Bench.Realtime;

static class RealtimeScenarios
{
    const int AudienceChanges = 40;
    const int AudienceWarmUp = 10;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static (string Name, Func<RealtimeWorld, RealtimeSize, Task<RealtimeRow[]>> Run)[] All { get; } =
    [
        ("idle", IdleAsync), ("audience", AudienceAsync), ("stream", StreamAsync), ("broadcast", BroadcastLoad.RunAsync), ("presence", PresenceAsync),
    ];

    /// <summary>Sockets that wait for changes that do not come, and send their heartbeats.</summary>
    static async Task<RealtimeRow[]> IdleAsync(RealtimeWorld world, RealtimeSize size)
    {
        // The code is there, and the pools are filled, before memory is looked at.
        Leave(await JoinAsync(size.Idle / 10));
        await Task.Delay(TimeSpan.FromSeconds(5));

        var before = world.World.ServerBytes();
        var started = Stopwatch.GetTimestamp();
        var sockets = await JoinAsync(size.Idle);
        var joining = Stopwatch.GetElapsedTime(started);
        // Clients' heartbeats are spread over their interval: all at once would measure buffers of a moment that never comes.
        for (var heartbeat = 0; heartbeat < 3; heartbeat++)
        {
            foreach (var some in sockets.Chunk(Math.Max(size.Idle / 50, 1)))
            {
                await Task.Delay(TimeSpan.FromSeconds(0.1));
                foreach (var socket in some)
                    socket.SendHeartbeat();
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
        var perSocket = (world.World.ServerBytes() - before) / 1000.0 / size.Idle;
        Leave(sockets);
        return
        [
            new($"memory of each of {size.Idle} sockets with a channel and a filtered subscription, after heartbeats", $"{perSocket:F1} kB", "≤ 20 kB", perSocket <= 20),
            new("connections and joins, 32 at a time", $"{size.Idle / joining.TotalSeconds:F0} a second"),
        ];

        Task<BenchSocket[]> JoinAsync(int count) => world.SubscribeAsync(count, i => OwnItems(world.World, i), (_, _, _) => { });
    }

    /// <summary>One change that many people may see, each of whom the database is asked about.</summary>
    static async Task<RealtimeRow[]> AudienceAsync(RealtimeWorld world, RealtimeSize size)
    {
        const int Changes = AudienceWarmUp + AudienceChanges;
        var (committed, missing, receipts, lasts) = (new long[Changes], new int[Changes], new Latencies(), new Latencies());
        var all = new TaskCompletionSource();
        Array.Fill(missing, size.Subscribers);
        var sockets = await world.SubscribeAsync(
            size.Subscribers, _ => """{"event":"INSERT","schema":"public","table":"feed_items"}""", (_, message, at) =>
            {
                if (Sequence.Find(message) is not (>= 0 and var number))
                {
                    Complain(message);
                    return;
                }

                if (number >= AudienceWarmUp)
                    receipts.Add(committed[number], at);
                if (Interlocked.Decrement(ref missing[number]) != 0)
                    return;
                if (number >= AudienceWarmUp)
                    lasts.Add(committed[number], at);
                all.TrySetResult();
            });
        await using var writer = await world.World.OpenOwnerAsync();
        for (var number = 0; number < Changes; number++)
        {
            all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (var transaction = await writer.BeginTransactionAsync())
            {
                await InsertAsync(writer, world.World.Person(size.Subscribers + number), "public", number);
                committed[number] = Stopwatch.GetTimestamp();
                await transaction.CommitAsync();
            }

            if (await Task.WhenAny(all.Task, Task.Delay(Patience)) != all.Task)
                Console.Error.WriteLine($"Change {number} has not reached {missing[number]} people.");
            await Task.Delay(100);
        }

        Leave(sockets);
        return
        [
            new($"from commit to each of {size.Subscribers} people, {AudienceChanges} changes", $"{receipts}"),
            new("from commit to the last of them", $"{lasts}", "p99 ≤ 250 ms", lasts.At(0.99) <= 250),
            new("receipts that are missing", $"{missing.Sum()}", "0", missing.Sum() == 0),
        ];
    }

    /// <summary>Many changes, each for one of many people.</summary>
    static async Task<RealtimeRow[]> StreamAsync(RealtimeWorld world, RealtimeSize size)
    {
        var (people, warmUp) = (Math.Min(1000, size.Subscribers), size.Rate * 3);
        var changes = warmUp + size.Rate * size.Seconds;
        var (sent, received, thirds) = (new long[changes], 0, new Latencies[] { new(), new(), new() });
        var latencies = new Latencies();
        var sockets = await world.SubscribeAsync(people, i => OwnItems(world.World, i), (_, message, at) =>
        {
            if (Sequence.Find(message) is not (>= 0 and var number))
            {
                Complain(message);
                return;
            }

            Interlocked.Increment(ref received);
            if (number < warmUp)
                return;
            latencies.Add(sent[number], at);
            thirds[(number - warmUp) * 3L / (changes - warmUp)].Add(sent[number], at);
        });

        var (next, started) = (-1, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            await using var writer = await world.World.OpenOwnerAsync();
            while (Interlocked.Increment(ref next) is var number && number < changes)
            {
                var early = TimeSpan.FromSeconds(number / (double)size.Rate) - Stopwatch.GetElapsedTime(started);
                if (early > TimeSpan.Zero)
                    await Task.Delay(early);
                sent[number] = Stopwatch.GetTimestamp();
                await InsertAsync(writer, world.World.Person(number % people), "followers", number);
            }
        }));
        var writing = Stopwatch.GetElapsedTime(started);
        for (var waited = Stopwatch.StartNew(); Volatile.Read(ref received) < changes && waited.Elapsed < Patience;)
            await Task.Delay(10);

        Leave(sockets);
        var (first, last) = (thirds[0].At(0.99), thirds[2].At(0.99));
        return
        [
            new($"{changes / writing.TotalSeconds:F0} changes a second for {size.Seconds} s, each for one of {people} people: from sending the INSERT to the receipt", $"{latencies}",
                "p99 ≤ 100 ms", latencies.At(0.99) <= 100),
            new("p99 of the first and of the last third", $"{first:F1} ms, {last:F1} ms", "no growth", last <= Math.Max(first * 1.5, first + 20)),
            new("receipts that are missing", $"{changes - received}", "0", changes == received),
        ];
    }

    /// <summary>Members of one topic who all track themselves at once, until each has seen all.</summary>
    static async Task<RealtimeRow[]> PresenceAsync(RealtimeWorld world, RealtimeSize size)
    {
        var seen = Enumerable.Range(0, size.Present).Select(_ => new HashSet<string>()).ToArray();
        var (missing, messages, bytes, all) = (size.Present, 0, 0L, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var sockets = await BenchSocket.JoinManyAsync(size.Present, i => BenchSocket.JoinAsync(
            world.World, "presence", $$"""{"presence":{"key":"member-{{i}}","enabled":true} }""", world.Token(i), (message, _) =>
            {
                Interlocked.Increment(ref messages);
                Interlocked.Add(ref bytes, message.Length);
                lock (seen[i])
                {
                    if (seen[i].Count < size.Present && See(message, seen[i]) && seen[i].Count == size.Present && Interlocked.Decrement(ref missing) == 0)
                        all.SetResult();
                }
            }));
        var (started, before) = (Stopwatch.GetTimestamp(), messages);
        foreach (var socket in sockets)
            socket.SendText("""["1","2","realtime:presence","presence",{"type":"presence","event":"track","payload":{"online_at":"2026-01-01T00:00:00Z"}}]""");
        await all.Task.WaitAsync(Patience);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Leave(sockets);
        return
        [
            new($"{size.Present} members track themselves at once, until each has seen all", $"{elapsed.TotalMilliseconds:F0} ms"),
            new("messages to each for that, and bytes", $"{(messages - before) / (double)size.Present:F1}, {bytes / 1000.0 / size.Present:F1} kB"),
        ];
    }

    static bool See(ReadOnlySpan<byte> message, HashSet<string> seen)
    {
        using var document = JsonDocument.Parse(message.ToArray());
        var joined = document.RootElement[3].GetString() switch
        {
            "presence_state" => document.RootElement[4],
            "presence_diff" => document.RootElement[4].GetProperty("joins"),
            _ => default,
        };
        if (joined.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var member in joined.EnumerateObject())
            seen.Add(member.Name);
        return true;
    }

    static string OwnItems(BenchWorld world, int number)
        => $$"""{"event":"INSERT","schema":"public","table":"feed_items","filter":"user_id=eq.{{world.Person(number)}}"}""";

    static async Task InsertAsync(NpgsqlConnection writer, Guid author, string visibility, int number)
    {
        await using var insert = new NpgsqlCommand(
            "insert into public.feed_items (user_id, activity_type, content, visibility) values ($1, 'course_completion', jsonb_build_object('seq', $2), $3)", writer)
        {
            Parameters = { new() { Value = author }, new() { Value = number }, new() { Value = visibility } },
        };
        await insert.PrepareAsync();
        await insert.ExecuteNonQueryAsync();
    }

    static void Complain(ReadOnlySpan<byte> message)
    {
        if (message.IndexOf("Subscribed to PostgreSQL"u8) < 0)
            Console.Error.WriteLine(Encoding.UTF8.GetString(message));
    }

    static void Leave(BenchSocket[] sockets)
    {
        foreach (var socket in sockets)
            socket.Dispose();
    }
}
