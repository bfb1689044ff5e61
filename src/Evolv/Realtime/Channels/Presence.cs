using System.Buffers;
using System.Text.Json;

namespace Evolv.Realtime.Channels;

/// <summary>One tracked connection under a key of presence.</summary>
/// <param name="Key">Several connections may have one.</param>
/// <param name="Ref">Unique: clients remove by it.</param>
/// <param name="Json">The payload with <c>phx_ref</c>.</param>
/// <param name="Node">The server of the connection; null for this one.</param>
sealed record PresenceMeta(string Key, string Ref, byte[] Json, Guid? Node)
{
    /// <param name="key">Under which it is shown.</param>
    /// <param name="ref">Of this version.</param>
    /// <param name="previousRef">Of the version that it replaces.</param>
    /// <param name="payload">The client's object.</param>
    internal static PresenceMeta Of(string key, string @ref, string? previousRef, JsonElement payload)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
        {
            json.WriteStartObject();
            foreach (var property in payload.EnumerateObject())
            {
                if (property.Name is not ("phx_ref" or "phx_ref_prev"))
                    property.WriteTo(json);
            }

            json.WriteString("phx_ref", @ref);
            if (previousRef is not null)
                json.WriteString("phx_ref_prev", previousRef);
            json.WriteEndObject();
        }

        return new PresenceMeta(key, @ref, buffer.WrittenSpan.ToArray(), null);
    }
}

/// <summary>What has changed since the members of a topic were last told.</summary>
readonly record struct PresenceDiff(IReadOnlyList<PresenceMeta> Joins, IReadOnlyList<PresenceMeta> Leaves)
{
    internal bool IsEmpty => Joins.Count == 0 && Leaves.Count == 0;

    internal byte[] ToJson()
    {
        var (joins, leaves) = (Joins, Leaves);
        return RealtimeJson.Object(json =>
        {
            json.WritePropertyName("joins");
            PresenceState.WriteMetas(json, joins);
            json.WritePropertyName("leaves");
            PresenceState.WriteMetas(json, leaves);
        });
    }
}

/// <summary>Who is present on a topic, on all servers.</summary>
sealed class PresenceState
{
    readonly Lock _lock = new();
    Dictionary<string, PresenceMeta>? _metas;
    List<PresenceMeta>? _joins;
    List<PresenceMeta>? _leaves;

    /// <summary>Timestamp of when the members were last told.</summary>
    internal long ToldAt { get; set; } = long.MinValue / 2;

    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _metas is null or { Count: 0 } && _joins is null && _leaves is null;
        }
    }

    /// <summary>False when it is known already.</summary>
    internal bool Add(PresenceMeta meta)
    {
        lock (_lock)
        {
            if (!(_metas ??= []).TryAdd(meta.Ref, meta))
                return false;
            (_joins ??= []).Add(meta);
            return true;
        }
    }

    /// <summary>False when it is not known.</summary>
    internal bool Remove(string @ref)
    {
        lock (_lock)
        {
            if (_metas?.Remove(@ref, out var meta) is not true)
                return false;
            // Who came and went between two messages was never there.
            if (_joins?.RemoveAll(join => join.Ref == @ref) is not > 0)
                (_leaves ??= []).Add(meta!);
            return true;
        }
    }

    internal List<PresenceMeta> Of(Func<PresenceMeta, bool> which)
    {
        lock (_lock)
            return _metas is null ? [] : [.. _metas.Values.Where(which)];
    }

    /// <summary>What is to be told, and forgets it.</summary>
    internal PresenceDiff TakeDiff()
    {
        lock (_lock)
        {
            var diff = new PresenceDiff(_joins ?? [], _leaves ?? []);
            (_joins, _leaves) = (null, null);
            return diff;
        }
    }

    /// <summary>Everybody, for one who has just come.</summary>
    internal byte[] ToJson()
    {
        lock (_lock)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
                WriteMetas(json, _metas?.Values ?? (IEnumerable<PresenceMeta>)[]);
            return buffer.WrittenSpan.ToArray();
        }
    }

    /// <summary>Writes <c>{"key":{"metas":[…]}}</c>.</summary>
    internal static void WriteMetas(Utf8JsonWriter json, IEnumerable<PresenceMeta> metas)
    {
        json.WriteStartObject();
        foreach (var key in metas.GroupBy(meta => meta.Key))
        {
            json.WriteStartObject(key.Key);
            json.WriteStartArray("metas");
            foreach (var meta in key)
                json.WriteRawValue(meta.Json, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
