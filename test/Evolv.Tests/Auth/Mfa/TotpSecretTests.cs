using System.Text;
using Evolv.Auth.Mfa;
using OtpNet;

namespace Evolv.Tests.Auth.Mfa;

public sealed class TotpSecretTests
{
    static readonly TotpSecret OfRfc = new(Base32Encoding.ToString(Encoding.ASCII.GetBytes("12345678901234567890")));

    // Appendix B of RFC 6238, the last six digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_rfc(long seconds, string code)
    {
        Assert.Equal(seconds / 30, OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(seconds)));
        Assert.Equal(seconds / 30, OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(seconds + 30)));
        Assert.Equal(seconds / 30, OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(seconds - 30)));
        Assert.Null(OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(seconds + 60)));
        Assert.Null(OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(seconds + 90)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("28708")]
    [InlineData("2870820")]
    [InlineData("94287082")]
    [InlineData("２８７０８２")]
    [InlineData("28708a")]
    [InlineData("\0\0\0\0\0\0")]
    public void Anything_else_is_no_code(string code)
        => Assert.Null(OfRfc.FindStep(code, DateTimeOffset.FromUnixTimeSeconds(59)));

    [Fact]
    public void Secrets_are_long_and_differ()
    {
        var secrets = Enumerable.Range(0, 50).Select(_ => TotpSecret.New().Base32).ToHashSet();

        Assert.Equal(50, secrets.Count);
        Assert.All(secrets, secret => Assert.Matches("^[A-Z2-7]{32}$", secret));
    }

    [Fact]
    public void Address_names_issuer_and_account()
    {
        var uri = new Uri(OfRfc.Uri("Evolv & Co", "ada+1@example.com"));

        Assert.Equal(("otpauth", "totp"), (uri.Scheme, uri.Host));
        Assert.Equal("/Evolv & Co:ada+1@example.com", Uri.UnescapeDataString(uri.AbsolutePath));
        var query = System.Web.HttpUtility.ParseQueryString(uri.Query);
        Assert.Equal(
            "Evolv & Co SHA1 6 30 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            $"{query["issuer"]} {query["algorithm"]} {query["digits"]} {query["period"]} {query["secret"]}");
    }

    [Fact]
    public void Picture_can_stand_in_a_data_url()
    {
        var picture = TotpSecret.QrCode(OfRfc.Uri("Evolv", "ada@example.com"));

        Assert.StartsWith("<svg", picture, StringComparison.Ordinal);
        Assert.EndsWith("</svg>", picture, StringComparison.Ordinal);
        Assert.DoesNotContain('#', picture);
        Assert.DoesNotContain('%', picture);
    }

    [Fact]
    public void Longest_names_fit_into_the_picture()
    {
        var (issuer, account) = (new string('あ', 64), $"{new string('&', 64)}@{new string('a', 189)}");

        Assert.StartsWith("<svg", TotpSecret.QrCode(OfRfc.Uri(issuer, account)), StringComparison.Ordinal);
        Assert.StartsWith("<svg", TotpSecret.QrCode(OfRfc.Uri("\ud800", "")), StringComparison.Ordinal);
    }
}
