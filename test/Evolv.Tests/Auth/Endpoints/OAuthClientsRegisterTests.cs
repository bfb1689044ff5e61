using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OAuthClientsRegisterTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Clients_do_not_register_themselves_unless_the_operator_lets_them()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equal(
            """403 {"code":"oauth_dynamic_client_registration_disabled","message":"Dynamic client registration is not enabled"}""",
            (await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { Tool.Redirect } })).Whole);
    }

    [Fact]
    public async Task Client_registers_itself_and_signs_somebody_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:OAuthServer:AllowDynamicRegistration", "true"));
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Keyless.SendAsync("oauth/clients/register", new
        {
            client_name = "MCP client",
            redirect_uris = new[] { Tool.Redirect },
            token_endpoint_auth_method = "none",
            software_id = "x",
            contacts = new[] { "a@example.com" },
        });
        var secret = await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { Tool.Redirect } });

        Assert.Equal(201, answer.Status);
        Assert.Equal(("dynamic", "public", "none"), (answer.Text("registration_type"), answer.Text("client_type"), answer.Text("token_endpoint_auth_method")));
        Assert.True(answer.Body!["client_id_issued_at"]!.GetValue<long>() > 0);
        Assert.Null(answer.Body["client_secret_expires_at"]);
        Assert.Equal(("client_secret_basic", 0), (secret.Text("token_endpoint_auth_method"), secret.Body!["client_secret_expires_at"]!.GetValue<int>()));
        await new Tool(server, answer.Text("client_id"), null).SignInAsync(ada.AccessToken);
        await new Tool(server, secret.Text("client_id"), secret.Text("client_secret")).SignInAsync(ada.AccessToken);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from (select action from audit.pending union all select action from audit.entries) e where action like 'oauth%'"));
    }

    [Fact]
    public async Task Errors_of_who_registered_themselves_lead_nowhere()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:OAuthServer:AllowDynamicRegistration", "true"));
        var answer = await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { Tool.Redirect }, token_endpoint_auth_method = "none" });

        var hop = await new Tool(server, answer.Text("client_id"), null).VisitAsync("short");

        Assert.Equal(
            """400 {"code":400,"error_code":"validation_failed","msg":"code_challenge must be between 43 and 128 characters"}""",
            $"{hop.Status} {hop.Location}");
    }

    [Fact]
    public async Task Strangers_register_ten_in_five_minutes_and_nothing_dangerous()
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("Auth:OAuthServer:AllowDynamicRegistration", "true"), ("RateLimits:Enabled", "true"));

        Assert.Equal(400, (await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { "javascript://x" } })).Status);
        for (var i = 1; i < 10; i++)
            Assert.Equal(201, (await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { Tool.Redirect } })).Status);
        Assert.Equal(429, (await server.Keyless.SendAsync("oauth/clients/register", new { redirect_uris = new[] { Tool.Redirect } })).Status);
    }
}
