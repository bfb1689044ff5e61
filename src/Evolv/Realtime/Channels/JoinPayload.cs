using System.Text.Json;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>What a client sends to join. What makes no sense is left out, as the reference does.</summary>
/// <param name="Token">Its access token.</param>
/// <param name="Config">Of the channel.</param>
/// <param name="Changes">The array <c>postgres_changes</c>.</param>
/// <param name="WaitsForChanges">Whether the answer waits until changes come, and a bad entry refuses the join.</param>
/// <param name="Patience">How long it waits.</param>
/// <param name="Replay">The object <c>broadcast.replay</c>.</param>
/// <param name="WantsToKnowOfReplication">Whether it is told that broadcasts of the database come.</param>
sealed record JoinPayload(
    string? Token, ChannelConfig Config, JsonElement Changes, bool WaitsForChanges, TimeSpan Patience, JsonElement Replay, bool WantsToKnowOfReplication)
{
    const int DefaultPatience = 15_000;

    internal static JoinPayload Read(JsonElement payload, Func<string> newKey)
    {
        var config = payload.Property("config");
        var (broadcast, presence) = (config.Property("broadcast"), config.Property("presence"));
        var waiting = config.Property("postgres_changes_options");
        var patience = waiting.Property("timeout") is { ValueKind: JsonValueKind.Number } given && given.TryGetInt32(out var milliseconds) && milliseconds >= 0
            ? milliseconds
            : DefaultPatience;
        return new JoinPayload(
            payload.Property("access_token").Text ?? payload.Property("user_token").Text,
            new ChannelConfig(
                config.Property("private").IsTrue, broadcast.Property("ack").IsTrue, broadcast.Property("self").IsTrue,
                presence.Property("key").Text is { Length: > 0 } key ? key : newKey(), presence.Property("enabled").IsTrue),
            config.Property("postgres_changes"),
            waiting.Property("wait").IsTrue,
            TimeSpan.FromMilliseconds(patience),
            broadcast.Property("replay"),
            broadcast.Property("replication_ready").IsTrue);
    }
}
