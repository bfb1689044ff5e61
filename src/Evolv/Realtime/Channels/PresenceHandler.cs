using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Evolv.Realtime.Socket;
using Microsoft.Extensions.Options;

namespace Evolv.Realtime.Channels;

/// <summary>The event <c>presence</c>: <c>track</c> with an object, or <c>untrack</c>.</summary>
sealed class PresenceHandler(PresenceRooms rooms, ChannelExit exit, IOptions<RealtimeOptions> options, TimeProvider time)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    internal void Handle(Channel channel, ClientMessage message)
    {
        if (!TakeTurn(channel))
        {
            channel.Socket.Reply(message, isOk: false, "{\"reason\":\"Too many presence calls\"}"u8);
            exit.Close(channel, "Client presence rate limit exceeded");
            return;
        }

        switch (message.Payload.Property("event").Text?.ToLowerInvariant())
        {
            case "track" when !channel.Rights.WritePresence:
                // As with broadcasts, who may not is not told.
                channel.Socket.Reply(message, isOk: true, "{}"u8);
                break;
            case "track":
                Track(channel, message);
                break;
            case "untrack":
                rooms.Untrack(channel);
                channel.Socket.Reply(message, isOk: true, "{}"u8);
                break;
            default:
                channel.Socket.Reply(message, isOk: false, "{\"reason\":\"Presence event is track or untrack\"}"u8);
                break;
        }
    }

    void Track(Channel channel, ClientMessage message)
    {
        var payload = message.Payload.Property("payload");
        if (payload.ValueKind == JsonValueKind.Undefined)
            payload = JsonElement.Parse("{}");
        if (payload.ValueKind != JsonValueKind.Object)
        {
            channel.Socket.Reply(message, isOk: false, "{\"reason\":\"Presence track payload must be a map\"}"u8);
            return;
        }

        if (payload.Raw.Length + Encoding.UTF8.GetByteCount(channel.Config.PresenceKey) > options.Value.MaxPresenceBytes)
        {
            channel.Socket.Reply(message, isOk: false, "{\"reason\":\"Presence is too large\"}"u8);
            return;
        }

        // Who tracks is told of the others from then on.
        if (!channel.ReadsPresence && channel.Rights.ReadPresence)
        {
            channel.ReadsPresence = true;
            rooms.Show(channel);
        }

        var hash = SHA256.HashData(payload.Raw);
        if (channel.TrackedPayload is not { } tracked || !tracked.AsSpan().SequenceEqual(hash))
        {
            channel.TrackedPayload = hash;
            rooms.Track(channel, payload);
        }

        channel.Socket.Reply(message, isOk: true, "{}"u8);
    }

    bool TakeTurn(Channel channel)
    {
        var (since, count) = channel.PresenceCalls;
        if (count == 0 || time.GetElapsedTime(since) > Window)
            (since, count) = (time.GetTimestamp(), 0);
        channel.PresenceCalls = (since, ++count);
        return count <= options.Value.PresenceCallsPer30Seconds;
    }
}
