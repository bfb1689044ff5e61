using System.Diagnostics;
using System.Text;
using Evolv.Features.Career.Providers;

namespace Evolv.Tests.Features.Career.Providers;

/// <summary>What leaves the installation, and what comes in, as plain text.</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("You like numbers. That helps.", "You like numbers. That helps.")]
    [InlineData("  One\n\n two\tthree ", "One two three")]
    [InlineData("You earn $5. You like it.", "You like it.")]
    [InlineData("Two thirds, or 66% of all, stay. Good! Now go.", "Good! Now go.")]
    [InlineData("Pay is 95k. Pay is 1.5 million. Pay is 2 Mio. Pay is good.", "Pay is good.")]
    [InlineData("Pay is 120 000. Pay is 120'000. Pay is 120.000,50. Pay is good.", "Pay is good.")]
    [InlineData("It is \u20B9 9. It is \u20BF 9. It is 9 CHF. It is \uFF04 9. It is fine.", "It is fine.")]
    [InlineData("It is 9\uFF05. It is 9\u066A. It is 9\u2030. It is 9 percent. It is fine.", "It is fine.")]
    [InlineData("\u0669\u0669\u0669\u0669 a year. Yes.", "Yes.")]
    [InlineData("\uFF19\uFF19\uFF19\uFF19 a year. Yes.", "Yes.")]
    [InlineData("Ask 3 people. Learn 12 words a day.", "Ask 3 people. Learn 12 words a day.")]
    [InlineData("Everybody earns 999999", "")]
    [InlineData("a\u200Bb\u202Ec\u2066d\uFEFFe\u00ADf", "abcdef")]
    [InlineData("a\u0000b\u001B[31mc\u0007", "a b [31mc")]
    [InlineData("<b>Bold</b> and <img src=x onerror=alert(1)>plain", "Bold and plain")]
    [InlineData("1 < 2 > 1", "1 ‹ 2 › 1")]
    [InlineData("java\u200Bscript:alert(1) stays out", "stays out")]
    [InlineData("See https://attacker.example/?q=x and www.attacker.example now", "See and now")]
    [InlineData("![p](https://attacker.example/p.png) [Here](//attacker.example) it is", "it is")]
    [InlineData("", "")]
    public void What_a_model_says_becomes_one_plain_line_without_figures(string text, string expected)
        => Assert.Equal(expected, PlainText.FromModel(text, 600));

    [Theory]
    [InlineData("<script>fetch('https://attacker.example')</script>")]
    [InlineData("<<script>script>alert(1)<</script>/script>")]
    [InlineData("<scr\u200Bipt>alert(1)</scr\u200Bipt>")]
    [InlineData("hthttps://attacker.example ttps://attacker.example")]
    [InlineData("[a](b)](https://attacker.example)")]
    [InlineData("<a href=\"https://attacker.example")]
    [InlineData("HTTPS://ATTACKER.EXAMPLE")]
    [InlineData("JAVASCRIPT:alert(1) vbscript:x")]
    [InlineData("<https://attacker.example>")]
    [InlineData("\uD800<b>\uDC00")]
    public void No_markup_and_no_address_comes_through(string text)
    {
        var plain = PlainText.FromModel(text, 600);

        Assert.DoesNotMatch("(?i)[<>]|https?://|javascript:", plain);
        Assert.DoesNotContain(plain, char.IsSurrogate);
    }

    [Fact]
    public void A_text_is_not_cut_within_a_character()
    {
        Assert.Equal("aaa", PlainText.Clip("aaa", 3));
        Assert.Equal("aa…", PlainText.Clip("aaaa", 3));
        Assert.Equal("a…", PlainText.Clip("a\U0001F986b", 3));
        Assert.Equal(600, PlainText.FromModel(new string('x', 100_000), 600).Length);
        Assert.All(
            Enumerable.Range(590, 20), start => Assert.DoesNotContain('\uFFFD', Roundtrip(PlainText.FromModel(new string('x', start) + string.Concat(Enumerable.Repeat("\U0001F986", 900)), 600))));

        static string Roundtrip(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }

    // A hostile model may send a megabyte, of which no regular expression may make hours.
    [Theory]
    [InlineData("1 ")]
    [InlineData("<a")]
    [InlineData("![")]
    [InlineData("[](")]
    [InlineData("a. ")]
    [InlineData("1,")]
    [InlineData(" ")]
    [Trait("reliability", "SEC-35")]
    public void A_megabyte_of_text_takes_no_time(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));
        var watch = Stopwatch.StartNew();

        PlainText.FromModel(text, 2000);

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 3);
    }

    [Theory]
    [InlineData("I like birds", "I like birds")]
    [InlineData("Write to ada@example.com or +49 30 1234567", "Write to [left out] or [left out]")]
    [InlineData("My page is https://ada.example/me and www.ada.example", "My page is [left out] and [left out]")]
    [InlineData("Card 4111 1111 1111 1111, since 2015", "Card [left out], since 2015")]
    [InlineData("a\u200Bd\u200Ba@example.com", "[left out]")]
    [InlineData("a\u202Eb\u2066c\u00ADd\u034Fe\uFE0Ff\uDB40\uDD00g\u3164h\uDB40\uDC41i", "abcdefghi")]
    [InlineData("one\u001Btwo\u0085three", "one two three")]
    public void What_could_tell_who_a_person_is_stays_here(string text, string expected)
        => Assert.Equal(expected, PlainText.ForProvider(text));

    [Theory]
    [MemberData(nameof(Injections.Corpus), MemberType = typeof(Injections), DisableDiscoveryEnumeration = true)]
    [Trait("reliability", "SEC-34")]
    public void Nothing_that_nobody_sees_comes_through(string name, string payload)
    {
        _ = name;
        foreach (var text in new[] { PlainText.ForProvider(payload), PlainText.FromModel(payload, 600) })
            Assert.DoesNotContain(text.EnumerateRunes(), IsHidden);
        Assert.DoesNotMatch("(?i)[<>]|https?://|javascript:", PlainText.FromModel(payload, 600));
    }

    // Zero-width, bidirectional and tag characters, variation selectors, fillers, controls.
    static bool IsHidden(Rune rune) => rune.Value
        is < 0x20 or (>= 0x7F and < 0xA0) or 0xAD or 0x34F or 0x61C or 0x115F or 0x1160 or (>= 0x180B and <= 0x180F) or (>= 0x200B and <= 0x200F)
        or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF or 0xFFA0 or (>= 0xE0000 and <= 0xE0FFF);
}
