using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Token;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Rest.Token;

public sealed class RestCallersTests
{
    const string BearerHeader = " WWW-Authenticate: Bearer error=\"invalid_token\", error_description=";
    static readonly CallerFeature Nobody = new(Caller.Anonymous, null, HasToken: false);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Caller_of_this_installation_is_taken_as_found()
    {
        var person = Caller.User(Guid.CreateVersion7());

        Assert.Same(person, await FindAsync(new CallerFeature(person, null, HasToken: true), "x.y.z"));
        Assert.Same(Caller.Service, await FindAsync(new CallerFeature(Caller.Service, null, HasToken: true), "sb_secret_x"));
    }

    [Fact]
    public async Task Anonymous_becomes_the_role_of_the_setting()
    {
        var key = new CallerFeature(Caller.Anonymous, null, HasToken: true);

        Assert.Same(Caller.Anonymous, await FindAsync(Nobody, null));
        Assert.Same(Caller.Anonymous, await FindAsync(key, "sb_publishable_x"));
        Assert.Equal(new Caller("we\"b", """{"role":"we\u0022b"}"""), await FindAsync(Nobody, null, Tokens.Rest(null, "we\"b")));
        foreach (var asked in (CallerFeature[])[Nobody, key])
            Assert.Equal(
                "401 PGRST302 Anonymous access is disabled WWW-Authenticate: Bearer", await RefusalAsync(asked, null, Tokens.Rest(null, null)));
    }

    [Theory]
    [InlineData("JWT expired", "PGRST303")]
    [InlineData("JWT not yet valid", "PGRST303")]
    [InlineData("JWT issued at future", "PGRST303")]
    [InlineData("JWT not in audience", "PGRST303")]
    [InlineData("JWT role is not allowed", "PGRST303")]
    [InlineData("JWT claim exp must be a number", "PGRST303")]
    [InlineData("Parsing claims failed", "PGRST303")]
    [InlineData("JWT cryptographic operation failed", "PGRST301")]
    [InlineData("Expected 3 parts in JWT; got 1", "PGRST301")]
    [InlineData("Invalid API key", "PGRST301")]
    public async Task Refusal_of_the_middleware_keeps_its_words(string refusal, string code)
        => Assert.Equal(
            $"401 {code} {refusal}{BearerHeader}\"{refusal}\"",
            await RefusalAsync(new CallerFeature(Caller.Anonymous, refusal, HasToken: true, IsRefusedForClaims: code == "PGRST303"), "x"));

    [Fact]
    public async Task Own_token_that_is_refused_for_its_claims_gets_no_second_chance()
    {
        var expired = new CallerFeature(Caller.Anonymous, "JWT expired", HasToken: true, IsRefusedForClaims: true);

        Assert.StartsWith(
            "401 PGRST303 JWT expired", await RefusalAsync(expired, Tokens.Hs256("""{"role":"service_role"}"""), Tokens.Rest(Tokens.Config())),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_made_elsewhere_counts_only_with_a_secret()
    {
        var stranger = new CallerFeature(Caller.Anonymous, "No suitable key was found to decode the JWT", HasToken: true);
        var token = Tokens.Hs256("""{"role":"service_role"}""");

        Assert.StartsWith("401 PGRST301 No suitable key was found", await RefusalAsync(stranger, token), StringComparison.Ordinal);
        Assert.Equal("service_role", (await FindAsync(stranger, token, Tokens.Rest(Tokens.Config()))).Role);
        Assert.StartsWith(
            "401 PGRST301 No suitable key or wrong key type",
            await RefusalAsync(stranger, token, Tokens.Rest(Tokens.Config(new string('x', 32)))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_that_is_none_of_ours_is_no_token_made_elsewhere()
        => Assert.StartsWith(
            "401 PGRST301 Invalid API key",
            await RefusalAsync(new CallerFeature(Caller.Anonymous, "Invalid API key", HasToken: true), "sb_secret_x", Tokens.Rest(Tokens.Config())),
            StringComparison.Ordinal);

    [Fact]
    public async Task Foreign_database_has_no_keys_of_ours()
    {
        // Whatever the middleware found.
        var asked = new CallerFeature(Caller.Service, null, HasToken: true);

        Assert.Same(Caller.Anonymous, await FindAsync(asked, null, migrate: false));
        Assert.Same(Caller.Anonymous, await FindAsync(asked, "sb_publishable_x", migrate: false));
        Assert.Equal("500 PGRST300 Server lacks JWT secret", await RefusalAsync(asked, "x.y.z", migrate: false));
        Assert.Equal("author", (await FindAsync(asked, Tokens.Hs256("""{"role":"author"}"""), Tokens.Rest(Tokens.Config()), migrate: false)).Role);
        Assert.StartsWith(
            "401 PGRST301 Empty JWT is sent in Authorization header",
            await RefusalAsync(asked, "", Tokens.Rest(Tokens.Config()), migrate: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_secret_forgets_what_was_verified()
    {
        using var callers = Create(migrate: false);
        var token = Tokens.Hs256("""{"role":"author"}""");
        Assert.Equal("author", (await callers.FindAsync(Request(Nobody, token), Tokens.Rest(Tokens.Config()), Token)).Role);

        await Assert.ThrowsAsync<RestError>(async () => await callers.FindAsync(
            Request(Nobody, token), Tokens.Rest(Tokens.Config(new string('x', 32))), Token));
    }

    static async Task<Caller> FindAsync(CallerFeature? asked, string? token, RestConfig? config = null, bool migrate = true)
    {
        using var callers = Create(migrate);
        return await callers.FindAsync(Request(asked, token), config ?? Tokens.Rest(jwt: null), Token);
    }

    static async Task<string> RefusalAsync(CallerFeature? asked, string? token, RestConfig? config = null, bool migrate = true)
        => Tokens.Whole(await Assert.ThrowsAsync<RestError>(() => FindAsync(asked, token, config, migrate)));

    static RestCallers Create(bool migrate) => new(Options.Create(new ServerOptions { Migrate = migrate }), TimeProvider.System);

    static DefaultHttpContext Request(CallerFeature? asked, string? token)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(asked);
        if (token is not null)
            context.Request.Headers.Authorization = $"bearer {token}".TrimEnd();
        return context;
    }
}
