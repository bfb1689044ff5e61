using Evolv.Realtime.Channels;

namespace Evolv.Realtime.Socket;

/// <summary>What each event of a client leads to. Every message that has a ref gets exactly one reply, but for tokens and for broadcasts without acknowledgement.</summary>
sealed class ClientEvents(
    JoinHandler join, AccessTokenHandler accessToken, BroadcastHandler broadcast, PresenceHandler presence, ChannelExit exit)
{
    internal ValueTask HandleAsync(RealtimeSocket socket, ClientMessage message)
    {
        if (message is { Topic: "phoenix", Event: "heartbeat" })
            return Done(socket, message, isOk: true, "{}"u8);
        if (message.Event == "phx_join")
            return new(join.HandleAsync(socket, message));

        var channel = socket.Find(message.Topic);
        if (channel is null)
            return Done(socket, message, isOk: false, "{\"reason\":\"unmatched topic\"}"u8);
        // Of a join that was replaced by a later one.
        if (message.JoinRef is not null && channel.JoinRef is not null && message.JoinRef != channel.JoinRef)
            return Done(socket, message, isOk: true, "{}"u8);

        switch (message.Event)
        {
            case "phx_leave":
                socket.Reply(message, isOk: true, "{}"u8);
                exit.Leave(channel);
                return ValueTask.CompletedTask;
            case "access_token":
                return new(accessToken.HandleAsync(channel, message));
            case "broadcast":
                return new(broadcast.HandleAsync(channel, message));
            case "presence":
                presence.Handle(channel, message);
                return ValueTask.CompletedTask;
            default:
                return Done(socket, message, isOk: false, "{\"reason\":\"unknown event\"}"u8);
        }
    }

    /// <summary>Closes the channel that got one message too many. False when there is none to close.</summary>
    internal bool RefuseTooMany(RealtimeSocket socket, ClientMessage message)
    {
        if (message.Event == "phx_leave")
            return true; // Leaving makes it less.
        if (message.Event == "phx_join" || socket.Find(message.Topic) is not { } channel)
            return false;
        exit.Close(channel, "Too many messages per second");
        return true;
    }

    static ValueTask Done(RealtimeSocket socket, ClientMessage message, bool isOk, ReadOnlySpan<byte> response)
    {
        socket.Reply(message, isOk, response);
        return ValueTask.CompletedTask;
    }
}
