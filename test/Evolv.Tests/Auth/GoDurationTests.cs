using Evolv.Auth;

namespace Evolv.Tests.Auth;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("24h", 86_400)]
    [InlineData("1h30m", 5_400)]
    [InlineData("1.5h", 5_400)]
    [InlineData("+90m", 5_400)]
    [InlineData("-1s", -1)]
    [InlineData("1h1m1s", 3_661)]
    [InlineData("3000ms", 3)]
    [InlineData("2000000us", 2)]
    [InlineData("2000000µs", 2)]
    [InlineData("1000000000ns", 1)]
    [InlineData(".5m", 30)]
    [InlineData("876000h", 3_153_600_000)]
    public void Duration_is_read(string text, double seconds)
    {
        var duration = GoDuration.Parse(text, out var why);

        Assert.Equal((seconds, null), (duration.TotalSeconds, why));
    }

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    [InlineData("h", "time: invalid duration \"h\"")]
    [InlineData("24", "time: missing unit in duration \"24\"")]
    [InlineData("1d", "time: unknown unit \"d\" in duration \"1d\"")]
    [InlineData("1h30", "time: missing unit in duration \"1h30\"")]
    [InlineData("1 h", "time: unknown unit \" h\" in duration \"1 h\"")]
    [InlineData("1..5h", "time: invalid duration \"1..5h\"")]
    [InlineData("9999999999h", "time: invalid duration \"9999999999h\"")]
    [InlineData("99999999999999999999999999999h", "time: invalid duration \"99999999999999999999999999999h\"")]
    [InlineData("2000000h2000000h", "time: invalid duration \"2000000h2000000h\"")]
    [InlineData("none", "time: invalid duration \"none\"")]
    public void Anything_else_is_refused_in_the_words_of_go(string text, string expected)
    {
        GoDuration.Parse(text, out var why);

        Assert.Equal(expected, why);
    }
}
