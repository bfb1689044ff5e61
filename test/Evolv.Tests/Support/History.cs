using System.Text.RegularExpressions;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>What the history is told from here on, with names for ids: <c>post.liked of ada by grace, post p, {}</c>.</summary>
sealed partial class History
{
    readonly TestDatabase _database;
    readonly Dictionary<string, string> _names;
    long _seen;

    History(TestDatabase database, Dictionary<string, string> names) => (_database, _names) = (database, names);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<History> WatchAsync(TestDatabase database, params (Guid? Id, string Name)[] names)
    {
        var history = new History(database, names.ToDictionary(name => name.Id!.Value.ToString(), name => name.Name));
        await history.NewAsync();
        return history;
    }

    /// <summary>Runs a statement with <c>{name}</c> for an id.</summary>
    internal Task<int> ActAsync(Caller caller, string text) => _database.ExecuteAsync(caller, ActingAs.Raw(WithIds(text)));

    /// <summary>The same as the owner of the tables.</summary>
    internal Task ActAsOwnerAsync(string text) => _database.ExecuteAsync(WithIds(text));

    /// <summary>What happened since the last call, in the order in which it was told. An id without a name is <c>new</c>.</summary>
    internal async Task<List<string>> NewAsync()
    {
        await using var connection = await _database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand(
            """
            select id, concat_ws(', ', type || ' of ' || user_id || coalesce(' by ' || actor_id, ''), object_type || ' ' || object_id, metadata)
            from public.activity_events
            where id > $1
            order by id
            """, connection)
        {
            Parameters = { new() { Value = _seen } },
        };
        await using var reader = await command.ExecuteReaderAsync(Token);
        var lines = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            _seen = reader.GetInt64(0);
            lines.Add(AnyId().Replace(reader.GetString(1), id => _names.GetValueOrDefault(id.Value, "new")));
        }

        return lines;
    }

    string WithIds(string text)
        => _names.Aggregate(text, (sql, name) => sql.Replace($"{{{name.Value}}}", name.Key, StringComparison.Ordinal));

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex AnyId();
}
