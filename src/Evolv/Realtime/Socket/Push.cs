using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Evolv.Realtime.Socket;

/// <summary>A complete WebSocket message.</summary>
/// <param name="Kind">For the metrics.</param>
readonly record struct Frame(ReadOnlyMemory<byte> Bytes, WebSocketMessageType Type, string Kind = Frame.Control)
{
    internal const string Control = "control";
    internal const string Broadcast = "broadcast";

    internal static string KindOf(string @event) => @event switch
    {
        "postgres_changes" => "changes",
        "broadcast" => Broadcast,
        "presence_state" or "presence_diff" => "presence",
        _ => Control,
    };
}

/// <summary>
/// What the server sends to any number of sockets, encoded at most once for each version of the protocol. It names no join,
/// so it is the same for everybody on a topic.
/// </summary>
sealed class Push(Func<ProtocolVersion, Frame?> encode)
{
    const byte UserBroadcast = 4;
    const int LongestField = byte.MaxValue;

    readonly Frame?[] _frames = new Frame?[2];
    int _encoded; // a bit for each version

    /// <param name="topic">As on the wire: <c>realtime:room</c>.</param>
    /// <param name="event">Phoenix's event.</param>
    /// <param name="payload">JSON.</param>
    internal Push(string topic, string @event, byte[] payload)
        : this(version => new Frame(Wire.Encode(version, null, null, topic, @event, payload), WebSocketMessageType.Text, Frame.KindOf(@event)))
    {
    }

    /// <summary>Null when this version cannot carry it.</summary>
    internal Frame? For(ProtocolVersion version)
    {
        var bit = 1 << (int)version;
        if ((Volatile.Read(ref _encoded) & bit) == 0)
        {
            _frames[(int)version] = encode(version);
            Interlocked.Or(ref _encoded, bit);
        }

        return _frames[(int)version];
    }

    /// <summary>The binary frame of a broadcast.</summary>
    /// <returns>Null when topic, event or metadata do not fit into the frame's fields.</returns>
    internal static Frame? Binary(string topic, string @event, ReadOnlySpan<byte> metadata, bool isJson, ReadOnlySpan<byte> payload)
    {
        var (topicLength, eventLength) = (Encoding.UTF8.GetByteCount(topic), Encoding.UTF8.GetByteCount(@event));
        if (topicLength > LongestField || eventLength > LongestField || metadata.Length > LongestField)
            return null;
        var frame = new byte[5 + topicLength + eventLength + metadata.Length + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) =
            (UserBroadcast, (byte)topicLength, (byte)eventLength, (byte)metadata.Length, isJson ? (byte)1 : (byte)0);
        var at = 5;
        at += Encoding.UTF8.GetBytes(topic, frame.AsSpan(at));
        at += Encoding.UTF8.GetBytes(@event, frame.AsSpan(at));
        metadata.CopyTo(frame.AsSpan(at));
        payload.CopyTo(frame.AsSpan(at + metadata.Length));
        return new Frame(frame, WebSocketMessageType.Binary, Frame.Broadcast);
    }
}

/// <summary>Writes Phoenix's five fields in the form of each version.</summary>
static class Wire
{
    /// <param name="version">Of the socket.</param>
    /// <param name="joinRef">As JSON; null for null.</param>
    /// <param name="ref">As JSON; null for null.</param>
    /// <param name="topic">As on the wire.</param>
    /// <param name="event">Phoenix's event.</param>
    /// <param name="payload">JSON.</param>
    internal static byte[] Encode(ProtocolVersion version, string? joinRef, string? @ref, string topic, string @event, ReadOnlySpan<byte> payload)
    {
        var topicJson = JsonEncodedText.Encode(topic, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var buffer = new ArrayBufferWriter<byte>(payload.Length + topicJson.Length + @event.Length + 96);
        if (version == ProtocolVersion.V2)
        {
            buffer.Write("["u8);
            buffer.WriteText(joinRef ?? "null");
            buffer.Write(","u8);
            buffer.WriteText(@ref ?? "null");
            buffer.Write(",\""u8);
            buffer.Write(topicJson);
            buffer.Write("\",\""u8);
            buffer.WriteText(@event);
            buffer.Write("\","u8);
            buffer.Write(payload);
            buffer.Write("]"u8);
        }
        else
        {
            buffer.Write("{\"topic\":\""u8);
            buffer.Write(topicJson);
            buffer.Write("\",\"event\":\""u8);
            buffer.WriteText(@event);
            buffer.Write("\",\"payload\":"u8);
            buffer.Write(payload);
            buffer.Write(",\"ref\":"u8);
            buffer.WriteText(@ref ?? "null");
            buffer.Write("}"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The answer to a message of the client.</summary>
    /// <param name="version">Of the socket.</param>
    /// <param name="joinRef">Of the message.</param>
    /// <param name="ref">Of the message.</param>
    /// <param name="topic">Of the message.</param>
    /// <param name="isOk">Whether what it asked for was done.</param>
    /// <param name="response">JSON.</param>
    internal static Frame Reply(ProtocolVersion version, string? joinRef, string? @ref, string topic, bool isOk, ReadOnlySpan<byte> response)
    {
        byte[] payload = isOk ? [.. "{\"status\":\"ok\",\"response\":"u8, .. response, .. "}"u8] : [.. "{\"status\":\"error\",\"response\":"u8, .. response, .. "}"u8];
        return new Frame(Encode(version, joinRef, @ref, topic, "phx_reply", payload), WebSocketMessageType.Text);
    }

    static void WriteText(this ArrayBufferWriter<byte> buffer, string text)
        => buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
