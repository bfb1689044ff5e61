using Evolv.Realtime.Changes;

namespace Evolv.Realtime.Channels;

/// <summary>How a channel ends: the client leaves or is gone, joins anew, or the server ends it.</summary>
sealed class ChannelExit(Topics topics, Subscriptions subscriptions, PresenceRooms presence)
{
    /// <summary>The client left or joins the topic anew.</summary>
    internal void Leave(Channel channel)
    {
        if (Remove(channel))
            channel.SendClose();
    }

    /// <summary>The server ends it and says why.</summary>
    internal void Close(Channel channel, string reason)
    {
        if (!Remove(channel))
            return;
        channel.SendSystem("system", isOk: false, reason);
        channel.SendClose();
    }

    /// <summary>The connection is gone.</summary>
    internal void Forget(Channel channel) => Remove(channel);

    bool Remove(Channel channel)
    {
        if (!channel.TryClose())
            return false;
        channel.Socket.Remove(channel);
        subscriptions.Remove(channel.Bindings);
        presence.Untrack(channel);
        if (channel.JoinedTopic is { } topic)
            topics.Leave(channel, topic);
        return true;
    }
}
