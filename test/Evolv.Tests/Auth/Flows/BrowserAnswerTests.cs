using Evolv.Auth;
using Evolv.Auth.Flows;

namespace Evolv.Tests.Auth.Flows;

public sealed class BrowserAnswerTests
{
    [Theory]
    [InlineData("https://app.example", "https://app.example?code=a+b")]
    [InlineData("https://app.example/?x=1&y=%26#old", "https://app.example/?x=1&y=%26&code=a+b")]
    [InlineData("https://app.example/?code=evil&x=1&c%6fde=evil", "https://app.example/?x=1&code=a+b")]
    [InlineData("myapp://callback", "myapp://callback?code=a+b")]
    public void Code_is_the_only_one_in_the_query(string to, string expected)
        => Assert.Equal(expected, BrowserAnswer.Code(to, "a b"));

    [Fact]
    public void Error_replaces_a_fragment_and_older_errors()
        => Assert.Equal(
            "myapp://callback?a=b&error=access_denied&error_code=user_banned&error_description=User+is+banned#error=access_denied&error_code=user_banned&error_description=User+is+banned&sb=",
            BrowserAnswer.Error("myapp://callback?error=old&a=b#access_token=x", AuthError.UserBanned(), inQuery: true));

    [Fact]
    public void Words_of_a_provider_are_cut_and_cannot_leave_their_place()
        => Assert.Equal(
            $"https://app.example?error=a%0D%0Ab%26c%23&error_description={new string('x', 500)}#error=a%0D%0Ab%26c%23&error_description={new string('x', 500)}&sb=",
            BrowserAnswer.Error("https://app.example", "a\r\nb&c#", null, new string('x', 5000), inQuery: true));
}
