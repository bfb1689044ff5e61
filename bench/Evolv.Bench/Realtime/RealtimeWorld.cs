using Evolv.Bench.Load;
using Npgsql;

namespace Evolv.Bench.Realtime;

/// <summary>A server without limits that a measurement would meet, and people who are signed in to it.</summary>
sealed class RealtimeWorld : IAsyncDisposable
{
    const int PeopleCount = 6000;
    const string Unlimited = "100000";

    readonly TokenSigner _signer;

    RealtimeWorld(BenchWorld world, TokenSigner signer) => (World, _signer) = (world, signer);

    internal BenchWorld World { get; }

    internal static async Task<RealtimeWorld> StartAsync()
    {
        var world = await BenchWorld.StartAsync(
            PeopleCount, items: 20_000,
            [
                .. ((string[])["MaxSockets", "MaxSocketsPerAddress", "JoinsPerSecond", "MessagesPerSecond", "PresenceCallsPer30Seconds"])
                    .Select(name => ($"EVOLV__REALTIME__{name.ToUpperInvariant()}", Unlimited)),
                ("EVOLV__REALTIME__HEARTBEATTIMEOUTSECONDS", "3600"),
                .. SocketSettings.Select(name => (name, "")),
            ]);
        await using var owner = await world.OpenOwnerAsync();
        await using var sessions = new NpgsqlCommand("insert into auth.sessions (id, user_id) select id, id from auth.users on conflict do nothing", owner);
        await sessions.ExecuteNonQueryAsync();
        return new RealtimeWorld(world, await TokenSigner.OfAsync(world, owner));
    }

    /// <summary>Environment variables of .NET by which the load's own sockets cost less; not for the server.</summary>
    internal static string[] SocketSettings { get; } = ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"];

    /// <summary>An access token of the n-th person, of a session of their own.</summary>
    internal string Token(int number) => _signer.Token(World.Person(number));

    /// <summary>Channels of distinct people, each with one entry of <c>postgres_changes</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="entry">The entry of the n-th, as JSON.</param>
    /// <param name="received">Called for each message of the n-th.</param>
    internal Task<BenchSocket[]> SubscribeAsync(int count, Func<int, string> entry, Action<int, ReadOnlySpan<byte>, long> received)
        => BenchSocket.JoinManyAsync(count, i => BenchSocket.JoinAsync(
            World, "changes", $$"""{"postgres_changes":[{{entry(i)}}],"postgres_changes_options":{"wait":true} }""", Token(i),
            (message, at) => received(i, message, at)));

    public ValueTask DisposeAsync() => World.DisposeAsync();
}

/// <summary>The number that a measured message carries.</summary>
static class Sequence
{
    /// <summary>The number after <c>"seq":</c>; -1 when there is none.</summary>
    internal static int Find(ReadOnlySpan<byte> message)
    {
        var at = message.IndexOf("\"seq\":"u8);
        if (at < 0)
            return -1;
        var number = 0;
        var digits = message[(at + 6)..].TrimStart((byte)' ');
        for (var i = 0; i < digits.Length && digits[i] is >= (byte)'0' and <= (byte)'9'; i++)
            number = number * 10 + digits[i] - '0';
        return number;
    }
}
