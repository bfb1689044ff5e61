using System.Text;
using Evolv.Realtime.Socket;

namespace Evolv.Tests.Realtime.Socket;

public sealed class WellFormedTests
{
    [Theory]
    [InlineData("""["\uD83D\uDE00"]""", """["\uD83D\uDE00"]""")]
    [InlineData("""["\ud83d"]""", """["\uFFFD"]""")]
    [InlineData("""["\ud83d", "\uDE00"]""", """["\uFFFD", "\uFFFD"]""")]
    [InlineData("""["\uD83D\uD83D\uDE00"]""", """["\uFFFD\uD83D\uDE00"]""")]
    [InlineData("""["\uD83D\n\uDE00"]""", """["\uFFFD\n\uFFFD"]""")]
    [InlineData("""["\\uD83D"]""", """["\\uD83D"]""")]
    [InlineData("""["\\\uD83D"]""", """["\\\uFFFD"]""")]
    [InlineData("""["\u00e9\uFFFF"]""", """["\u00e9\uFFFF"]""")]
    [InlineData("""["\uD83""", """["\uD83""")]
    [InlineData("\\", "\\")]
    [InlineData("", "")]
    public void Half_characters_are_replaced_and_nothing_else(string json, string mended)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        WellFormed.MendSurrogates(bytes);

        Assert.Equal(mended, Encoding.UTF8.GetString(bytes));
    }
}
