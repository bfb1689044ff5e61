using System.Text;

namespace Evolv.Rest.Schema;

/// <summary>
/// Finds the names that a misspelt one may stand for, with the scores and in the order of PostgREST's search (the Haskell
/// package fuzzyset): candidates share runs of letters with the wanted name, their score is the share of letters that stay.
/// </summary>
static class NearestName
{
    /// <summary>What PostgREST asks for where a wrong guess tells nothing secret.</summary>
    internal const double AnyLikeness = 0.33;

    const int MostCandidates = 50;

    internal static string? Find(IEnumerable<string> names, string wanted, double minScore)
        => Search(names, wanted, minScore) is [var best, ..] ? best.Name : null;

    /// <summary>Best first. A name that differs in case alone is the only answer, with score 1.</summary>
    internal static IReadOnlyList<(double Score, string Name)> Search(IEnumerable<string> names, string wanted, double minScore)
    {
        // The package adds its list from the end, so the last of equal names is kept and the last of equal scores comes first.
        var entries = names.Reverse().Select(Entry.Of).DistinctBy(entry => entry.Key).ToArray();
        var query = Entry.Of(wanted);
        if (entries.FirstOrDefault(entry => entry.Key == query.Key) is { } same)
            return [(1, same.Name)];

        // What a client sends may be megabytes long: do not cut it to pieces if no name is long enough to resemble it.
        if (!entries.Any(entry => BestScore(entry, query) >= minScore))
            return [];

        var byThree = Search(entries, query, 3, minScore);
        return byThree.Count > 0 ? byThree : Search(entries, query, 2, minScore);
    }

    static List<(double Score, string Name)> Search(Entry[] entries, Entry query, int gramSize, double minScore)
    {
        var counts = query.Grams(gramSize).CountBy(gram => gram).ToDictionary();
        var magnitude = Magnitude(counts.Values);
        // Both sorts are stable: equal scores keep the order of the sort before.
        return [.. entries
            .Select(entry => (Entry: entry, Cosine: Cosine(entry.Grams(gramSize), counts, magnitude)))
            .Where(candidate => candidate.Cosine > 0)
            .OrderByDescending(candidate => candidate.Cosine)
            .Take(MostCandidates)
            .Where(candidate => BestScore(candidate.Entry, query) >= minScore)
            .Select(candidate => (Score: Likeness(candidate.Entry.Letters, query.Letters), candidate.Entry.Name))
            .OrderByDescending(match => match.Score)
            .Where(match => match.Score >= minScore)];
    }

    /// <summary>The cosine of the angle between two vectors that count grams.</summary>
    static double Cosine(long[] grams, Dictionary<long, int> queryCounts, double queryMagnitude)
    {
        var product = 0;
        foreach (var gram in grams)
            product += queryCounts.GetValueOrDefault(gram);
        return product is 0 ? 0 : product / (queryMagnitude * Magnitude(grams.CountBy(gram => gram).Select(count => count.Value)));
    }

    static double Magnitude(IEnumerable<int> counts) => Math.Sqrt(counts.Sum(count => (long)count * count));

    /// <summary>The score that the lengths alone allow.</summary>
    static double BestScore(Entry left, Entry right)
        => (double)Math.Min(left.Letters.Length, right.Letters.Length) / Math.Max(left.Letters.Length, right.Letters.Length);

    /// <summary>1 less the Levenshtein distance as a part of the longer text.</summary>
    static double Likeness(int[] left, int[] right)
    {
        var length = Math.Max(left.Length, right.Length);
        return (double)(length - Distance(left, right)) / length;
    }

    static int Distance(int[] left, int[] right)
    {
        // Only the last row of the table is kept: row[i] is the distance from the letters of right so far to left[..i].
        var row = new int[left.Length + 1];
        for (var i = 0; i < row.Length; i++)
            row[i] = i;
        for (var j = 0; j < right.Length; j++)
        {
            var diagonal = row[0];
            row[0] = j + 1;
            for (var i = 0; i < left.Length; i++)
            {
                var replaced = diagonal + (left[i] == right[j] ? 0 : 1);
                diagonal = row[i + 1];
                row[i + 1] = Math.Min(replaced, Math.Min(row[i], row[i + 1]) + 1);
            }
        }

        return row[^1];
    }

    /// <param name="Key">The name in lower case.</param>
    /// <param name="Letters">The code points of the key.</param>
    /// <param name="Words">Those of them that make words, between two hyphens.</param>
    sealed record Entry(string Name, string Key, int[] Letters, int[] Words)
    {
        internal static Entry Of(string name)
        {
            var key = name.ToLowerInvariant();
            return new(
                name, key, [.. key.EnumerateRunes().Select(rune => rune.Value)],
                ['-', .. key.EnumerateRunes().Where(IsWord).Select(rune => rune.Value), '-']);
        }

        /// <summary>All runs of so many letters, each packed into a number: a code point has 21 bits.</summary>
        internal long[] Grams(int size)
        {
            var grams = new long[Math.Max(0, Words.Length - size + 1)];
            for (var start = 0; start < grams.Length; start++)
            {
                foreach (var letter in Words.AsSpan(start, size))
                    grams[start] = grams[start] << 21 | (uint)letter;
            }

            return grams;
        }

        // The underscore is none, so user_levels and userlevels have the same grams.
        static bool IsWord(Rune rune) => Rune.IsLetter(rune) || Rune.IsNumber(rune) || Rune.IsWhiteSpace(rune) || rune.Value is ',';
    }
}
