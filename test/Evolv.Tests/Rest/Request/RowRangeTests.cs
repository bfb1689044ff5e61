using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class RowRangeTests
{
    [Theory]
    [InlineData(null, null, "0-")]
    [InlineData("10", null, "0-9")]
    [InlineData(null, "5", "5-")]
    [InlineData("10", "5", "5-14")]
    [InlineData("1", "0", "0-0")]
    [InlineData("0", null, "none")]
    [InlineData("0", "5", "empty")]
    [InlineData("-1", null, "empty")]
    [InlineData("x", null, "0-")]
    [InlineData(null, "x", "0-")]
    [InlineData("10", "x", "0-9")]
    [InlineData("99999999999999999999", null, "0-2147483646999")]
    [InlineData(" 5 ", null, "0-4")]
    [InlineData("+2", null, "0-")]
    public void Parameters_say_how_many_and_from_where(string? limit, string? offset, string expected)
        => Assert.Equal(expected, Show(RowRange.FromParameters(limit, offset)));

    [Theory]
    [InlineData(null, "0-")]
    [InlineData("", "0-")]
    [InlineData("0-9", "0-9")]
    [InlineData("5-5", "5-5")]
    [InlineData("5-", "5-")]
    [InlineData("9-5", "empty")]
    [InlineData("-5", "0-")]
    [InlineData("items=0-9", "0-")]
    [InlineData("0-9,20-29", "0-")]
    [InlineData("a-b", "0-")]
    [InlineData("99999999999999999999-", "2147483647000-")]
    public void A_header_says_which_rows(string? header, string expected)
        => Assert.Equal(expected, Show(RowRange.FromHeader(header)));

    [Theory]
    [InlineData("0-", "0-", "0-")]
    [InlineData("0-9", "0-", "0-9")]
    [InlineData("5-", "0-9", "5-9")]
    [InlineData("2-6", "4-9", "4-6")]
    [InlineData("0-4", "5-9", "empty")]
    [InlineData("9-5", "0-", "empty")]
    public void Two_ranges_have_rows_in_common(string one, string other, string expected)
    {
        var (left, right) = (RowRange.FromHeader(one), RowRange.FromHeader(other));

        Assert.Equal((expected, expected), (Show(left.Intersect(right)), Show(right.Intersect(left))));
    }

    [Theory]
    [InlineData(null, null, null, "0-")]
    [InlineData(null, null, 100L, "0-99")]
    [InlineData("10", null, 100L, "0-9")]
    [InlineData("200", "50", 100L, "50-149")]
    [InlineData(null, "50", 100L, "50-149")]
    [InlineData("0", null, 100L, "none")]
    public void A_setting_restricts_the_number_of_rows(string? limit, string? offset, long? most, string expected)
        => Assert.Equal(expected, Show(RowRange.FromParameters(limit, offset).Restrict(most)));

    static string Show(RowRange range)
        => range.IsLimitZero ? "none" : range.IsEmpty ? "empty" : $"{range.Offset}-{range.Last}";
}
