using Evolv.Auth;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth;

public sealed class RedirectsTests
{
    const string Site = "https://evolv.example.org";

    static Redirects New(string siteUrl = Site) => new(Options.Create(new AuthOptions
    {
        SiteUrl = siteUrl,
        RedirectUrls = "https://*.preview.example.org/**, https://app.example.com/done, myapp://callback, https://wild.example.com/a?c, https://**.deep.example.net/**",
    }));

    [Theory]
    [InlineData("https://evolv.example.org")]
    [InlineData("https://evolv.example.org/any/path?with=query#and")]
    [InlineData("https://one.preview.example.org/deep/path.html")]
    [InlineData("https://app.example.com/done")]
    [InlineData("https://app.example.com/done#fragment")]
    [InlineData("myapp://callback")]
    [InlineData("https://wild.example.com/abc")]
    [InlineData("https://a.b.deep.example.net/x?y=z")]
    public void Listed_address_is_allowed(string wanted) => Assert.Equal(wanted, New().Check(wanted));

    [Theory]
    [InlineData("")]
    [InlineData("/relative")]
    [InlineData("//evil.com")]
    [InlineData("///evil.com")]
    [InlineData("\\\\evil.com")]
    [InlineData("/\\evil.com")]
    [InlineData("https:evil.com")]
    [InlineData("https:/evil.com")]
    [InlineData("https:\\\\evil.com")]
    [InlineData("https://evil.com")]
    [InlineData("https://evil.com\\@evolv.example.org")]
    [InlineData("https://evil.com\\.preview.example.org/")]
    [InlineData("https://evolv.example.org@evil.com")]
    [InlineData("https://evolv.example.org:443@evil.com")]
    [InlineData("https://user:pass@evolv.example.org")]
    [InlineData("https://evolv.example.org.evil.com")]
    [InlineData("https://evil.com/.preview.example.org/")]
    [InlineData("https://evil.com/x.preview.example.org/")]
    [InlineData("https://evil.com#.preview.example.org/")]
    [InlineData("https://evil.com?.preview.example.org/")]
    [InlineData("https://[2001:db8::bad]?.preview.example.org/x")]
    [InlineData("https://intranet?.preview.example.org/x")]
    [InlineData("https://intranet#.preview.example.org/x")]
    [InlineData("https://evil.com/?.deep.example.net/")]
    [InlineData("https://evil.com?x.deep.example.net/")]
    [InlineData("https://a.b.preview.example.org/")]
    [InlineData("http://evolv.example.org")]
    [InlineData("https://evolv.example.org:8443")]
    [InlineData("https://evolv.example.org\r\nLocation: https://evil.com")]
    [InlineData("https://evolv.example.org%0d%0a@evil.com")]
    [InlineData(" https://evil.com")]
    [InlineData("https://\tevil.com")]
    [InlineData("javascript:alert(1)")]
    [InlineData("JaVaScRiPt://evolv.example.org/%0aalert(1)")]
    [InlineData("java\nscript:alert(1)")]
    [InlineData("data:text/html,<script>alert(1)</script>")]
    [InlineData("data://evolv.example.org/")]
    [InlineData("vbscript:msgbox(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("blob:https://evolv.example.org/1")]
    [InlineData("http://2130706433/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://localhost:3000")]
    [InlineData("myapp://callback/more")]
    [InlineData("https://app.example.com/done/")]
    [InlineData("https://app.example.com/done?x=1")]
    [InlineData("https://wild.example.com/a/c")]
    [InlineData("https://wild.example.com/a.c")]
    [InlineData("https://ev\u00f6lv.example.org")]
    public void Anything_else_leads_to_the_site(string wanted) => Assert.Equal(Site, New().Check(wanted));

    [Theory]
    [InlineData("http://localhost:3000/welcome", true)]
    [InlineData("http://127.0.0.1:1234", true)]
    [InlineData("http://[::1]:5173/", true)]
    [InlineData("https://127.0.0.1:3000", true)]
    [InlineData("http://2130706433:3000/", false)]
    [InlineData("http://0x7f000001/", false)]
    [InlineData("http://017700000001/", false)]
    [InlineData("http://127.1/", false)]
    [InlineData("http://localhost.evil.com/", false)]
    [InlineData("http://localhost@evil.com/", false)]
    public void Development_may_use_any_port_of_this_machine(string wanted, bool isAllowed)
        => Assert.Equal(isAllowed ? wanted : "http://127.0.0.1:54321", New("http://127.0.0.1:54321").Check(wanted));

    [Fact]
    public void Longest_address_is_bounded() => Assert.Equal(Site, New().Check($"{Site}/{new string('a', 3000)}"));
}
