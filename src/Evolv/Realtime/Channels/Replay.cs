using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>The last kept messages of a private topic, for a channel that joins with <c>broadcast.replay</c>: <c>{since, limit}</c>.</summary>
sealed class Replay(Database database)
{
    const int MostMessages = 25;

    /// <summary>Oldest first.</summary>
    /// <exception cref="JoinError">The topic is public, or the parameters make no sense.</exception>
    internal async Task<IReadOnlyList<Push>> ReadAsync(Channel channel, JsonElement replay, CancellationToken cancellationToken)
    {
        if (!channel.Config.IsPrivate)
            throw JoinError.NoReplayInPublic();
        var milliseconds = Number(replay, "since", otherwise: 0, most: 253_402_300_000_000);
        var limit = (int)Number(replay, "limit", otherwise: MostMessages, most: MostMessages);
        if (!channel.Rights.ReadBroadcast)
            return [];

        var from = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        await using var session = await database.BeginAsync(Caller.Service, cancellationToken); // The channel's right to read was checked.
        var messages = await session.QueryListAsync(
            $"""
            select id, event, payload::text, binary_payload
            from realtime.messages
            where topic = {channel.Name} and private and extension = 'broadcast' and inserted_at >= ({from} at time zone 'UTC')
            order by inserted_at desc
            limit {limit}
            """,
            row => new BroadcastMessage(
                new TopicName(channel.Name, IsPrivate: true), row.GetString(1), !row.IsDBNull(2),
                row.IsDBNull(2) ? (row.IsDBNull(3) ? [] : row.GetFieldValue<byte[]>(3)) : Encoding.UTF8.GetBytes(row.GetString(2)),
                Encoding.UTF8.GetBytes($$"""{"id":"{{row.GetGuid(0)}}","replayed":true}""")),
            cancellationToken);
        messages.Reverse();
        return [.. messages.Select(message => message.ToPush())];
    }

    static long Number(JsonElement replay, string name, long otherwise, long most) => replay.Property(name) switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => otherwise,
        { ValueKind: JsonValueKind.Number } given when given.TryGetInt64(out var number) && number >= 0 && number <= most => number,
        _ => throw JoinError.BadReplay(),
    };
}
