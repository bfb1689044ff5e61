using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

/// <summary>Comparisons that go field by field, as those that PostgREST derives from its types.</summary>
static class Ordering
{
    /// <summary>The first that is not equal.</summary>
    internal static int First(params ReadOnlySpan<int> comparisons)
    {
        foreach (var comparison in comparisons)
        {
            if (comparison != 0)
                return comparison;
        }

        return 0;
    }

    /// <summary>Item by item; the beginning of a list comes before the list.</summary>
    internal static int OfLists<T>(ImmutableArray<T> left, ImmutableArray<T> right, Func<T, T, int> compare)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var comparison = compare(left[i], right[i]);
            if (comparison != 0)
                return comparison;
        }

        return left.Length.CompareTo(right.Length);
    }

    internal static int OfNames(QualifiedName left, QualifiedName right)
        => First(string.CompareOrdinal(left.Schema, right.Schema), string.CompareOrdinal(left.Name, right.Name));
}
