using Evolv.Platform.Changes;
using Evolv.Platform.Data;

namespace Evolv.Realtime.Changes;

/// <summary>Somebody who asked for a change and whether they may have it.</summary>
/// <param name="Change">The change.</param>
/// <param name="Binding">The entry that asked for it.</param>
/// <param name="Table">What their role may see of the table.</param>
/// <param name="Refusal">Why nothing can be told but that; null when everything is fine.</param>
readonly record struct Listener(Change Change, ChangeBinding Binding, PublishedTable Table, string? Refusal);

/// <summary>Finds out who is to be told of changes: who asked, and of those who may see the row now.</summary>
sealed class ChangeAudience(Subscriptions subscriptions, PublishedTables tables, RowVisibility visibility, Database database)
{
    readonly FilterPatience _patience = new();

    const string NoPrimaryKey = "Error 400: Bad Request, no primary key";
    const string Unauthorized = "Error 401: Unauthorized";

    /// <summary>In the order of the changes.</summary>
    internal async Task<IReadOnlyList<Listener>> FindAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var asked = await FindWhoAskedAsync(changes, cancellationToken);
        if (asked.Count == 0)
            return [];
        var questions = new FilterQuestions(database, _patience);
        foreach (var listener in asked)
            foreach (var filter in Undecided(listener))
                questions.Add(listener.Caller, filter, listener.Change.Filterable(filter.Column.Name).Text);
        if (!questions.IsEmpty)
        {
            await questions.AskAsync(cancellationToken);
            asked.RemoveAll(listener => Undecided(listener).Any(filter => !Passes(questions, listener, filter)));
        }

        return await FindWhoMaySeeAsync(asked, cancellationToken);
    }

    static bool Passes(FilterQuestions questions, Asked asked, ChangeFilter filter)
    {
        var answer = questions.Find(asked.Caller, filter, asked.Change.Filterable(filter.Column.Name).Text);
        if (answer.Error is { } error)
            asked.Binding.Channel.TellOfTrouble(error);
        return answer.Passes;
    }

    /// <param name="Caller">As the channel's token says now; it may be renewed at any time.</param>
    sealed record Asked(Change Change, ChangeBinding Binding, Caller Caller, PublishedTable Table)
    {
        internal bool NeedsCheck => Change.Kind != ChangeKind.Delete && Table is { AsksPolicies: true, Key.IsEmpty: false, IsKeySelectable: true };
    }

    async Task<List<Asked>> FindWhoAskedAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var (asked, found) = (new List<Asked>(), new List<ChangeBinding>());
        var known = new Dictionary<(string Role, ChangedTable), PublishedTable?>();
        foreach (var change in changes)
        {
            found.Clear();
            subscriptions.Find(change, found);
            foreach (var binding in found)
            {
                var caller = binding.Channel.Credentials.Caller;
                if (!known.TryGetValue((caller.Role, change.Table), out var table))
                {
                    table = await tables.FindAsync(caller.Role, change.Table, cancellationToken);
                    known.Add((caller.Role, change.Table), table);
                }

                if (table is not null && PassesPlain(change, binding, table))
                    asked.Add(new Asked(change, binding, caller, table));
            }
        }

        return asked;
    }

    // A column that the change does not hold passes no filter, nor does one that may not be selected any more.
    static bool PassesPlain(Change change, ChangeBinding binding, PublishedTable table)
    {
        foreach (var filter in binding.Filters)
        {
            var value = change.Filterable(filter.Column.Name);
            if (!value.IsKnown || !MayFilter(change, table, filter.Column.Name) || (filter.IsPlain && !filter.Passes(value.Text)))
                return false;
        }

        return true;
    }

    // Policies are asked about no row that is gone, or that has no key: to hear of it for a condition would tell of its values.
    static bool MayFilter(Change change, PublishedTable table, string column)
        => table.Columns.GetValueOrDefault(column) is { IsSelectable: true, KeyPosition: var position }
            && (position > 0 || !table.AsksPolicies || (change.Kind != ChangeKind.Delete && !table.Key.IsEmpty && table.IsKeySelectable));

    static IEnumerable<ChangeFilter> Undecided(Asked asked) => asked.Binding.Filters.Where(filter => !filter.IsPlain);

    async Task<IReadOnlyList<Listener>> FindWhoMaySeeAsync(List<Asked> asked, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<(Caller, PublishedTable), Rows>();
        foreach (var one in asked.Where(one => one.NeedsCheck))
        {
            if (!rows.TryGetValue((one.Caller, one.Table), out var wanted))
                rows.Add((one.Caller, one.Table), wanted = new Rows(one.Table));
            wanted.Add(one.Change);
        }

        var questions = rows.Select(row => (row.Key.Item1, row.Value.Keys)).ToList();
        var answers = questions.Count == 0 ? [] : await visibility.AskAsync(questions, cancellationToken);
        foreach (var (wanted, answer) in rows.Values.Zip(answers))
            wanted.Answer = answer;

        var listeners = new List<Listener>(asked.Count);
        foreach (var one in asked)
        {
            var refusal = one.Table.Key.IsEmpty ? NoPrimaryKey : one.Table.IsKeySelectable ? null : Unauthorized;
            if (one.NeedsCheck)
            {
                var wanted = rows[(one.Caller, one.Table)];
                if (wanted.Answer!.Error is { } error)
                    one.Binding.Channel.TellOfTrouble(error);
                if (!wanted.IsVisible(one.Change))
                    continue;
            }

            listeners.Add(new Listener(one.Change, one.Binding, one.Table, refusal));
        }

        return listeners;
    }

    /// <summary>The rows of one table that one caller is asked about.</summary>
    sealed class Rows(PublishedTable table)
    {
        readonly List<string[]> _keys = [];
        readonly Dictionary<Change, int> _numbers = new(ReferenceEqualityComparer.Instance);

        internal RowKeys Keys => new(table.Schema, table.Name, table.KeyColumns, _keys);

        internal RowsSeen? Answer { get; set; }

        internal void Add(Change change)
        {
            if (_numbers.TryAdd(change, _keys.Count))
                _keys.Add([.. table.Key.Select(column => change.Filterable(column.Name).Text ?? "")]);
        }

        internal bool IsVisible(Change change) => Answer!.Visible[_numbers[change]];
    }
}
