using System.Collections.Immutable;

namespace Evolv.Platform.Changes;

/// <summary>What happened to a row.</summary>
enum ChangeKind
{
    Insert,
    Update,
    Delete,
}

/// <summary>A column of a changed table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type's internal name, as in <c>pg_type.typname</c>: <c>int8</c>, <c>_text</c>.</param>
/// <param name="IsIdentity">Whether it belongs to the replica identity: it is there in old rows.</param>
sealed record ChangedColumn(string Name, string Type, bool IsIdentity);

/// <summary>A table as it was when its rows changed. A new object whenever PostgreSQL describes it anew: after each change of its definition or its grants.</summary>
sealed record ChangedTable(string Schema, string Name, uint Oid, ImmutableArray<ChangedColumn> Columns)
{
    /// <summary>-1 when it has no such column.</summary>
    internal int IndexOf(string column)
    {
        for (var i = 0; i < Columns.Length; i++)
        {
            if (Columns[i].Name == column)
                return i;
        }

        return -1;
    }
}

/// <summary>
/// A value in PostgreSQL's text form, with the settings UTC, ISO, hex. The default value is one that the log does not
/// hold: an unchanged value that is stored out of line, or a column outside of the replica identity.
/// </summary>
readonly record struct ChangedValue
{
    ChangedValue(string? text) => (IsKnown, Text) = (true, text);

    internal static ChangedValue Null { get; } = new(null);

    /// <summary>Whether the log holds it.</summary>
    internal bool IsKnown { get; }

    /// <summary>The text; null for SQL's null, and for what is not known.</summary>
    internal string? Text { get; }

    internal static ChangedValue Of(string? text) => new(text);
}

/// <summary>A change of one row, decoded from the write-ahead log. It says what was committed and not who may see it.</summary>
/// <param name="Table">Of which table.</param>
/// <param name="Kind">What happened.</param>
/// <param name="New">The row afterwards, a value for each column; empty after a delete.</param>
/// <param name="Old">The row before, as far as the replica identity holds it: empty for an insert, and for an update that leaves the key.</param>
/// <param name="CommittedAt">When its transaction was committed.</param>
/// <param name="Lsn">The end of its transaction in the log: changes of one transaction share it, later ones have greater ones.</param>
sealed record Change(
    ChangedTable Table, ChangeKind Kind, ImmutableArray<ChangedValue> New, ImmutableArray<ChangedValue> Old, DateTimeOffset CommittedAt, ulong Lsn)
{
    /// <summary>The value afterwards. An unchanged one that is stored out of line stands in the old row, if at all.</summary>
    internal ChangedValue NewAt(int index) => New[index] is { IsKnown: true } value ? value : OldAt(index);

    /// <summary>The value before, as far as it is known.</summary>
    internal ChangedValue OldAt(int index) => Old.IsEmpty ? default : Old[index];
}

/// <summary>What a consumer of the change stream reads.</summary>
abstract record ChangeEvent
{
    ChangeEvent()
    {
    }

    /// <summary>The changes of one committed transaction, in the order in which they happened.</summary>
    internal sealed record Committed(ImmutableArray<Change> Changes) : ChangeEvent;

    /// <summary>
    /// Something was said in the log itself, by <c>pg_logical_emit_message</c>: with the changes of a transaction when that is
    /// committed, or on its own. Only for readers of messages.
    /// </summary>
    /// <param name="Prefix">Whom it is for; only those that begin with <see cref="MessagePrefix"/> are read.</param>
    /// <param name="Text">What was said.</param>
    /// <param name="Lsn">Of the commit, or of the message: everything that was committed before was handed over.</param>
    internal sealed record Message(string Prefix, string Text, ulong Lsn) : ChangeEvent;

    internal const string MessagePrefix = "evolv.";

    /// <summary>From here on changes come; also said after a gap is over.</summary>
    internal sealed record Streaming : ChangeEvent;

    /// <summary>Changes before this may be missing: what was made of them must be read anew. Why, in words for a log and for people.</summary>
    internal sealed record Gap(string Reason) : ChangeEvent;
}
