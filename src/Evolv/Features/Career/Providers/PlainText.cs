using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Evolv.Features.Career.Providers;

/// <summary>Makes text plain where it leaves the installation and where a model's text comes in.</summary>
static partial class PlainText
{
    /// <summary>What a person wrote, without what could tell who they are: addresses, links and long numbers.</summary>
    internal static string ForProvider(string text)
        => Identifying().Replace(Visible(text), "[left out]");

    /// <summary>
    /// A model's text as one line without markup. Sentences with money, percentages or large numbers are left out: such figures come from the
    /// tables, with their source. Empty when nothing is left.
    /// </summary>
    internal static string FromModel(string text, int longest)
    {
        var line = Spaces().Replace(Markup().Replace(Visible(text), " "), " ").Trim();
        var sentences = SentenceEnds().Split(line).Where(sentence => !Figures().IsMatch(sentence));
        return Clip(string.Join(' ', sentences).Replace('<', '‹').Replace('>', '›').Trim(), longest);
    }

    /// <summary>At most so many UTF-16 units, and no half character at the end.</summary>
    internal static string Clip(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var end = longest - 1;
        if (char.IsHighSurrogate(text[end - 1]))
            end--;
        return $"{text[..end].TrimEnd()}…";
    }

    // Without control and format characters: zero-width and bidirectional marks, tags, escapes.
    static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control)
                visible.Append(' ');
            else if (category is not (UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned))
                visible.Append(rune);
        }

        return visible.ToString();
    }

    [GeneratedRegex(@"\S+@\S+|(?:https?://|www\.)\S+|\+?\d(?:[\s()./-]?\d){6,}", RegexOptions.IgnoreCase)]
    private static partial Regex Identifying();

    [GeneratedRegex(@"</?[a-z!][^>]*>|!?\[[^\]]*\]\([^)]*\)|(?:https?://|www\.|javascript:|data:)\S*", RegexOptions.IgnoreCase)]
    private static partial Regex Markup();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<=[.!?。！？])\s+")]
    private static partial Regex SentenceEnds();

    [GeneratedRegex(@"[$€£¥%]|\d[\d.,' ]*\d{2}|\d\s?[km]\b|\b(usd|eur|gbp|dollars?|euros?|pounds?|percent|per cent|prozent|por ciento)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Figures();
}
