using System.Collections.Frozen;
using Evolv.Rest.Request;
using Npgsql;

namespace Evolv.Rest.Schema;

/// <summary>What makes which media type: built in for rows of any table, and overridden by what the database brings.</summary>
static class MediaHandlers
{
    static readonly QualifiedName AnyElement = new("pg_catalog", "anyelement");

    internal static KeyValuePair<MediaHandlerKey, ResolvedHandler> Read(NpgsqlDataReader row)
    {
        var (function, target) = (row.Name(0), row.Name(2));
        QualifiedName? takes = target == AnyElement ? null : target;
        return new(
            new MediaHandlerKey(takes, MediaTypeParser.Parse(row.GetString(4))),
            new ResolvedHandler(new MediaHandler.Custom(function, takes, row.GetBoolean(6)), MediaTypeParser.Parse(row.GetString(5))));
    }

    internal static FrozenDictionary<MediaHandlerKey, ResolvedHandler> With(
        IEnumerable<KeyValuePair<MediaHandlerKey, ResolvedHandler>> custom)
    {
        var handlers = new Dictionary<MediaHandlerKey, ResolvedHandler>
        {
            [new(null, MediaType.Any)] = new(new MediaHandler.Json(), MediaType.Json),
            [new(null, MediaType.Json)] = new(new MediaHandler.Json(), MediaType.Json),
            [new(null, MediaType.Csv)] = new(new MediaHandler.Csv(), MediaType.Csv),
            [new(null, MediaType.GeoJson)] = new(new MediaHandler.GeoJson(), MediaType.GeoJson),
        };
        foreach (var (key, handler) in custom)
            handlers[key] = handler;
        return handlers.ToFrozenDictionary();
    }
}
