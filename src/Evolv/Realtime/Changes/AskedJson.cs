using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Realtime.Changes;

/// <summary>The JSON of values whose text does not show it: of composites, and of what an extension casts to JSON. Few tables have any.</summary>
sealed class AskedJson(Database database)
{
    const int LongestMilliseconds = 1000;

    readonly Dictionary<(string SqlType, string Text), string?> _known = [];

    /// <summary>Null for a value that was not asked for, or that PostgreSQL does not know any more.</summary>
    internal string? Find(PublishedColumn column, string text) => column.IsJsonAsked ? _known.GetValueOrDefault((column.SqlType, text)) : null;

    internal async Task AskAsync(IReadOnlyList<Listener> listeners, CancellationToken cancellationToken)
    {
        foreach (var (change, table) in listeners.Where(listener => listener.Table.AsksJson && listener.Refusal is null)
            .Select(listener => (listener.Change, listener.Table)).Distinct())
            foreach (var (index, column) in ChangePayload.Columns(change, table).Where(column => column.Column.IsJsonAsked))
            {
                Note(column, change.New.IsEmpty ? default : change.NewAt(index));
                Note(column, change.OldAt(index));
            }

        var open = _known.Keys.ToList();
        for (var from = 0; from < open.Count; from++)
        {
            try
            {
                await database.AskEachAsync(
                    [.. open.Skip(from).Select(value => (Caller.Service, Command(value.SqlType, value.Text)))], LongestMilliseconds,
                    async (reader, token) =>
                    {
                        await reader.ReadAsync(token);
                        _known[open[from]] = reader.GetString(0);
                        from++;
                    }, cancellationToken);
            }
            catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
            {
                // Its type is another one by now: that one goes as text.
            }
        }
    }

    void Note(PublishedColumn column, ChangedValue value)
    {
        if (value.Text is { } text)
            _known.TryAdd((column.SqlType, text), null);
    }

    static NpgsqlBatchCommand Command(string type, string text) => new($"select to_jsonb($1::text::{type})::text")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = text } },
    };
}
