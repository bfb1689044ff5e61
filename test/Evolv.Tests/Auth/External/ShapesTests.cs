using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.External;

/// <summary>What is peculiar to the known providers.</summary>
public sealed class ShapesTests(EvolvCluster cluster)
{
    const string Tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    static async Task<JsonObject> UserAsync(EvolvServer server, Hop end)
        => (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Body!;

    [Fact]
    public async Task GitHub_is_asked_by_its_API()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings("github"));
        provider.Person = new JsonObject
        {
            ["id"] = 583231,
            ["login"] = "ada",
            ["name"] = null,
            ["email"] = "public@example.com",
            ["avatar_url"] = "https://avatars.example.com/ada",
        };
        provider.Emails =
        [
            new JsonObject { ["email"] = "other@example.com", ["primary"] = false, ["verified"] = true },
            new JsonObject { ["email"] = "ada@example.com", ["primary"] = true, ["verified"] = true },
        ];

        var url = await server.BeginAsync("github");
        var user = await UserAsync(server, await server.VisitAsync(provider.Back(url)));

        Assert.StartsWith($"{provider.Url}/login/oauth/authorize?", url, StringComparison.Ordinal);
        Assert.Equal(("user:email", "", "S256"), (Parameter(url, "scope"), Parameter(url, "nonce"), Parameter(url, "code_challenge_method")));
        Assert.Equal(
            ("ada@example.com", "ada", "ada", "583231", "https://avatars.example.com/ada"),
            (user["email"]!.GetValue<string>(), user["user_metadata"]!["full_name"]!.GetValue<string>(),
                user["user_metadata"]!["user_name"]!.GetValue<string>(), user["identities"]![0]!["id"]!.GetValue<string>(),
                user["user_metadata"]!["avatar_url"]!.GetValue<string>()));

        provider.Emails[1]!["verified"] = false;
        provider.Person["id"] = 7;
        Assert.Equal("", (await UserAsync(server, await server.VisitAsync(provider.Back(await server.BeginAsync("github")))))["email"]!.GetValue<string>());
        foreach (var broken in new JsonNode?[] { null, "583231", 1.5, new JsonArray() })
        {
            provider.Person["id"] = broken;
            Assert.Equal(
                "Error getting user profile from external provider",
                (await server.VisitAsync(provider.Back(await server.BeginAsync("github")))).Query("error_description"));
        }
    }

    [Fact]
    public async Task Apple_posts_its_answer_and_tells_the_name_once()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings("apple"));
        provider.Person = new JsonObject { ["sub"] = "000123.abc", ["email"] = "x@privaterelay.appleid.com", ["email_verified"] = "true" };

        async Task<(string Url, Hop End)> ComeAsync(params (string, string)[] more)
        {
            var url = await server.BeginAsync("apple");
            return (url, await server.PostFormAsync(
                "/auth/v1/callback", [("code", provider.Code(url)), ("state", Parameter(url, "state")), .. more]));
        }

        var (begun, first) = await ComeAsync(("user", """{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"admin@example.com"}"""));
        var (_, second) = await ComeAsync();
        var (_, odd) = await ComeAsync(("user", """{"name":["x"]}"""));

        Assert.Equal(("form_post", "openid email name"), (Parameter(begun, "response_mode"), Parameter(begun, "scope")));
        Assert.Equal([303, 303, 303], [first.Status, second.Status, odd.Status]);
        var user = await UserAsync(server, first);
        Assert.Equal("Ada Lovelace", user["user_metadata"]!["full_name"]!.GetValue<string>());
        Assert.Equal("x@privaterelay.appleid.com", user["email"]!.GetValue<string>());
        Assert.NotNull(user["email_confirmed_at"]);
        var again = await UserAsync(server, second);
        Assert.Equal((user["id"]!.GetValue<Guid>(), "Ada Lovelace"), (again["id"]!.GetValue<Guid>(), again["user_metadata"]!["full_name"]!.GetValue<string>()));
        Assert.NotEmpty(odd.Fragment("access_token"));
    }

    // (nOAuth) Any administrator of any tenant writes any address into an account.
    [Theory]
    [InlineData("/common/v2.0", Tenant, null, false)]
    [InlineData("/organizations/v2.0", Tenant, null, false)]
    [InlineData("/common/v2.0", Tenant, false, false)]
    [InlineData("/common/v2.0", Tenant, "0", false)]
    [InlineData("/common/v2.0", Tenant, true, true)]
    [InlineData("/common/v2.0", Tenant, "1", true)]
    [InlineData("/common/v2.0", Tenant, 1, true)]
    [InlineData("/common/v2.0", "9188040d-6c67-4c5b-b112-36a304b66dad", null, true)]
    [InlineData($"/{Tenant}/v2.0", Tenant, null, true)]
    [InlineData("/contoso.onmicrosoft.com/v2.0", Tenant, null, true)]
    public async Task Azure_vouches_for_an_address_in_its_own_way(string path, string tenant, object? edov, bool isVerified)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings("azure", path));
        var ada = await server.SignUpAsync("ada");
        provider.Issuer = path.StartsWith("/co", StringComparison.Ordinal) && path.Contains("common", StringComparison.Ordinal) || path.StartsWith("/organizations", StringComparison.Ordinal)
            ? $"{provider.Url}/{{tenantid}}/v2.0"
            : $"{provider.Url}/{Tenant}/v2.0";
        provider.Person.Remove("email_verified");
        provider.Claims = claims =>
        {
            claims["iss"] = $"{provider.Url}/{tenant}/v2.0";
            claims["tid"] = tenant;
            if (edov is not null)
                claims["xms_edov"] = JsonValue.Create(edov);
        };

        var end = await server.VisitAsync(provider.Back(await server.BeginAsync("azure")));

        var user = await UserAsync(server, end);
        Assert.Equal(isVerified, user["id"]!.GetValue<Guid>() == ada.Id);
        Assert.Equal(isVerified ? "ada@example.com" : "", user["email"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("https://evil.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0", Tenant)]
    [InlineData("{url}/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0", "9188040d-6c67-4c5b-b112-36a304b66dad")]
    [InlineData("{url}/{tenantid}/v2.0", "{tenantid}")]
    [InlineData("{url}/x/v2.0", "x")]
    public async Task Azure_token_is_of_the_tenant_that_it_names(string issuer, string tenant)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings("azure", "/common/v2.0"));
        provider.Issuer = $"{provider.Url}/{{tenantid}}/v2.0";
        provider.Claims = claims =>
        {
            claims["iss"] = issuer.Replace("{url}", provider.Url, StringComparison.Ordinal);
            claims["tid"] = tenant;
        };

        var end = await server.VisitAsync(provider.Back(await server.BeginAsync("azure")));

        Assert.Equal("Error getting user profile from external provider", end.Query("error_description"));
    }
}
