using Evolv.Platform.Data;
using Evolv.Platform.RateLimits;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.RateLimits;

/// <summary>Who is limited how.</summary>
public sealed class RateLimitTableTests
{
    const string Person = """{"role":"authenticated","app_metadata":{"provider":"email"},"user_metadata":{}}""";

    [Fact]
    public void Figures_are_the_seeds_for_functions_and_as_documented_for_the_rest()
        => Assert.Equal(
            [
                "\"anonymous\";q=10;w=60", "\"authenticated\";q=60;w=60", "\"anonymous\";q=10;w=60", "\"ai\";q=5;w=60", "\"auth\";q=300;w=60", "\"auth\";q=300;w=60",
                "\"rest-anonymous\";q=300;w=60", "\"rest\";q=600;w=60", "\"realtime\";q=300;w=60", "\"realtime\";q=300;w=60",
            ],
            from tier in new[] { RateLimitTier.Functions, RateLimitTier.Ai, RateLimitTier.Auth, RateLimitTier.Rest, RateLimitTier.Realtime }
            from caller in new[] { Caller.Anonymous, With(Person) }
            select Find(tier, caller)!.Header);

    [Theory]
    [InlineData("""{"app_metadata":{"tier":"premium"}}""", "premium")]
    [InlineData("""{"app_metadata":{"tier":"Premium"}}""", "authenticated")]
    [InlineData("""{"app_metadata":{"tier":["premium"]}}""", "authenticated")]
    [InlineData("""{"app_metadata":{"other":"premium"}}""", "authenticated")]
    [InlineData("""{"app_metadata":"premium"}""", "authenticated")]
    [InlineData("""{"app_metadata":null,"tier":"premium"}""", "authenticated")]
    [InlineData("""{"user_metadata":{"tier":"premium","app_metadata":{"tier":"premium"}},"app_metadata":{"tier":"free"}}""", "authenticated")]
    public void Premium_is_what_the_installation_says_and_not_what_people_say_of_themselves(string claims, string policy)
        => Assert.Equal(policy, Find(RateLimitTier.Functions, With(claims))!.Name);

    [Fact]
    public void Premium_people_pay_for_guidance_like_all_others()
        => Assert.Equal("ai", Find(RateLimitTier.Ai, With("""{"app_metadata":{"tier":"premium"}}"""))!.Name);

    [Fact]
    public void Trusted_back_ends_are_not_limited()
        => Assert.All(Enum.GetValues<RateLimitTier>(), tier => Assert.Null(Find(tier, Caller.Service)));

    static RateLimitPolicy? Find(RateLimitTier tier, Caller caller) => new RateLimitTable(Options.Create(new RateLimitOptions())).Find(tier, caller);

    static Caller With(string claims) => new(Caller.AuthenticatedRole, claims, Guid.CreateVersion7());
}
