using Evolv.Platform;
using Evolv.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Http;

/// <summary>Whose pages may call.</summary>
public sealed class OriginsTests
{
    const string Laptop = "http://127.0.0.1:54321";

    [Theory]
    [InlineData("http://localhost:5173", true)]
    [InlineData("https://localhost", true)]
    [InlineData("http://127.0.0.1:3000", true)]
    [InlineData("http://[::1]:3000", true)]
    [InlineData("https://evil.com", false)]
    [InlineData("http://localhost.evil.com", false)]
    [InlineData("http://127.0.0.1.evil.com", false)]
    [InlineData("http://evil.com/?http://localhost", false)]
    [InlineData("http://localhost@evil.com", false)]
    [InlineData("http://localhost:5173/", false)]
    [InlineData("ftp://localhost", false)]
    [InlineData("file://", false)]
    [InlineData("null", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void On_a_laptop_pages_of_the_laptop_may_call(string origin, bool isAllowed)
        => Assert.Equal(isAllowed, Make(Laptop).Allow(origin));

    [Theory]
    [InlineData("http://0.0.0.0:54321", "", "")]
    [InlineData("http://127.0.0.1:54321;http://192.0.2.1:80", "", "")]
    [InlineData("http://*:54321", "", "")]
    [InlineData(Laptop, "https://good.com", "")]
    [InlineData(Laptop, "", "127.0.0.1")]
    public void A_server_for_others_allows_no_page_of_its_own_machine(string urls, string named, string proxies)
        => Assert.False(Make(urls, named, proxies).Allow("http://localhost:5173"));

    [Theory]
    [InlineData("https://good.com", true)]
    [InlineData("https://GOOD.com", true)]
    [InlineData("https://app.example:8443", true)]
    [InlineData("http://good.com", false)]
    [InlineData("https://good.com:444", false)]
    [InlineData("https://good.com.evil.com", false)]
    [InlineData("https://evilgood.com", false)]
    [InlineData("https://sub.good.com", false)]
    [InlineData("null", false)]
    public void Named_origins_are_taken_by_the_letter(string origin, bool isAllowed)
        => Assert.Equal(isAllowed, Make(Laptop, "https://good.com, https://app.example:8443").Allow(origin));

    [Fact]
    public void A_star_is_for_all()
        => Assert.True(Make("http://0.0.0.0:80", "*").Allow("https://anything.example"));

    [Theory]
    [InlineData("https://api.example", true)]
    [InlineData("http://api.example", false)]
    [InlineData("https://api.example.evil.com", false)]
    [InlineData("null", false)]
    public void Evolvs_own_pages_may_open_sockets(string origin, bool isAllowed)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("https", new HostString("api.example"));

        Assert.Equal(isAllowed, Make("https://0.0.0.0:443").AllowOrOwn(origin, request));
    }

    [Theory]
    [InlineData("ShutdownSeconds", "0", "it must be between 1 and 300")]
    [InlineData("MaxConnections", "many", "'many' has the wrong type")]
    [InlineData("AllowedOrigins", "app.example.com", "'app.example.com' is no origin; write it as https://app.example.com, without a path")]
    [InlineData("AllowedOrigins", "https://a.example, https://b.example/", "'https://b.example/' is no origin")]
    [InlineData("TrustedProxies", "10.0.0.0/8, proxy", "'proxy' is neither an address nor a network such as 10.0.0.0/8")]
    [InlineData("TrustedProxies", "10.0.0.0/33", "'10.0.0.0/33' is neither an address nor a network")]
    public void A_setting_that_makes_no_sense_is_refused_at_the_start(string name, string value, string expected)
        => Assert.StartsWith(
            $"Setting Http:{name} is wrong: {expected}",
            Assert.Throws<SetupException>(() => Program.Build(new Dictionary<string, string?> { [$"Http:{name}"] = value })).Message,
            StringComparison.Ordinal);

    static Origins Make(string urls, string named = "", string proxies = "")
        => new(Options.Create(new HttpOptions { AllowedOrigins = named, TrustedProxies = proxies }), Options.Create(new ServerOptions { Urls = urls }));
}
