using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using Evolv.Platform.Nodes;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>One broadcast on its way to the members of a topic.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Event">Its event; null for a text message, which goes on as it came, with whatever is in it.</param>
/// <param name="IsJson">Whether the payload is JSON.</param>
/// <param name="Payload">The client's own payload; for a text message the whole one.</param>
/// <param name="Metadata">JSON or nothing.</param>
sealed record BroadcastMessage(TopicName Topic, string? Event, bool IsJson, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Metadata)
{
    const byte PrivateFlag = 1;
    const byte JsonFlag = 2;
    const byte WholeFlag = 4;

    /// <summary>In the second version a binary frame; what is too long for one, and all in the first version, is text if it is JSON.</summary>
    internal Push ToPush()
    {
        var topic = Channel.Prefix + Topic.Name;
        return new Push(version =>
            version == ProtocolVersion.V2 && Event is not null && Push.Binary(topic, Event, Metadata.Span, IsJson, Payload.Span) is { } binary ? binary
            : IsJson ? new Frame(Wire.Encode(version, null, null, topic, "broadcast", ToJson()), WebSocketMessageType.Text, Frame.Broadcast)
            : null);
    }

    /// <summary>For another server.</summary>
    internal byte[] Encode()
    {
        var (topic, @event) = (Encoding.UTF8.GetBytes(Topic.Name), Encoding.UTF8.GetBytes(Event ?? ""));
        var bytes = new byte[1 + 12 + topic.Length + @event.Length + Metadata.Length + Payload.Length];
        bytes[0] = (byte)((Topic.IsPrivate ? PrivateFlag : 0) | (IsJson ? JsonFlag : 0) | (Event is null ? WholeFlag : 0));
        var at = 1;
        foreach (var part in (ReadOnlySpan<ReadOnlyMemory<byte>>)[topic, @event, Metadata])
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), part.Length);
            part.Span.CopyTo(bytes.AsSpan(at + 4));
            at += 4 + part.Length;
        }

        Payload.Span.CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    internal static BroadcastMessage Decode(ReadOnlyMemory<byte> bytes)
    {
        var at = 1;
        var topic = Encoding.UTF8.GetString(Take().Span);
        var @event = Encoding.UTF8.GetString(Take().Span);
        var metadata = Take();
        var flags = bytes.Span[0];
        return new BroadcastMessage(
            new TopicName(topic, (flags & PrivateFlag) != 0), (flags & WholeFlag) != 0 ? null : @event, (flags & JsonFlag) != 0, bytes[at..], metadata);

        ReadOnlyMemory<byte> Take()
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[at..]);
            at += 4 + length;
            return bytes.Slice(at - length, length);
        }
    }

    byte[] ToJson() => Event is null ? Payload.ToArray() : RealtimeJson.Object(json =>
    {
        json.WriteString("type", "broadcast");
        json.WriteString("event", Event);
        json.WritePropertyName("payload");
        json.WriteRawValue(Payload.Span, skipInputValidation: true);
        if (!Metadata.IsEmpty)
        {
            json.WritePropertyName("meta");
            json.WriteRawValue(Metadata.Span, skipInputValidation: true);
        }
    });
}

/// <summary>Sends broadcasts to the members of their topic on this server and on the others.</summary>
sealed class Broadcasts(Topics topics, NodeBus bus) : IHostedService
{
    const string Kind = "broadcast";

    /// <summary>From a client or over HTTP: for the members everywhere.</summary>
    /// <param name="message">What is sent.</param>
    /// <param name="sender">Does not get it back, unless it asked for that.</param>
    internal void Send(BroadcastMessage message, Channel? sender)
    {
        SendHere(message, sender);
        if (bus.Peers.Count > 0)
            bus.Publish(Kind, message.Encode());
    }

    /// <summary>From the database, which every server reads itself.</summary>
    internal void SendHere(BroadcastMessage message, Channel? sender)
    {
        topics.Find(message.Topic)?.Broadcast(message.ToPush(), sender);
    }

    /// <summary>From a slice, to one person's topic.</summary>
    internal void SendHere(string topic, string @event, ReadOnlyMemory<byte> payload)
        => SendHere(new BroadcastMessage(new TopicName(topic, IsPrivate: true), @event, IsJson: true, payload, default), sender: null);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        bus.Received += Receive;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        bus.Received -= Receive;
        return Task.CompletedTask;
    }

    void Receive(NodeMessage message)
    {
        if (message.Kind == Kind)
            SendHere(BroadcastMessage.Decode(message.Body), sender: null);
    }
}
