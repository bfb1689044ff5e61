using System.Collections.Immutable;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Rest.Schema;

/// <summary>Rows of routines.sql as routines, overloads in the order in which they are tried.</summary>
static class RoutineReader
{
    const string Isolation = "default_transaction_isolation";

    internal static Routine Read(NpgsqlDataReader row, ImmutableArray<string> hoistedSettings)
    {
        var settings = row.GetFieldValue<string[]>(15).Select(Split).ToImmutableArray();
        return new Routine(
            row.Name(0),
            row.GetText(2),
            ReadParameters(row),
            new ReturnType(row.Name(8), row.GetBoolean(10), row.GetBoolean(11), row.GetBoolean(12)),
            row.GetString(13) switch
            {
                "i" => Volatility.Immutable,
                "s" => Volatility.Stable,
                _ => Volatility.Volatile,
            },
            row.GetBoolean(14),
            settings.Where(setting => setting.Key == Isolation).Select(setting => IsolationLevelOf(setting.Value)).FirstOrDefault(),
            [.. settings.Where(setting => hoistedSettings.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))]);
    }

    /// <summary>Sorts as PostgREST does: fewest parameters first, then by everything else, so that the order never changes.</summary>
    internal static ImmutableArray<Routine> Sort(IEnumerable<Routine> overloads)
        => [.. overloads.Order(Comparer<Routine>.Create(Compare))];

    /// <summary>What PostgreSQL calls the level; anything else is the usual one.</summary>
    internal static string IsolationLevelOf(string setting) => setting.ToLowerInvariant() switch
    {
        "repeatable read" => "repeatable read",
        "serializable" => "serializable",
        _ => "read committed",
    };

    static ImmutableArray<RoutineParameter> ReadParameters(NpgsqlDataReader row)
    {
        var names = row.GetFieldValue<string[]>(3);
        var types = row.GetFieldValue<string[]>(4);
        var typesOfAnyLength = row.GetFieldValue<string[]>(5);
        var required = row.GetFieldValue<bool[]>(6);
        var variadic = row.GetFieldValue<bool[]>(7);
        return
        [
            .. names.Select((name, i) => new RoutineParameter(name, types[i], typesOfAnyLength[i], required[i], variadic[i])),
        ];
    }

    static KeyValuePair<string, string> Split(string setting)
    {
        var at = setting.IndexOf('=', StringComparison.Ordinal);
        return new(setting[..at], setting[(at + 1)..]);
    }

    static int Compare(Routine left, Routine right)
        => Ordering.First(
            left.Parameters.Length.CompareTo(right.Parameters.Length),
            string.CompareOrdinal(left.Description, right.Description),
            Ordering.OfLists(left.Parameters, right.Parameters, Compare),
            Compare(left.Returns, right.Returns),
            left.Volatility.CompareTo(right.Volatility),
            left.HasVariadic.CompareTo(right.HasVariadic),
            string.CompareOrdinal(left.IsolationLevel, right.IsolationLevel),
            Ordering.OfLists(left.Settings, right.Settings, static (one, other)
                => Ordering.First(string.CompareOrdinal(one.Key, other.Key), string.CompareOrdinal(one.Value, other.Value))));

    static int Compare(RoutineParameter left, RoutineParameter right)
        => Ordering.First(
            string.CompareOrdinal(left.Name, right.Name),
            string.CompareOrdinal(left.Type, right.Type),
            string.CompareOrdinal(left.TypeMaxLength, right.TypeMaxLength),
            left.IsRequired.CompareTo(right.IsRequired),
            left.IsVariadic.CompareTo(right.IsVariadic));

    static int Compare(ReturnType left, ReturnType right)
        => Ordering.First(
            left.IsSet.CompareTo(right.IsSet),
            left.IsComposite.CompareTo(right.IsComposite),
            Ordering.OfNames(left.Type, right.Type),
            left.IsCompositeAlias.CompareTo(right.IsCompositeAlias));
}
