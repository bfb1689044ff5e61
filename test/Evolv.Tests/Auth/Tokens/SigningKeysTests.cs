using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace Evolv.Tests.Auth.Tokens;

public sealed class SigningKeysTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Four_servers_that_start_at_once_agree()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var database = await cluster.CreateDatabaseAsync();

            var rings = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LoadAsync(database)));

            Assert.Single(rings.Select(ring => Encoding.UTF8.GetString(ring.Jwks)).Distinct());
            Assert.Single(rings.Select(Keys).Distinct());
            Assert.Equal(
                "in_use standby", await database.ScalarAsync<string>("select string_agg(status, ' ' order by status) from auth.signing_keys"));
            Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from auth.api_keys"));
        }
    }

    [Fact]
    public async Task Keys_stay_at_the_next_start_and_differ_between_installations()
    {
        await using var here = await cluster.CreateDatabaseAsync();
        await using var there = await cluster.CreateDatabaseAsync();

        var first = await LoadAsync(here);
        var again = await LoadAsync(here);
        var other = await LoadAsync(there);

        Assert.Equal((Keys(first), first.Signing.Kid), (Keys(again), again.Signing.Kid));
        Assert.Empty(Keys(first).Split(' ').Intersect(Keys(other).Split(' ')));
        Assert.NotEqual(first.Signing.Kid, other.Signing.Kid);
        Assert.NotEqual(first.Authenticate([1]), other.Authenticate([1]));
    }

    [Fact]
    public async Task Opaque_keys_end_in_a_checksum()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        var ring = await LoadAsync(database);

        Assert.Matches("^sb_publishable_[A-Za-z0-9]{22}_[A-Za-z0-9_-]{8}$", ring.PublishableKey);
        Assert.Matches("^sb_secret_[A-Za-z0-9]{22}_[A-Za-z0-9_-]{8}$", ring.SecretKey);
        Assert.EndsWith(Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(ring.SecretKey[..^9])))[..8], ring.SecretKey, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_in_their_old_form_are_tokens_of_ten_years()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        var ring = await LoadAsync(database);

        foreach (var (jwt, role) in ((string, string)[])[(ring.AnonJwt, "anon"), (ring.ServiceRoleJwt, "service_role")])
        {
            var parts = jwt.Split('.');
            var claims = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!.AsObject();
            Assert.Equal(["iss", "role", "iat", "exp"], claims.Select(claim => claim.Key));
            Assert.Equal(("supabase", role), (claims["iss"]!.GetValue<string>(), claims["role"]!.GetValue<string>()));
            Assert.InRange(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 10 * 365 * 86400L, 10 * 366 * 86400L);
            Assert.Equal("ES256", JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!["alg"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task Nobody_but_the_owner_reads_keys()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await LoadAsync(database);

        foreach (var caller in (Caller[])[Caller.Anonymous, Caller.User(Guid.NewGuid()), Caller.Service, Caller.AuthAdmin])
            foreach (var table in (string[])["signing_keys", "api_keys"])
            {
                var refused = await Assert.ThrowsAsync<PostgresException>(() => database.Database.QuerySingleAsync(
                    caller, $"select count(*) from auth.{new Identifier(table)}", row => row.GetInt64(0), Token));
                Assert.Equal("42501", refused.SqlState);
            }
    }

    [Fact]
    public async Task Published_keys_are_all_but_the_revoked_ones()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var first = await LoadAsync(database);
        var standby = first.Verifying.Keys.Single(kid => kid != first.Signing.Kid);
        await database.ExecuteAsync($"update auth.signing_keys set status = 'previously_used' where kid = '{first.Signing.Kid}'");
        var second = await LoadAsync(database);
        await database.ExecuteAsync($"update auth.signing_keys set status = 'revoked' where kid = '{first.Signing.Kid}'");

        var third = await LoadAsync(database);

        Assert.Equal((standby, standby), (second.Signing.Kid, third.Signing.Kid));
        Assert.Equal((3, 2), (second.Verifying.Count, third.Verifying.Count));
        Assert.Equal(Kids([.. second.Verifying.Keys.Where(kid => kid != first.Signing.Kid)]), Kids([.. third.Verifying.Keys]));
        Assert.Equal(Kids([.. third.Verifying.Keys]),
            Kids([.. JsonNode.Parse(third.Jwks)!["keys"]!.AsArray().Select(key => key!["kid"]!.GetValue<string>())]));
        Assert.Equal(Keys(first), Keys(third));
    }

    [Fact]
    public async Task Revoked_api_key_is_replaced_at_the_next_start()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var before = await LoadAsync(database);
        await database.ExecuteAsync("update auth.api_keys set revoked_at = now() where kind = 'secret'");

        var after = await LoadAsync(database);

        Assert.Null(after.FindCaller(before.SecretKey));
        Assert.Equal(Caller.Service, after.FindCaller(after.SecretKey));
        Assert.Equal(before.PublishableKey, after.PublishableKey);
    }

    static async Task<KeyRing> LoadAsync(TestDatabase database)
    {
        await using var owner = await database.OpenOwnerAsync();
        return await SigningKeys.LoadOrCreateAsync(owner, TimeProvider.System, Token);
    }

    static string Keys(KeyRing ring) => $"{ring.PublishableKey} {ring.SecretKey} {ring.AnonJwt} {ring.ServiceRoleJwt}";

    static string Kids(params string[] kids) => string.Join(' ', kids.Order(StringComparer.Ordinal));
}
