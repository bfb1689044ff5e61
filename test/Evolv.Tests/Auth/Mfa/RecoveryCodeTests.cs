using Evolv.Auth.Mfa;

namespace Evolv.Tests.Auth.Mfa;

public sealed class RecoveryCodeTests
{
    [Fact]
    public void Codes_have_no_letters_that_look_alike()
        => Assert.All(
            Enumerable.Range(0, 200).Select(_ => RecoveryCode.New()),
            code => Assert.Matches("^[abcdefghjkmnpqrstuvwxyz2-9]{5}-[abcdefghjkmnpqrstuvwxyz2-9]{5}$", code));

    [Theory]
    [InlineData("abcde-fghjk", true)]
    [InlineData(" ABCDE fghjk ", true)]
    [InlineData("abcdefghjk", true)]
    [InlineData("abcde-fghj", false)]
    [InlineData("abcde-fghjkm", false)]
    [InlineData("abcde-fghj0", false)]
    [InlineData("123456", false)]
    [InlineData("", false)]
    [InlineData("\0\0\0\0\0\0\0\0\0\0", false)]
    public void Dashes_spaces_and_case_do_not_matter(string code, bool isOne)
    {
        var user = Guid.NewGuid();

        Assert.Equal(isOne, RecoveryCode.IsOne(code));
        Assert.Equal(isOne && code.Trim() is not "abcde-fghj", RecoveryCode.Hash(user, code) == RecoveryCode.Hash(user, "abcde-fghjk"));
        Assert.NotEqual(RecoveryCode.Hash(user, code), RecoveryCode.Hash(Guid.NewGuid(), code));
    }
}
