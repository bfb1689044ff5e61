using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Realtime;

/// <summary>Section <c>Realtime</c>: what one server allows its sockets and channels.</summary>
sealed partial class RealtimeOptions
{
    internal const string Section = "Realtime";

    /// <summary>Sockets of this server together. One more is answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxSockets { get; set; } = 10_000;

    /// <summary>Sockets from one address, of IPv6 from one /64. One more is answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxSocketsPerAddress { get; set; } = 200;

    /// <summary>Sockets with channels of one signed-in person.</summary>
    [Range(1, 1_000_000)]
    public int MaxSocketsPerUser { get; set; } = 50;

    /// <summary>Channels of one socket.</summary>
    [Range(1, 10_000)]
    public int MaxChannelsPerSocket { get; set; } = 100;

    /// <summary>Joins a second of this server. More wait their turn, so that a herd that reconnects is paced.</summary>
    [Range(1, 100_000)]
    public int JoinsPerSecond { get; set; } = 100;

    /// <summary>Messages a second of one socket. The channel that gets one more is closed.</summary>
    [Range(1, 100_000)]
    public int MessagesPerSecond { get; set; } = 100;

    /// <summary>Changes of presence of one channel in 30 s. The channel that gets one more is closed.</summary>
    [Range(1, 100_000)]
    public int PresenceCallsPer30Seconds { get; set; } = 30;

    /// <summary>Largest object that a client may track as its presence, with its key, in bytes. Each is kept and sent to everybody who joins.</summary>
    [Range(64, 1024 * 1024)]
    public int MaxPresenceBytes { get; set; } = 16 * 1024;

    /// <summary>Largest message of a client, in bytes. A larger one closes the socket with 1009.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 256 * 1024;

    /// <summary>Seconds after which a silent socket is closed. Clients send a heartbeat every 25 s.</summary>
    [Range(1, 3600)]
    public int HeartbeatTimeoutSeconds { get; set; } = 60;

    /// <summary>Bytes that may wait for one socket. A client that reads too slowly is disconnected.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxQueuedBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Messages that may wait for one socket.</summary>
    [Range(16, 1_000_000)]
    public int MaxQueuedMessages { get; set; } = 5_000;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<RealtimeOptions>;
}
