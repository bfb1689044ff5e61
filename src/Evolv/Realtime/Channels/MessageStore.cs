using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Channels;

/// <summary>Keeps broadcasts in <c>realtime.messages</c>, from where the change stream brings them to the members of all servers.</summary>
sealed class MessageStore(Database database)
{
    const int MostSenders = 10_000;

    readonly ConcurrentDictionary<Guid, Channel> _senders = new();

    /// <summary>Whether <c>persist</c> is set: true, or an object with a time to live.</summary>
    internal static bool IsWanted(JsonElement persist) => persist.IsTrue || persist.ValueKind == JsonValueKind.Object;

    /// <param name="message">What is kept. The caller has checked that the sender may write.</param>
    /// <param name="sender">Does not get it back, unless it asked for that; null for HTTP.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task AddAsync(BroadcastMessage message, Channel? sender, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        if (_senders.Count >= MostSenders)
            _senders.Clear(); // The stream has lost them.
        if (sender is not null)
            _senders[id] = sender;
        try
        {
            var json = message.IsJson ? Encoding.UTF8.GetString(message.Payload.Span) : null;
            var binary = message.IsJson ? Array.Empty<byte>() : message.Payload.ToArray();
            await database.QuerySingleAsync(
                Caller.Service,
                $"""
                insert into realtime.messages (id, topic, extension, payload, binary_payload, event, private)
                values ({id}, {message.Topic.Name}, 'broadcast', {json}::jsonb, nullif({binary}, ''), {message.Event}, {message.Topic.IsPrivate})
                returning true
                """, row => row.GetBoolean(0), cancellationToken);
        }
        catch
        {
            _senders.TryRemove(id, out _);
            throw;
        }
    }

    /// <summary>Who sent a message that comes back from the database.</summary>
    internal Channel? TakeSender(Guid id) => _senders.TryRemove(id, out var sender) ? sender : null;
}
