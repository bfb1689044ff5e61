using System.Runtime.InteropServices;
using Evolv.Platform.Changes;
using Evolv.Realtime.Channels;

namespace Evolv.Realtime.Changes;

/// <summary>
/// All bindings of this server, found by table, kind and the value of a filter, so that a change costs what its audience
/// costs and not what all subscribers cost.
/// </summary>
sealed class Subscriptions
{
    readonly Lock _lock = new();
    readonly Dictionary<(string Schema, string Table), Shelf> _shelves = [];

    internal void Add(IEnumerable<ChangeBinding> bindings)
    {
        lock (_lock)
        {
            foreach (var binding in bindings)
            {
                ref var shelf = ref CollectionsMarshal.GetValueRefOrAddDefault(_shelves, (binding.Schema, binding.Table), out _);
                (shelf ??= new Shelf()).Add(binding);
            }
        }
    }

    internal void Remove(IEnumerable<ChangeBinding> bindings)
    {
        lock (_lock)
        {
            foreach (var binding in bindings)
            {
                if (_shelves.TryGetValue((binding.Schema, binding.Table), out var shelf) && shelf.Remove(binding))
                    _shelves.Remove((binding.Schema, binding.Table));
            }
        }
    }

    /// <summary>The channels that have bindings.</summary>
    internal HashSet<Channel> Channels()
    {
        lock (_lock)
            return [.. _shelves.Values.SelectMany(shelf => shelf.All).Select(binding => binding.Channel)];
    }

    /// <summary>Adds the bindings that the change may concern: their table, kind and indexed value are right, other filters are not looked at.</summary>
    internal void Find(Change change, List<ChangeBinding> found)
    {
        var (schema, table) = (change.Table.Schema, change.Table.Name);
        lock (_lock)
        {
            if (_shelves.Count == 0)
                return;
            Look((schema, table));
            Look((schema, ChangeBinding.Any));
            Look((ChangeBinding.Any, ChangeBinding.Any));
            Look((ChangeBinding.Any, table));
        }

        void Look((string, string) name)
        {
            if (_shelves.TryGetValue(name, out var shelf))
                shelf.Find(change, found);
        }
    }

    /// <summary>The bindings of one table.</summary>
    sealed class Shelf
    {
        readonly HashSet<ChangeBinding> _unindexed = [];
        readonly Dictionary<string, Dictionary<string, HashSet<ChangeBinding>>> _byValue = [];

        internal IEnumerable<ChangeBinding> All
            => _unindexed.Concat(_byValue.Values.SelectMany(values => values.Values).SelectMany(bindings => bindings));

        internal void Add(ChangeBinding binding)
        {
            if (binding.Index is not { } index)
            {
                _unindexed.Add(binding);
                return;
            }

            ref var values = ref CollectionsMarshal.GetValueRefOrAddDefault(_byValue, index.Column.Name, out _);
            values ??= [];
            foreach (var value in index.Text.Values)
            {
                ref var bindings = ref CollectionsMarshal.GetValueRefOrAddDefault(values, value, out _);
                (bindings ??= []).Add(binding);
            }
        }

        /// <summary>True when nothing is left.</summary>
        internal bool Remove(ChangeBinding binding)
        {
            if (binding.Index is not { } index)
            {
                _unindexed.Remove(binding);
            }
            else if (_byValue.TryGetValue(index.Column.Name, out var values))
            {
                foreach (var value in index.Text.Values)
                {
                    if (values.TryGetValue(value, out var bindings) && bindings.Remove(binding) && bindings.Count == 0)
                        values.Remove(value);
                }

                if (values.Count == 0)
                    _byValue.Remove(index.Column.Name);
            }

            return _unindexed.Count == 0 && _byValue.Count == 0;
        }

        internal void Find(Change change, List<ChangeBinding> found)
        {
            foreach (var binding in _unindexed)
            {
                if (binding.Kind is null || binding.Kind == change.Kind)
                    found.Add(binding);
            }

            foreach (var (column, values) in _byValue)
            {
                var value = change.Filterable(column);
                if (value is not { IsKnown: true, Text: { } text } || !values.TryGetValue(text, out var bindings))
                    continue;
                foreach (var binding in bindings)
                {
                    if (binding.Kind is null || binding.Kind == change.Kind)
                        found.Add(binding);
                }
            }
        }
    }
}

static class ChangeExtensions
{
    /// <summary>The value that filters look at: of the new row, or of the old one when it is gone.</summary>
    internal static ChangedValue Filterable(this Change change, string column)
    {
        var index = change.Table.IndexOf(column);
        return index < 0 ? default : change.Kind == ChangeKind.Delete ? change.OldAt(index) : change.NewAt(index);
    }
}
