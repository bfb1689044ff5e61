using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Evolv.Realtime.Socket;

/// <summary>The protocol's version, <c>vsn</c>: objects as text, or arrays as text and binary broadcasts.</summary>
enum ProtocolVersion
{
    V1,
    V2,
}

/// <summary>A broadcast as a binary frame has it.</summary>
/// <param name="Event">Its event.</param>
/// <param name="Metadata">JSON or nothing.</param>
/// <param name="IsJson">Whether the payload is JSON.</param>
/// <param name="Payload">Its bytes; valid while the message is handled.</param>
sealed record BinaryBroadcast(string Event, ReadOnlyMemory<byte> Metadata, bool IsJson, ReadOnlyMemory<byte> Payload);

/// <summary>One message of a client, Phoenix's five fields. It holds on to the frame's bytes: use it before the next one is read.</summary>
sealed class ClientMessage : IDisposable
{
    const byte UserBroadcastPush = 3;
    const int BinaryHead = 7;

    readonly JsonDocument? _document;

    ClientMessage(JsonDocument? document, string? joinRef, string? @ref, string topic, string @event, JsonElement payload, BinaryBroadcast? binary)
        => (_document, JoinRef, Ref, Topic, Event, Payload, Binary) = (document, joinRef, @ref, topic, @event, payload, binary);

    /// <summary>As JSON, quotes included, to be sent back as it came; null for null.</summary>
    internal string? JoinRef { get; }

    /// <summary>As JSON, quotes included, to be sent back as it came; null for null.</summary>
    internal string? Ref { get; }

    internal string Topic { get; }

    internal string Event { get; }

    /// <summary>Undefined for a binary message.</summary>
    internal JsonElement Payload { get; }

    internal BinaryBroadcast? Binary { get; }

    public void Dispose() => _document?.Dispose();

    /// <summary>Null when the frame is no message of this version. What is half a character in its JSON is replaced.</summary>
    internal static ClientMessage? Read(Memory<byte> frame, bool isBinary, ProtocolVersion version)
    {
        if (isBinary)
            return version == ProtocolVersion.V2 ? ReadBinary(frame) : null;
        WellFormed.MendSurrogates(frame.Span);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(frame);
        }
        catch (JsonException)
        {
            return null;
        }

        var message = version == ProtocolVersion.V2 ? ReadArray(document) : ReadObject(document);
        if (message is null)
            document.Dispose();
        return message;
    }

    static ClientMessage? ReadArray(JsonDocument document)
    {
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Array && root.GetArrayLength() == 5 &&
            TryRef(root[0], out var joinRef) && TryRef(root[1], out var @ref) && Text(root[2]) is { } topic && Text(root[3]) is { } @event
            ? new ClientMessage(document, joinRef, @ref, topic, @event, root[4], null)
            : null;
    }

    static ClientMessage? ReadObject(JsonDocument document)
    {
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        string? joinRef = null, @ref = null;
        if (root.TryGetProperty("join_ref", out var givenJoinRef) && !TryRef(givenJoinRef, out joinRef) ||
            root.TryGetProperty("ref", out var givenRef) && !TryRef(givenRef, out @ref))
            return null;
        root.TryGetProperty("payload", out var payload);
        return root.TryGetProperty("topic", out var topic) && Text(topic) is { } topicText &&
            root.TryGetProperty("event", out var @event) && Text(@event) is { } eventText
            ? new ClientMessage(document, joinRef, @ref, topicText, eventText, payload, null)
            : null;
    }

    // Kind, five lengths, encoding, and then what has those lengths; the rest is the payload.
    static ClientMessage? ReadBinary(Memory<byte> frame)
    {
        ReadOnlySpan<byte> bytes = frame.Span;
        if (bytes.Length < BinaryHead || bytes[0] != UserBroadcastPush || bytes[6] > 1)
            return null;
        int joinRefLength = bytes[1], refLength = bytes[2], topicLength = bytes[3], eventLength = bytes[4], metadataLength = bytes[5];
        var at = BinaryHead;
        var head = joinRefLength + refLength + topicLength + eventLength + metadataLength;
        if (bytes.Length < at + head || !Utf8.IsValid(bytes.Slice(at, head)))
            return null;
        var joinRef = Take(bytes, ref at, joinRefLength);
        var @ref = Take(bytes, ref at, refLength);
        var topic = Take(bytes, ref at, topicLength);
        var @event = Take(bytes, ref at, eventLength);
        var metadata = frame.Slice(at, metadataLength);
        var payload = frame[(at + metadataLength)..];
        var isJson = bytes[6] == 1;
        if (!IsJson(metadata, allowNothing: true) || (isJson && !IsJson(payload, allowNothing: false)))
            return null;
        WellFormed.MendSurrogates(metadata.Span);
        if (isJson)
            WellFormed.MendSurrogates(payload.Span); // Some of those who get it read it as text.
        return new ClientMessage(
            null, Quote(joinRef), Quote(@ref), topic, "broadcast", default, new BinaryBroadcast(@event, metadata, isJson, payload));
    }

    static string Take(ReadOnlySpan<byte> bytes, ref int at, int length)
    {
        at += length;
        return Encoding.UTF8.GetString(bytes.Slice(at - length, length));
    }

    static string? Quote(string text) => text.Length == 0 ? null : $"\"{JsonEncodedText.Encode(text, RealtimeJson.Writing.Encoder)}\"";

    // It is passed on inside of other JSON, so it must be some.
    static bool IsJson(ReadOnlyMemory<byte> bytes, bool allowNothing)
    {
        if (bytes.IsEmpty)
            return allowNothing;
        if (!Utf8.IsValid(bytes.Span))
            return false; // The reader does not look into texts, and other clients would fail at them.
        try
        {
            var reader = new Utf8JsonReader(bytes.Span);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    static bool TryRef(JsonElement element, [MaybeNullWhen(true)] out string? @ref)
    {
        @ref = element.ValueKind == JsonValueKind.Null ? null : element.GetRawText();
        return element.ValueKind is JsonValueKind.Null or JsonValueKind.Number or JsonValueKind.String && @ref is null or { Length: <= 64 };
    }
}

static class JsonElementExtensions
{
    extension(JsonElement element)
    {
        /// <summary>The bytes of the element as they stand in the message.</summary>
        internal ReadOnlySpan<byte> Raw => JsonMarshal.GetRawUtf8Value(element);

        /// <summary>Undefined when there is no such property or the element is no object.</summary>
        internal JsonElement Property(string name)
            => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

        /// <summary>Null when it is no text.</summary>
        internal string? Text => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

        /// <summary>Clients in other languages send booleans as texts.</summary>
        internal bool IsTrue
            => element.ValueKind == JsonValueKind.True || string.Equals(element.Text, "true", StringComparison.OrdinalIgnoreCase);
    }
}
