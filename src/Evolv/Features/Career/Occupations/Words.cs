using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Evolv.Features.Career.Occupations;

/// <summary>English text as words that can be compared: lower case, without endings and the words that every text has.</summary>
static class Words
{
    static readonly FrozenSet<string> Common = FrozenSet.Create(
        StringComparer.Ordinal,
        "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "being", "but", "by", "can", "could",
        "do", "for", "from", "get", "have", "how", "i", "if", "in", "into", "is", "it", "its", "job", "just", "like", "love", "me", "more", "most",
        "my", "not", "of", "on", "one", "or", "our", "out", "own", "people", "rather", "really", "so", "some", "someone", "than", "that", "the",
        "their", "them", "there", "these", "they", "thing", "things", "this", "those", "to", "up", "us", "use", "using", "very", "want", "was",
        "we", "well", "what", "when", "where", "which", "while", "who", "will", "with", "work", "working", "would", "you", "your");

    /// <summary>The stems of a text, in its order.</summary>
    internal static IEnumerable<string> Stems(string text)
        => Split(text).Where(word => !Common.Contains(word)).Select(Stem);

    /// <summary>The text as it is compared whole: <c>C++ &amp; C#</c> is <c>c++ c#</c>.</summary>
    internal static string Phrase(string text) => string.Join(' ', Split(text));

    // Plus and number sign belong to a word that ends with them: c++, c#.
    static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || (word.Length > 0 && rune.Value is '+' or '#'))
                word.Append(Rune.ToLowerInvariant(rune));
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.Format) && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
            yield return word.ToString();
    }

    // Light on purpose: teaching, teaches and teacher meet in one stem, and so do nurse and nursing; universe and university do not.
    static string Stem(string word)
    {
        if (word.Length <= 3)
            return word;
        var stem = Singular(word);
        foreach (var ending in Endings)
        {
            if (stem.Length - ending.Length >= 3 && stem.EndsWith(ending, StringComparison.Ordinal))
            {
                stem = stem[..^ending.Length];
                break;
            }
        }

        // run-n-ing, program-m-er
        if (stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('s' or 'l' or 'e' or 'z'))
            stem = stem[..^1];
        return stem.Length > 3 && stem[^1] is 'e' or 'y' ? stem[..^1] : stem;
    }

    static string Singular(string word) => word switch
    {
        _ when word.EndsWith("ies", StringComparison.Ordinal) => $"{word[..^3]}y",
        _ when PluralsInEs.Any(plural => word.EndsWith(plural, StringComparison.Ordinal)) => word[..^2],
        [.. _, 's' or 'u' or 'i', 's'] => word, // glass, virus, analysis
        [.. var rest, 's'] => rest,
        _ => word,
    };

    static readonly string[] PluralsInEs = ["ses", "xes", "ches", "shes"];

    static readonly string[] Endings = ["ations", "ation", "ing", "ers", "ed", "er", "or", "ist", "ment", "ly"];
}
