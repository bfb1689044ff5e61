using System.Collections.Concurrent;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Says what everybody must hear: it selects the rows as each of them, and lets SQL decide their conditions.</summary>
sealed class LeakOracle
{
    const string Unauthorized = "Error 401: Unauthorized";

    readonly TestDatabase _database;
    readonly HashSet<(string Role, string Table)> _granted = [];
    readonly Dictionary<(string Type, string Sql, string? Value), bool> _conditions = [];

    LeakOracle(TestDatabase database) => _database = database;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<LeakOracle> StartAsync(TestDatabase database, IEnumerable<string> tables)
    {
        var oracle = new LeakOracle(database);
        foreach (var table in tables)
            foreach (var role in (string[])["anon", "authenticated", "service_role"])
            {
                if (await database.ScalarAsync<bool>($"select has_table_privilege('{role}', 'public.{table}', 'select')"))
                    oracle._granted.Add((role, table));
            }

        return oracle;
    }

    /// <summary>For each topic what is to be heard, in order.</summary>
    internal async Task<IReadOnlyDictionary<string, List<string>>> ExpectAsync(IReadOnlyList<Change> changes, IReadOnlyList<LeakListener> listeners)
    {
        await DecideConditionsAsync(changes, listeners);
        var expected = new ConcurrentDictionary<string, List<string>>();
        await Parallel.ForEachAsync(listeners, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (listener, _) =>
        {
            var visible = await SelectAsync(listener.Caller, changes);
            foreach (var (topic, entries, ids) in listener.Channels)
                expected[topic] = [.. changes.Select(change => Expect(listener.Caller, change, entries.Zip(ids), visible)).OfType<string>()];
        });
        return expected;
    }

    string? Expect(Caller caller, Change change, IEnumerable<(Entry Entry, int Id)> entries, HashSet<string> visible)
    {
        var ids = entries.Where(entry => entry.Entry.Fits(change) && entry.Entry.Filters.All(filter => Passes(filter, change)))
            .Select(entry => entry.Id).Distinct().ToList();
        if (ids.Count == 0)
            return null;
        if (!_granted.Contains((caller.Role, change.Table.Name)))
            return LeakListener.Line(ids, change, Unauthorized);
        // Who bypasses policies is asked nothing.
        var mayHear = change.Kind == ChangeKind.Delete || caller.IsService || visible.Contains(change.NewAt(0).Text!);
        return mayHear ? LeakListener.Line(ids, change, null) : null;
    }

    // Of what is gone the log holds only the key.
    bool Passes(RandomFilter filter, Change change)
        => (change.Kind != ChangeKind.Delete || filter.Column == "id") && _conditions[(filter.Type, filter.Sql, Value(filter, change))];

    static string? Value(RandomFilter filter, Change change)
        => change.Table.IndexOf(filter.Column) is var at && change.Kind == ChangeKind.Delete ? change.OldAt(at).Text : change.NewAt(at).Text;

    async Task DecideConditionsAsync(IReadOnlyList<Change> changes, IReadOnlyList<LeakListener> listeners)
    {
        var open = new HashSet<(string Type, string Sql, string? Value)>();
        foreach (var entry in listeners.SelectMany(listener => listener.Channels).SelectMany(channel => channel.Entries).Where(entry => !entry.Filters.IsEmpty))
            foreach (var change in changes.Where(entry.Fits))
                foreach (var filter in entry.Filters.Where(filter => change.Kind != ChangeKind.Delete || filter.Column == "id"))
                {
                    if ((filter.Type, filter.Sql, Value(filter, change)) is var question && !_conditions.ContainsKey(question))
                        open.Add(question);
                }

        await using var owner = await _database.OpenOwnerAsync();
        foreach (var group in open.GroupBy(question => (question.Type, question.Sql)))
        {
            var values = group.Select(question => question.Value).ToArray();
            await using var command = new NpgsqlCommand(
                $"select coalesce({group.Key.Sql}, false) from unnest($1) with ordinality u (t, n) cross join lateral (select u.t::{group.Key.Type}) c (v) order by n", owner)
            {
                Parameters = { new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } },
            };
            await using var reader = await command.ExecuteReaderAsync(Token);
            foreach (var value in values)
            {
                Assert.True(await reader.ReadAsync(Token));
                _conditions[(group.Key.Type, group.Key.Sql, value)] = reader.GetBoolean(0);
            }
        }
    }

    /// <summary>The ids of the changed rows that the caller can select now.</summary>
    async Task<HashSet<string>> SelectAsync(Caller caller, IReadOnlyList<Change> changes)
    {
        var visible = new HashSet<string>();
        if (caller.IsService)
            return visible;
        await using var session = await _database.Database.BeginAsync(caller, Token);
        foreach (var table in changes.Where(change => change.Kind != ChangeKind.Delete).GroupBy(change => change.Table.Name))
        {
            if (!_granted.Contains((caller.Role, table.Key)))
                continue;
            Guid[] ids = [.. table.Select(change => Guid.Parse(change.NewAt(0).Text!)).Distinct()];
            var name = new Identifier(table.Key);
            foreach (var id in await session.QueryListAsync($"select id from public.{name} where id = any ({ids})", row => row.GetGuid(0), Token))
                visible.Add(id.ToString());
        }

        return visible;
    }
}
