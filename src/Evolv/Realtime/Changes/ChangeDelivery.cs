using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime.Changes;

/// <summary>
/// Sends changes to their listeners: one message for each channel and set of columns, with the ids of all its entries that
/// match. The change is serialized once for each role and set of columns, and the whole message once for all who get the same.
/// </summary>
static class ChangeDelivery
{
    internal static void Deliver(IReadOnlyList<Listener> listeners, AskedJson asked)
    {
        for (var (from, to) = (0, 0); from < listeners.Count; from = to)
        {
            for (to = from + 1; to < listeners.Count && ReferenceEquals(listeners[to].Change, listeners[from].Change); to++)
            {
            }

            DeliverOne(listeners, asked, from, to);
        }
    }

    static void DeliverOne(IReadOnlyList<Listener> listeners, AskedJson asked, int from, int to)
    {
        var texts = new Dictionary<(PublishedTable, string Select, string? Refusal), byte[]>();
        var pushes = new Dictionary<(string Topic, string Ids, byte[] Data), Push>();
        foreach (var (channel, select, ids, first) in ByChannel(listeners, from, to))
        {
            if (channel.IsClosed)
                continue;
            ref var data = ref CollectionsMarshal.GetValueRefOrAddDefault(texts, (first.Table, select, first.Refusal), out _);
            data ??= first.Refusal is { } refusal
                ? ChangePayload.WriteRefused(first.Change, refusal)
                : ChangePayload.Write(first.Change, first.Table, first.Binding.Select, asked);
            ref var push = ref CollectionsMarshal.GetValueRefOrAddDefault(pushes, (channel.Topic, ids, data), out _);
            push ??= new Push(channel.Topic, "postgres_changes", [.. "{\"ids\":["u8, .. Encoding.ASCII.GetBytes(ids), .. "],\"data\":"u8, .. data, .. "}"u8]);
            channel.Socket.Send(push);
        }
    }

    static IEnumerable<(Channel Channel, string Select, string Ids, Listener First)> ByChannel(IReadOnlyList<Listener> listeners, int from, int to)
    {
        var groups = new Dictionary<(Channel, string), (List<int> Ids, Listener First)>(to - from);
        for (var i = from; i < to; i++)
        {
            var listener = listeners[i];
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, (listener.Binding.Channel, Key(listener.Binding.Select)), out var exists);
            if (!exists)
                group = (new List<int>(1), listener);
            group.Ids.Add(listener.Binding.Id);
        }

        foreach (var ((channel, select), (ids, first)) in groups)
        {
            ids.Sort();
            yield return (channel, select, string.Join(',', ids), first);
        }
    }

    static string Key(ImmutableArray<string> select) => select.IsDefault ? "" : string.Join('\u0001', select);
}
