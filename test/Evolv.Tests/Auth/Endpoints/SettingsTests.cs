using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class SettingsTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Sign_in_page_learns_the_ways_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:AllowAnonymous", "false"));

        var answer = await server.Keyless.AuthAsync(HttpMethod.Get, "settings");

        Assert.Equal(200, answer.Status);
        var external = answer.Body!["external"]!.AsObject();
        Assert.Equal(["email"], external.Where(way => way.Value!.GetValue<bool>()).Select(way => way.Key));
        Assert.Contains("google", external.Select(way => way.Key));
        answer.Body.Remove("external");
        Assert.Equal(
            """{"disable_signup":false,"mailer_autoconfirm":true,"phone_autoconfirm":false,"sms_provider":"","saml_enabled":false,"saml_private_key_next_configured":false,"passkeys_enabled":true}""",
            answer.Body.ToJsonString());
    }
}
