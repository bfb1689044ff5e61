using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class JwksTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Anybody_can_check_a_token_with_the_public_keys()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var response = await server.Keyless.GetAsync("/auth/v1/.well-known/jwks.json", TestContext.Current.CancellationToken);

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var parts = ada.AccessToken.Split('.');
        var kid = JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!["kid"]!.GetValue<string>();
        var keys = JsonNode.Parse(text)!["keys"]!.AsArray().Select(one => one!.AsObject()).ToList();
        Assert.Equal(2, keys.Count); // The one in use, and the one that will be.
        var key = Assert.Single(keys, one => Text(one, "kid") == kid);
        Assert.Equal("public, max-age=600", string.Join(", ", response.Headers.GetValues("Cache-Control")));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["kty", "kid", "alg", "use", "key_ops", "crv", "x", "y"], key.Select(property => property.Key));
        Assert.Equal(
            ("EC", "ES256", "sig", "P-256", """["verify"]"""),
            (Text(key, "kty"), Text(key, "alg"), Text(key, "use"), Text(key, "crv"), key["key_ops"]!.ToJsonString()));
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64UrlEncoder.DecodeBytes(Text(key, "x")), Y = Base64UrlEncoder.DecodeBytes(Text(key, "y")) },
        });
        Assert.True(ecdsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64UrlEncoder.DecodeBytes(parts[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task Others_find_the_keys_by_the_issuer()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SiteUrl", "https://evolv.example/"), ("Auth:OAuthServer:Enabled", "false"));

        using var response = await server.Keyless.GetAsync("/auth/v1/.well-known/openid-configuration", TestContext.Current.CancellationToken);

        Assert.Equal("public, max-age=600", string.Join(", ", response.Headers.GetValues("Cache-Control")));
        Assert.Equal(
            """{"issuer":"https://evolv.example/auth/v1","authorization_endpoint":"https://evolv.example/auth/v1/authorize","jwks_uri":"https://evolv.example/auth/v1/.well-known/jwks.json","response_types_supported":["code","token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"],"code_challenge_methods_supported":["S256","plain"],"claims_supported":["sub","aud","iss","exp","iat","email","phone","role","aal","amr","session_id","is_anonymous","app_metadata","user_metadata"]}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/auth/v1/.well-known/openid-configuration", false)]
    [InlineData("/auth/v1/.well-known/oauth-authorization-server", false)]
    [InlineData("/.well-known/oauth-authorization-server/auth/v1", false)] // Where RFC 8414 has it.
    [InlineData("/auth/v1/.well-known/oauth-authorization-server", true)]
    public async Task Clients_find_the_OAuth_server_by_the_issuer(string path, bool allowsRegistration)
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("Auth:SiteUrl", "https://evolv.example/"), ("Auth:OAuthServer:AllowDynamicRegistration", $"{allowsRegistration}"));

        using var response = await server.Keyless.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal("public, max-age=600", string.Join(", ", response.Headers.GetValues("Cache-Control")));
        var registration = allowsRegistration ? "\"registration_endpoint\":\"https://evolv.example/auth/v1/oauth/clients/register\"," : "";
        Assert.Equal(
            $$"""{"issuer":"https://evolv.example/auth/v1","authorization_endpoint":"https://evolv.example/auth/v1/oauth/authorize","token_endpoint":"https://evolv.example/auth/v1/oauth/token","userinfo_endpoint":"https://evolv.example/auth/v1/oauth/userinfo",{{registration}}"jwks_uri":"https://evolv.example/auth/v1/.well-known/jwks.json","scopes_supported":["openid","profile","email","phone"],"response_types_supported":["code"],"response_modes_supported":["query"],"grant_types_supported":["authorization_code","refresh_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"],"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","none"],"code_challenge_methods_supported":["S256"],"claims_supported":["sub","aud","iss","exp","iat","auth_time","nonce","email","email_verified","phone_number","phone_number_verified","name","picture","preferred_username","updated_at"]}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    static string Text(JsonObject key, string name) => key[name]!.GetValue<string>();
}
