using Evolv.Platform.Redis;

namespace Evolv.Tests.Platform.Redis;

/// <summary>The address of Redis is checked at start, and its password is said nowhere.</summary>
public sealed class RedisOptionsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("localhost:6379")]
    [InlineData("a:6379,b:6379,user=evolv,password=secret,ssl=true")]
    public void Address_is_taken(string? text) => Assert.True(Validate(text).Succeeded);

    [Theory]
    [InlineData("redis://:secret@localhost:6379")]
    [InlineData("localhost:6379,password=a,secret=b")]
    [InlineData("localhost:6379,ssl=secret")]
    [InlineData("password=secret")]
    public void Wrong_address_is_refused_without_its_text(string text)
    {
        var result = Validate(text);

        Assert.True(result.Failed);
        Assert.DoesNotContain("secret", result.FailureMessage, StringComparison.Ordinal);
    }

    static Microsoft.Extensions.Options.ValidateOptionsResult Validate(string? text)
        => new RedisOptions.Validator().Validate(null, new RedisOptions { ConnectionString = text });
}
