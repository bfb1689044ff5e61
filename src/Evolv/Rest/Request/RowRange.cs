using System.Globalization;

namespace Evolv.Rest.Request;

/// <summary>Rows from an offset on, to the last one wanted or without end; empty when the last is before the first.</summary>
readonly record struct RowRange(long Offset, long? Last)
{
    internal static readonly RowRange All = new(0, null);

    // limit=0 is allowed although it is empty.
    static readonly RowRange LimitZero = new(0, -1);

    internal long? Limit => Last - Offset + 1;

    internal bool IsEmpty => Last < Offset;

    internal bool IsLimitZero => Last == -1;

    internal RowRange Intersect(RowRange other)
        => IsEmpty || other.IsEmpty
            ? new(0, -2)
            : new(Math.Max(Offset, other.Offset), (Last, other.Last) switch
            {
                (null, var last) => last,
                (var last, null) => last,
                var (one, two) => Math.Min(one.Value, two.Value),
            });

    internal RowRange Restrict(long? rows)
    {
        if (IsLimitZero)
            return LimitZero;
        return rows is { } most ? Intersect(new(long.MinValue, Offset + most - 1)) : this;
    }

    /// <summary>This, unless the limit was zero.</summary>
    internal RowRange UnlessLimitZero(RowRange limit) => limit.IsLimitZero ? LimitZero : this;

    /// <summary>The values of <c>limit=</c> and <c>offset=</c>; what is no number says nothing.</summary>
    internal static RowRange FromParameters(string? limit, string? offset)
    {
        long? rows = limit is not null && TryRead(limit, out var number) ? number : null;
        if (offset is null)
            return rows is null ? All : new(0, rows - 1);
        var from = TryRead(offset, out var start) ? start : 0;
        if (limit is null)
            return new(from, null);
        return new(from, from + (rows ?? 0) - 1);
    }

    /// <summary>The header <c>Range: 0-9</c> or <c>0-</c>; anything else asks for all.</summary>
    internal static RowRange FromHeader(string? header)
    {
        var dash = header?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 1)
            return All;
        var first = header.AsSpan(0, dash);
        var last = header.AsSpan(dash + 1);
        if (first.ContainsAnyExceptInRange('0', '9') || last.ContainsAnyExceptInRange('0', '9'))
            return All;
        if (!TryRead(first, out var from))
            return All;
        return last.IsEmpty || !TryRead(last, out var to) ? new(from, null) : new(from, to);
    }

    // Beyond this no table goes, and sums cannot overflow.
    static bool TryRead(ReadOnlySpan<char> text, out long number)
    {
        const long Most = int.MaxValue * 1000L;
        text = text.Trim();
        var digits = text.StartsWith('-') ? text[1..] : text;
        number = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return false;
        var size = long.TryParse(digits, CultureInfo.InvariantCulture, out var read) ? Math.Min(read, Most) : Most;
        number = digits.Length == text.Length ? size : -size;
        return true;
    }
}
