using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class SwitchedOffTests(EvolvCluster cluster)
{
    [Fact]
    public async Task What_is_not_here_says_so_in_GoTrues_words_to_who_may_ask()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:OAuthServer:Enabled", "false"));
        var ada = await server.SignUpAsync("ada");
        const string NotAdmin = """403 {"code":"not_admin","message":"User not allowed"}""";
        const string NoOAuth = """404 {"code":"feature_disabled","message":"OAuth server is disabled"}""";
        (string Method, string Path, string OfPerson, string OfService)[] cases =
        [
            ("POST", "sso", """404 {"code":"saml_provider_disabled","message":"SAML 2.0 is disabled"}""", """404 {"code":"saml_provider_disabled","message":"SAML 2.0 is disabled"}"""),
            ("GET", "oauth/authorizations/1", NoOAuth, NoOAuth),
            ("POST", "oauth/token", NoOAuth, NoOAuth),
            ("GET", ".well-known/oauth-authorization-server", NoOAuth, NoOAuth),
            ("GET", "user/oauth/grants", NoOAuth, """403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}"""),
            ("POST", "admin/oauth/clients", NotAdmin, NoOAuth),
            ("GET", "admin/custom-providers", NotAdmin, """404 {"code":"feature_disabled","message":"Custom OAuth providers are disabled"}"""),
            ("GET", "admin/sso/providers", NotAdmin, """404 {"code":"saml_provider_disabled","message":"SAML 2.0 is disabled"}"""),
        ];

        foreach (var (method, path, ofPerson, ofService) in cases)
        {
            Assert.Equal((path, ofPerson), (path, (await server.Keyless.AuthAsync(new HttpMethod(method), path, bearer: ada.AccessToken)).Whole));
            Assert.Equal((path, ofService), (path, (await server.Service.AuthAsync(new HttpMethod(method), path)).Whole));
        }
    }
}
