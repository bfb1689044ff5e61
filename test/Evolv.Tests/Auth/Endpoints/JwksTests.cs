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
        var key = Assert.Single(JsonNode.Parse(text)!["keys"]!.AsArray())!.AsObject();
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
        var parts = ada.AccessToken.Split('.');
        Assert.Equal(Text(key, "kid"), JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!["kid"]!.GetValue<string>());
        Assert.True(ecdsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64UrlEncoder.DecodeBytes(parts[2]), HashAlgorithmName.SHA256));
    }

    static string Text(JsonObject key, string name) => key[name]!.GetValue<string>();
}
