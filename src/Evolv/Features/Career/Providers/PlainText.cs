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
        // Twice of what is shown, for what is left out: a megabyte would keep the patterns busy for hours.
        var line = Spaces().Replace(Markup().Replace(Visible(Clip(text, 2 * longest)), " "), " ").Trim();
        var sentences = SentenceEnds().Split(line).Where(sentence => !Figures().IsMatch(Years().Replace(sentence, "")));
        return Clip(string.Join(' ', sentences).Replace('<', '‹').Replace('>', '›').Trim(), longest);
    }

    /// <summary>The name of a model as a provider says it: letters, digits and what stands between them.</summary>
    internal static string Name(string text, int longest)
        => Clip(string.Concat(text.Where(letter => char.IsAsciiLetterOrDigit(letter) || "-._:/".Contains(letter, StringComparison.Ordinal))), longest);

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

    // Without control and format characters: zero-width and bidirectional marks, tags, escapes; and without the marks and letters that show nothing.
    static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                visible.Append(' ');
            else if (!IsBlank(rune.Value) && category is not (UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned))
                visible.Append(rune);
        }

        return visible.ToString();
    }

    // Variation selectors, fillers and joiners: any text can hide in them, and a model reads it.
    static bool IsBlank(int rune)
        => rune is 0x34F or 0x115F or 0x1160 or (>= 0x180B and <= 0x180F) or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xE0100 and <= 0xE01EF);

    [GeneratedRegex(@"\S+@\S+|(?:https?://|www\.)\S+|\+?\d(?:[\s()./-]{0,3}\d){8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Identifying();

    [GeneratedRegex(@"</?[a-z!][^>]*>|!?\[[^\]]*\]\([^)]*\)|(?:https?://|www\.|javascript:|data:)\S*", RegexOptions.IgnoreCase)]
    private static partial Regex Markup();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<=[.!?。！？])\s+")]
    private static partial Regex SentenceEnds();

    [GeneratedRegex(@"\b(19|20)\d\d\b")]
    private static partial Regex Years();

    [GeneratedRegex(
        @"[\p{Sc}%％٪‰]|\d[\d.,' ]*\d{2}|\d\s?(?:[km]|mio|mrd|bn|thousand|million|billion|tausend|lakh|crore)\b" +
        @"|\b(usd|eur|gbp|chf|dollars?|euros?|pounds?|percent|per cent|prozent|por ciento)\b" +
        @"|\b(salar\w+|wages?|incomes?|earnings|thousands?|millions?|billions?)\b" +
        @"|\b(pays?|paid|earns?)\b.*\d|\d.*\b(an hour|per hour|a year|per year|a month|per month)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Figures();
}
