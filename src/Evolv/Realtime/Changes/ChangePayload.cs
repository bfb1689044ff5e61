using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Changes;

namespace Evolv.Realtime.Changes;

/// <summary>A change as its subscribers get it: the object <c>data</c> of <c>postgres_changes</c>.</summary>
static class ChangePayload
{
    const int LargestRow = 1024 * 1024;
    const int LargestValueOfLargeRow = 64;

    const string TooLarge = "Error 413: Payload Too Large";

    /// <param name="change">What happened.</param>
    /// <param name="table">What the role may see.</param>
    /// <param name="select">The wanted columns; default for all.</param>
    /// <param name="asked">The JSON of values that PostgreSQL had to be asked for.</param>
    internal static byte[] Write(Change change, PublishedTable table, ImmutableArray<string> select, AskedJson asked)
    {
        var columns = Columns(change, table)
            .Where(column => select.IsDefault || column.Column.KeyPosition > 0 || select.Contains(column.Column.Name))
            .ToList();
        var isTooLarge = IsTooLarge(change);

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
        {
            WriteHead(json, change);
            json.WriteStartArray("columns");
            foreach (var (_, column) in columns)
            {
                json.WriteStartObject();
                json.WriteString("name", column.Name);
                json.WriteString("type", column.Type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (change.Kind != ChangeKind.Delete)
                WriteRow(json, "record", columns, change.NewAt);
            if (change.Kind != ChangeKind.Insert)
                WriteRow(json, "old_record", columns.Where(column => IsOld(change, table, column.Column)), index => Old(change, table, index));
            WriteErrors(json, isTooLarge ? TooLarge : null);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();

        void WriteRow(Utf8JsonWriter json, string name, IEnumerable<(int Index, PublishedColumn Column)> shown, Func<int, ChangedValue> valueAt)
        {
            json.WriteStartObject(name);
            foreach (var (index, column) in shown)
            {
                var value = valueAt(index);
                if (!value.IsKnown || (isTooLarge && Bytes(value) > LargestValueOfLargeRow))
                    continue;
                json.WritePropertyName(column.Name);
                if (value.Text is { } text && asked.Find(column, text) is { } known)
                    json.WriteRawValue(known, skipInputValidation: true);
                else
                    JsonValues.Write(json, column, value.Text);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>The columns that the role may see. Of a table that was altered since, types are those of the change.</summary>
    internal static IEnumerable<(int Index, PublishedColumn Column)> Columns(Change change, PublishedTable table)
    {
        foreach (var (index, (name, type, _)) in change.Table.Columns.Index())
        {
            if (table.Columns.GetValueOrDefault(name) is not { IsSelectable: true } column)
                continue;
            yield return (index, column.Type == type ? column : column with
            {
                Type = type,
                BaseType = type,
                ElementType = type.StartsWith('_') ? type[1..] : "",
                IsJsonAsked = false,
            });
        }
    }

    /// <summary>A change of which nothing may be told but that it cannot be told.</summary>
    internal static byte[] WriteRefused(Change change, string error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, RealtimeJson.Writing))
        {
            WriteHead(json, change);
            json.WriteStartArray("columns");
            json.WriteEndArray();
            WriteErrors(json, error);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    static bool IsTooLarge(Change change)
    {
        var row = change.New.IsEmpty ? change.Old : change.New;
        var characters = 0L;
        foreach (var value in row)
            characters += value.Text?.Length ?? 0;
        return characters * 3 > LargestRow && row.Sum(value => (long)Bytes(value)) > LargestRow;
    }

    static int Bytes(ChangedValue value) => value.Text is { } text ? Encoding.UTF8.GetByteCount(text) : 0;

    static void WriteHead(Utf8JsonWriter json, Change change)
    {
        json.WriteStartObject();
        json.WriteString("schema", change.Table.Schema);
        json.WriteString("table", change.Table.Name);
        json.WriteString("commit_timestamp", change.CommittedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("type", change.Kind switch
        {
            ChangeKind.Insert => "INSERT",
            ChangeKind.Update => "UPDATE",
            ChangeKind.Delete => "DELETE",
        });
    }

    static void WriteErrors(Utf8JsonWriter json, string? error)
    {
        if (error is null)
        {
            json.WriteNull("errors");
            return;
        }

        json.WriteStartArray("errors");
        json.WriteStringValue(error);
        json.WriteEndArray();
    }

    // A row that is gone is checked by no policy, so of one under policies nothing is told but its key.
    static bool IsOld(Change change, PublishedTable table, PublishedColumn column)
        => column.KeyPosition > 0 || change.Kind == ChangeKind.Update || !table.AsksPolicies;

    // The log leaves out an old key that has not changed.
    static ChangedValue Old(Change change, PublishedTable table, int index)
        => change.Old.IsEmpty && change.Kind == ChangeKind.Update && table.Columns[change.Table.Columns[index].Name].KeyPosition > 0
            ? change.New[index]
            : change.OldAt(index);
}
