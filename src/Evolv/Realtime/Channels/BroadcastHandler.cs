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
        // Who may not write is not told, with or without acknowledgement, as in the reference.
        if (!channel.Rights.WriteBroadcast)
            return;
        if (Read(channel, message) is not { } broadcast)
        {
            channel.Socket.Reply(message, isOk: false, "{\"reason\":\"A broadcast is {type, event, payload}\"}"u8);
            return;
        }

        if (IsToBeKept(message))
        {
            await KeepAsync(channel, message, broadcast);
            return;
        }

        broadcasts.Send(broadcast, channel);
        if (channel.Config.Acknowledges)
            channel.Socket.Reply(message, isOk: true, "{}"u8);
    }

    static BroadcastMessage? Read(Channel channel, ClientMessage message)
    {
        var topic = new TopicName(channel.Name, channel.Config.IsPrivate);
        if (message.Binary is { } binary)
            return new BroadcastMessage(topic, binary.Event, binary.IsJson, binary.Payload, default);
        if (message.Payload.Property("event").Text is not { } @event)
            return null;
        var payload = message.Payload.Property("payload");
        return new BroadcastMessage(
            topic, @event, IsJson: true, payload.ValueKind == JsonValueKind.Undefined ? "{}"u8.ToArray() : payload.Raw.ToArray(), default);
    }

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
