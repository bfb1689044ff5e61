using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Realtime.Changes;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>Whose rights a channel has, and until when.</summary>
/// <param name="Caller">Role and claims.</param>
/// <param name="Token">What tells the client's token from others, and not the token: that is longer than all else of a channel. Null when the key of the connection counts.</param>
/// <param name="SessionId">Ends the channel when it ends.</param>
/// <param name="ExpiresAt">Ends the channel; null for keys.</param>
sealed record Credentials(Caller Caller, UInt128? Token, Guid? SessionId, DateTimeOffset? ExpiresAt);

/// <summary>What policies on <c>realtime.messages</c> allow on a private topic. On public ones everything is allowed.</summary>
sealed record ChannelRights(bool ReadBroadcast, bool ReadPresence, bool WriteBroadcast, bool WritePresence)
{
    internal static ChannelRights All { get; } = new(true, true, true, true);
}

/// <summary>What the client asked for when it joined.</summary>
/// <param name="IsPrivate">Whether policies say who may join.</param>
/// <param name="Acknowledges">Whether a broadcast is answered.</param>
/// <param name="SendsToSelf">Whether the sender of a broadcast gets it, too.</param>
/// <param name="PresenceKey">Under which key presence is shown.</param>
/// <param name="ReadsPresence">Whether it is told who is there.</param>
sealed record ChannelConfig(bool IsPrivate, bool Acknowledges, bool SendsToSelf, string PresenceKey, bool ReadsPresence);

/// <summary>One topic that a socket has joined.</summary>
sealed class Channel(RealtimeSocket socket, string topic, string? joinRef, ChannelConfig config, Credentials credentials, ChannelRights rights)
{
    internal const string Prefix = "realtime:";

    static readonly TimeSpan BetweenTroubles = TimeSpan.FromSeconds(10);

    int _isToldOfStreaming;
    int _isClosed;
    Stopwatch? _troubleTold;

    internal RealtimeSocket Socket => socket;

    /// <summary>As on the wire, <c>realtime:room</c>.</summary>
    internal string Topic => topic;

    /// <summary>The topic without the prefix, as policies and people know it.</summary>
    internal string Name => topic[Prefix.Length..];

    /// <summary>Of the join, as JSON.</summary>
    internal string? JoinRef => joinRef;

    internal ChannelConfig Config => config;

    internal Credentials Credentials { get; set; } = credentials;

    internal ChannelRights Rights { get; set; } = rights;

    /// <summary>Which changes of tables it is told of.</summary>
    internal ImmutableArray<ChangeBinding> Bindings { get; set; } = [];

    /// <summary>Where its broadcasts and its presence go; null before the join is done.</summary>
    internal Topic? JoinedTopic { get; set; }

    /// <summary>Whether it is told who is present.</summary>
    internal bool ReadsPresence { get; set; } = config.ReadsPresence;

    /// <summary>What it tracks itself; null when nothing.</summary>
    internal PresenceMeta? Tracked { get; set; }

    /// <summary>Hash of what it tracks as the client wrote it: the same again changes nothing.</summary>
    internal byte[]? TrackedPayload { get; set; }

    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>When calls of presence were last counted anew, and how many there were.</summary>
    internal (long Since, int Count) PresenceCalls { get; set; }

    /// <summary>False when it is closed already.</summary>
    internal bool TryClose() => Interlocked.Exchange(ref _isClosed, 1) == 0;

    /// <summary>Says that changes come from here on; once, until there is a gap.</summary>
    internal void TellOfStreaming()
    {
        if (Interlocked.Exchange(ref _isToldOfStreaming, 1) == 0)
            SendSystem("postgres_changes", isOk: true, "Subscribed to PostgreSQL");
    }

    /// <summary>Says that changes may be missing: what was made of them must be read anew.</summary>
    internal void TellOfGap(string reason)
    {
        Interlocked.Exchange(ref _isToldOfStreaming, 0);
        SendSystem("postgres_changes", isOk: false, $"Changes may be missing ({reason}); read again what they are about");
    }

    /// <summary>Says what PostgreSQL said when it was asked whether a row may be seen; not for every row.</summary>
    internal void TellOfTrouble(string message)
    {
        if (_troubleTold is { } told && told.Elapsed < BetweenTroubles)
            return;
        _troubleTold = Stopwatch.StartNew();
        SendSystem("postgres_changes", isOk: false, message);
    }

    internal void Send(string @event, byte[] payload) => socket.Send(new Push(topic, @event, payload));

    /// <summary>A message about the channel itself.</summary>
    internal void SendSystem(string extension, bool isOk, string message)
        => Send("system", JsonSerializer.SerializeToUtf8Bytes(
            new SystemMessage(extension, isOk ? "ok" : "error", message, Name), RealtimeJson.Default.SystemMessage));

    /// <summary>The server ends the channel; the client does not join again by itself.</summary>
    internal void SendClose()
        => socket.Send(new Frame(
            Wire.Encode(socket.Version, joinRef, joinRef, topic, "phx_close", "{}"u8), WebSocketMessageType.Text));
}

/// <summary>The payload of the event <c>system</c>.</summary>
sealed record SystemMessage(string Extension, string Status, string Message, string Channel);
