using Evolv.Auth.OAuthServer;

namespace Evolv.Tests.Auth.OAuthServer;

public sealed class RedirectUriTests
{
    [Theory]
    [InlineData("https://tool.example.com")]
    [InlineData("https://tool.example.com/")]
    [InlineData("https://tool.example.com:8443/cb?tenant=1,2")]
    [InlineData("https://tool.example.com:443/cb")]
    [InlineData("HTTPS://Tool.example.com/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("http://localhost:3000/cb")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("http://[::1]:3000/cb")]
    [InlineData("https://xn--bcher-kva.example/")]
    public void Servers_and_the_persons_own_machine_get_codes(string uri) => Assert.Null(RedirectUri.WhyNot(uri));

    [Theory]
    [InlineData("")]
    [InlineData("tool")]
    [InlineData("//tool.example.com/")]
    [InlineData("https:tool.example.com")]
    [InlineData("https:///cb")]
    [InlineData("https://")]
    [InlineData("https://tool.example.com/ ")]
    [InlineData(" https://tool.example.com/")]
    [InlineData("https://tool.example.com/\n")]
    [InlineData("https://tool.example.com/\u0000")]
    [InlineData("https://tool.example.com/\u200b")]
    [InlineData("https://bücher.example/")]
    [InlineData("https:\\\\tool.example.com")]
    [InlineData("https://tool.example.com\\@evil.example")]
    [InlineData("https://tool.example.com@evil.example/")]
    [InlineData("https://@tool.example.com/")]
    [InlineData("https://:@tool.example.com/")]
    [InlineData("https://tool.example.com/#")]
    [InlineData("https://tool.example.com#/x")]
    [InlineData("http://localhost.evil.example/")]
    [InlineData("http://127.0.0.1.evil.example/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://tool.example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("javascript://localhost/%0aalert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("blob:https://a.example/x")]
    [InlineData("myapp://callback")]
    [InlineData("ftp://tool.example.com/")]
    public void Nobody_else_does(string uri) => Assert.NotNull(RedirectUri.WhyNot(uri));

    [Theory]
    [InlineData("https://a.example/logo.png", true)]
    [InlineData("http://a.example/logo.png", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:image/svg+xml,x", false)]
    [InlineData("https://a.example/\"onload=x", false)]
    [InlineData("https://u@a.example/", false)]
    [InlineData("logo.png", false)]
    public void Consent_page_shows_pages_of_the_web_alone(string uri, bool isGood) => Assert.Equal(isGood, RedirectUri.IsWebPage(uri));
}
