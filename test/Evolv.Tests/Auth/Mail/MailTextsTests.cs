using Evolv.Auth.Mail;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth.Mail;

public sealed class MailTextsTests
{
    static readonly MailTexts Texts = new(Options.Create(new MailOptions { SiteName = "<School> & Co" }));

    [Fact]
    public void Every_language_has_every_mail()
    {
        Assert.Equal(["de", "en", "es", "fr"], Texts.Languages.Order());
        foreach (var language in Texts.Languages)
        {
            foreach (var kind in Enum.GetValues<MailKind>())
            {
                var mail = Texts.Write(kind, language, "a+b@example.com", "https://example.org/?a=1&b=2", "012345");

                Assert.DoesNotContain("{", mail.Text + mail.Subject, StringComparison.Ordinal);
                Assert.Contains("012345", mail.Text, StringComparison.Ordinal);
                Assert.DoesNotContain("<School>", mail.Html, StringComparison.Ordinal);
                Assert.Contains($"<html lang=\"{language}\">", mail.Html, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("", "en")]
    [InlineData("de", "de")]
    [InlineData("fr-CA, en;q=0.8", "fr")]
    [InlineData("en;q=0.2, es;q=0.9, de;q=0", "es")]
    [InlineData("ja, zh", "en")]
    [InlineData("*", "en")]
    [InlineData(";;;,,, \u0001", "en")]
    public void Language_is_the_first_that_there_is(string header, string language)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptLanguage = header;

        Assert.Equal(language, Texts.Choose(context.Request));
    }
}
