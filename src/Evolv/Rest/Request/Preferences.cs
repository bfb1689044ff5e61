using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;

namespace Evolv.Rest.Request;

enum Resolution
{
    MergeDuplicates,
    IgnoreDuplicates,
}

enum Representation
{
    Full,
    Minimal,
    HeadersOnly,
}

enum CountKind
{
    Exact,
    Planned,
    Estimated,
}

enum TransactionEnd
{
    Commit,
    Rollback,
}

enum MissingColumns
{
    Default,
    Null,
}

enum Handling
{
    Strict,
    Lenient,
}

/// <summary>The header <c>Prefer</c> (RFC 7240); of each kind the first counts.</summary>
sealed partial record Preferences(
    Resolution? Resolution = null,
    Representation? Representation = null,
    CountKind? Count = null,
    TransactionEnd? Transaction = null,
    MissingColumns? Missing = null,
    Handling? Handling = null,
    string? Timezone = null,
    long? MaxAffected = null)
{
    static readonly Preferences None = new();

    /// <summary>What is no preference, in the order given.</summary>
    internal ImmutableArray<string> Invalid { get; private init; } = [];

    internal bool IsStrict => Handling == Request.Handling.Strict;

    /// <summary>Whether rows are counted, and not only estimated.</summary>
    internal bool Counts => Count is CountKind.Exact or CountKind.Estimated;

    /// <summary>Whether the planner is asked for its estimate.</summary>
    internal bool Estimates => Count is CountKind.Planned or CountKind.Estimated;

    /// <param name="allowTransaction">Whether <c>tx=</c> counts.</param>
    /// <param name="timezones">Those that PostgreSQL knows; others are ignored, or invalid when strict.</param>
    internal static Preferences Parse(StringValues headers, bool allowTransaction, IReadOnlySet<string> timezones)
    {
        if (headers.Count == 0)
            return None;
        var found = None;
        var invalid = ImmutableArray.CreateBuilder<string>(0);
        foreach (var header in headers)
        {
            foreach (var part in (header ?? "").Split(','))
            {
                var text = part.Trim();
                if (found.With(text, allowTransaction, timezones) is { } known)
                    found = known;
                else if (text.Length > 0)
                    invalid.Add(text);
            }
        }

        return found with { Invalid = invalid.DrainToImmutable() };
    }

    /// <summary>The value of <c>Preference-Applied</c>; empty when nothing applied.</summary>
    internal string ToApplied()
    {
        List<string?> applied =
        [
            Resolution switch
            {
                Request.Resolution.MergeDuplicates => "resolution=merge-duplicates",
                Request.Resolution.IgnoreDuplicates => "resolution=ignore-duplicates",
                _ => null,
            },
            Missing switch { MissingColumns.Default => "missing=default", MissingColumns.Null => "missing=null", _ => null },
            Representation switch
            {
                Request.Representation.Full => "return=representation",
                Request.Representation.Minimal => "return=minimal",
                Request.Representation.HeadersOnly => "return=headers-only",
                _ => null,
            },
            Count switch
            {
                CountKind.Exact => "count=exact",
                CountKind.Planned => "count=planned",
                CountKind.Estimated => "count=estimated",
                _ => null,
            },
            Transaction switch { TransactionEnd.Commit => "tx=commit", TransactionEnd.Rollback => "tx=rollback", _ => null },
            Handling switch { Request.Handling.Strict => "handling=strict", Request.Handling.Lenient => "handling=lenient", _ => null },
            Timezone is null ? null : $"timezone={Timezone}",
            IsStrict && MaxAffected is { } rows ? string.Create(CultureInfo.InvariantCulture, $"max-affected={rows}") : null,
        ];
        return string.Join(", ", applied.Where(text => text is not null));
    }

    // Null for what is no preference.
    Preferences? With(string text, bool allowTransaction, IReadOnlySet<string> timezones) => text switch
    {
        "resolution=merge-duplicates" => this with { Resolution = Resolution ?? Request.Resolution.MergeDuplicates },
        "resolution=ignore-duplicates" => this with { Resolution = Resolution ?? Request.Resolution.IgnoreDuplicates },
        "return=representation" => this with { Representation = Representation ?? Request.Representation.Full },
        "return=minimal" => this with { Representation = Representation ?? Request.Representation.Minimal },
        "return=headers-only" => this with { Representation = Representation ?? Request.Representation.HeadersOnly },
        "count=exact" => this with { Count = Count ?? CountKind.Exact },
        "count=planned" => this with { Count = Count ?? CountKind.Planned },
        "count=estimated" => this with { Count = Count ?? CountKind.Estimated },
        "tx=commit" => allowTransaction ? this with { Transaction = Transaction ?? TransactionEnd.Commit } : this,
        "tx=rollback" => allowTransaction ? this with { Transaction = Transaction ?? TransactionEnd.Rollback } : this,
        "missing=default" => this with { Missing = Missing ?? MissingColumns.Default },
        "missing=null" => this with { Missing = Missing ?? MissingColumns.Null },
        "handling=strict" => this with { Handling = Handling ?? Request.Handling.Strict },
        "handling=lenient" => this with { Handling = Handling ?? Request.Handling.Lenient },
        _ when text.StartsWith("timezone=", StringComparison.Ordinal)
            => timezones.Contains(text[9..]) || Offset().IsMatch(text[9..]) ? this with { Timezone = Timezone ?? text[9..] } : null,
        _ when text.StartsWith("max-affected=", StringComparison.Ordinal)
            => long.TryParse(text[13..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var rows)
                ? this with { MaxAffected = MaxAffected ?? rows }
                : this,
        _ => null,
    };

    // +05:30 is no name and still a time zone of PostgreSQL.
    [GeneratedRegex(@"^[+-][0-9]{1,2}(:[0-9]{2}){0,2}$")]
    private static partial Regex Offset();
}
