using System.Text.Json;
using Evolv.Auth;
using Evolv.Auth.Tokens;
using Evolv.Platform;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Evolv.Tests.Auth.Tokens;

public sealed class TokenVerifierTests(EvolvCluster cluster)
{
    static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clocks_may_differ_by_half_a_minute()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var clock = new Clock();
        var keys = await LoadAsync(database, clock);
        using var verifier = NewVerifier(keys, clock);
        (string Claim, int Seconds, int Leeway, string? Refusal)[] cases =
        [
            ("exp", 1, 0, null),
            ("exp", 0, 0, "JWT expired"),
            ("exp", -1, 0, "JWT expired"),
            ("exp", -29, 30, null),
            ("exp", -30, 30, "JWT expired"),
            ("exp", -31, 30, "JWT expired"),
            ("nbf", 30, 0, null),
            ("nbf", 31, 30, "JWT not yet valid"),
            ("iat", 30, 0, null),
            ("iat", 31, 30, "JWT issued at future"),
        ];

        foreach (var (claim, seconds, leeway, refusal) in cases)
        {
            var (token, why) = await verifier.VerifyAsync(Create(keys, clock, (claim, seconds)), TimeSpan.FromSeconds(leeway));
            Assert.Equal((claim, seconds, leeway, refusal), (claim, seconds, leeway, why));
            Assert.Equal(refusal is null, token is not null);
        }
    }

    [Fact]
    public async Task Remembered_token_ends_in_time()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var clock = new Clock();
        var keys = await LoadAsync(database, clock);
        using var verifier = NewVerifier(keys, clock);
        var text = Create(keys, clock, ("exp", 60));
        Assert.Null((await verifier.VerifyAsync(text, Leeway)).Refusal);

        clock.Now = clock.Now.AddSeconds(75);

        Assert.Null((await verifier.VerifyAsync(text, Leeway)).Refusal);
        Assert.Equal("JWT expired", (await verifier.VerifyAsync(text, TimeSpan.Zero)).Refusal);
        clock.Now = clock.Now.AddSeconds(15);
        Assert.Equal("JWT expired", (await verifier.VerifyAsync(text, Leeway)).Refusal);
    }

    [Fact]
    public async Task Remembered_token_ends_with_its_key()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var clock = new Clock();
        var keys = await LoadAsync(database, clock);
        using var verifier = NewVerifier(keys, clock);
        var text = Create(keys, clock, ("exp", 3600));
        Assert.Null((await verifier.VerifyAsync(text, Leeway)).Refusal);

        await database.ExecuteAsync("update auth.signing_keys set status = 'previously_used'");
        await ReloadAsync(database, keys);
        var rotated = await verifier.VerifyAsync(text, Leeway);
        await database.ExecuteAsync("update auth.signing_keys set status = 'revoked' where status = 'previously_used'");
        await ReloadAsync(database, keys);
        var revoked = await verifier.VerifyAsync(text, Leeway);

        Assert.Null(rotated.Refusal);
        Assert.Equal("No suitable key was found to decode the JWT", revoked.Refusal);
    }

    [Fact]
    public async Task Many_threads_sign_and_check_at_once()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var clock = new Clock();
        var keys = await LoadAsync(database, clock);
        using var verifier = NewVerifier(keys, clock);

        await Parallel.ForAsync(0, 400, Token, async (i, _) =>
        {
            var (token, refusal) = await verifier.VerifyAsync(Create(keys, clock, ("exp", 60 + i)), Leeway);
            Assert.Null(refusal);
            Assert.NotNull(token!.SessionId);
        });
    }

    static TokenVerifier NewVerifier(SigningKeys keys, TimeProvider clock) => new(keys, Options.Create(new AuthOptions()), clock);

    static async Task<SigningKeys> LoadAsync(TestDatabase database, TimeProvider clock)
    {
        var keys = new SigningKeys(clock, Options.Create(new ServerOptions()));
        await ReloadAsync(database, keys);
        return keys;
    }

    static async Task ReloadAsync(TestDatabase database, SigningKeys keys)
    {
        await using var owner = await database.OpenOwnerAsync();
        await keys.LoadAsync(owner, Token);
    }

    static string Create(SigningKeys keys, Clock clock, (string Name, int Seconds) claim)
    {
        var now = clock.Now.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = new AuthOptions().Issuer,
            ["sub"] = Guid.CreateVersion7(),
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["exp"] = now + 3600,
            ["iat"] = now,
            ["session_id"] = Guid.CreateVersion7(),
        };
        claims[claim.Name] = now + claim.Seconds;
        return new JsonWebTokenHandler().CreateToken(JsonSerializer.Serialize(claims), keys.Current.Signing);
    }

    sealed class Clock : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
