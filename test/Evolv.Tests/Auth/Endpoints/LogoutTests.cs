using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class LogoutTests(EvolvCluster cluster)
{
    [Theory]
    [InlineData("logout", false, false)]
    [InlineData("logout?scope=global", false, false)]
    [InlineData("logout?scope=local", false, true)]
    [InlineData("logout?scope=others", true, false)]
    public async Task Scope_says_which_sessions_end(string path, bool keepsThis, bool keepsOthers)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var phone = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        var answer = await server.Anonymous.PostAsync(path, bearer: ada.AccessToken);

        Assert.Equal((204, null), (answer.Status, answer.Body));
        Assert.Equal(keepsThis ? 200 : 403, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(keepsThis ? 200 : 400, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
        Assert.Equal(keepsOthers ? 200 : 403, (await server.Anonymous.GetUserAsync(phone.Text("access_token"))).Status);
        Assert.Equal(keepsOthers ? 200 : 400, (await server.Anonymous.RefreshAsync(phone.Text("refresh_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(bob.AccessToken)).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'logout'"));
    }

    [Fact]
    public async Task Second_logout_and_bad_scope_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var scope = await server.Anonymous.PostAsync("logout?scope=everybody", bearer: ada.AccessToken);
        await server.Anonymous.PostAsync("logout", bearer: ada.AccessToken);
        var second = await server.Anonymous.PostAsync("logout", bearer: ada.AccessToken);
        var nobody = await server.Keyless.PostAsync("logout");

        Assert.Equal((400, "validation_failed"), (scope.Status, scope.Code));
        Assert.Equal(
            """403 {"code":"session_not_found","message":"Session from session_id claim in JWT does not exist"}""", second.Whole);
        Assert.Equal((401, "no_authorization"), (nobody.Status, nobody.Code));
    }
}
