using Evolv.Auth.OAuthServer;

namespace Evolv.Tests.Auth.OAuthServer;

public sealed class OAuthServerOptionsTests
{
    [Theory]
    [InlineData("/oauth/consent", true)]
    [InlineData("/", true)]
    [InlineData("", false)]
    [InlineData("oauth/consent", false)]
    [InlineData("//evil.example/consent", false)]
    [InlineData("https://evil.example/", false)]
    [InlineData("/consent?x=1", false)]
    [InlineData("/consent#x", false)]
    [InlineData("/\\evil.example", false)]
    [InlineData("/a b", false)]
    public void Consent_page_is_a_path_of_the_site(string path, bool isGood)
        => Assert.Equal(isGood, new OAuthServerOptions.Validator().Validate(null, new OAuthServerOptions { AuthorizationUrlPath = path }).Succeeded);

    [Theory]
    [InlineData(59, false)]
    [InlineData(60, true)]
    [InlineData(86_401, false)]
    public void Requests_wait_for_a_while(int seconds, bool isGood)
        => Assert.Equal(isGood, new OAuthServerOptions.Validator().Validate(null, new OAuthServerOptions { AuthorizationExpirySeconds = seconds }).Succeeded);
}
