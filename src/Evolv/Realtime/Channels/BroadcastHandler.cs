using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Realtime.Socket;
using Npgsql;

namespace Evolv.Realtime.Channels;

/// <summary>The event <c>broadcast</c>, as text or as a binary frame: to all members of the topic.</summary>
sealed class BroadcastHandler(Broadcasts broadcasts, MessageStore store, ILogger<BroadcastHandler> logger)
{
    internal async Task HandleAsync(Channel channel, ClientMessage message)
    {
        if (!channel.Rights.WriteBroadcast)
        {
            // Who does not ask for an answer is not told, as in the reference.
            if (channel.Config.Acknowledges)
                channel.Socket.Reply(message, isOk: false, RealtimeJson.Object(json => json.WriteString("reason", JoinError.MayNotWrite(channel.Name).Reason)));
            return;
        }

        var broadcast = Read(channel, message);
        if (IsToBeKept(message))
        {
            await KeepAsync(channel, message, broadcast);
            return;
        }

        broadcasts.Send(broadcast, channel);
        if (channel.Config.Acknowledges)
            channel.Socket.Reply(message, isOk: true, "{}"u8);
    }

    static BroadcastMessage Read(Channel channel, ClientMessage message)
    {
        var topic = new TopicName(channel.Name, channel.Config.IsPrivate);
        if (message.Binary is { } binary)
            return new BroadcastMessage(topic, binary.Event, binary.IsJson, binary.Payload, default);
        return new BroadcastMessage(
            topic, null, IsJson: true, message.Payload.ValueKind == JsonValueKind.Undefined ? "{}"u8.ToArray() : message.Payload.Raw.ToArray(), default);
    }

    static byte[] PayloadOf(JsonElement message)
        => message.Property("payload") is { ValueKind: not JsonValueKind.Undefined } payload ? payload.Raw.ToArray() : "{}"u8.ToArray();

    static bool IsToBeKept(ClientMessage message)
    {
        if (message.Binary is not { } binary)
            return MessageStore.IsWanted(message.Payload.Property("persist"));
        if (binary.Metadata.IsEmpty)
            return false;
        using var metadata = JsonDocument.Parse(binary.Metadata);
        return MessageStore.IsWanted(metadata.RootElement.Property("persist"));
    }

    // The database tells all servers of it, this one included.
    async Task KeepAsync(Channel channel, ClientMessage message, BroadcastMessage broadcast)
    {
        if (broadcast.Event is null)
            broadcast = broadcast with { Event = message.Payload.Property("event").Text ?? "", Payload = PayloadOf(message.Payload) };
        if (!channel.Config.IsPrivate)
        {
            channel.Socket.Reply(message, isOk: false, "{\"error\":\"A message on a public channel cannot be stored\"}"u8);
            return;
        }

        try
        {
            await store.AddAsync(broadcast, channel, CancellationToken.None);
            channel.Socket.Reply(message, isOk: true, "{}"u8);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.MessageNotStored(PgErrors.ForLog(exception));
            channel.Socket.Reply(message, isOk: false, "{\"error\":\"The message was not stored\"}"u8);
        }
    }
}
