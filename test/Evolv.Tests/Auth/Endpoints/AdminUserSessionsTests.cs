using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUserSessionsTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Service_sees_and_ends_the_sessions_of_somebody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        var listed = await server.Service.ReadAsync($"admin/users/{ada.Id}/sessions");
        var local = await server.Service.SendAsync($"admin/users/{ada.Id}/logout?scope=local");
        var ended = await server.Service.SendAsync($"admin/users/{ada.Id}/logout");
        var again = await server.Service.SendAsync($"admin/users/{ada.Id}/logout?scope=global");

        Assert.Equal(2, listed.Array.Count);
        Assert.All(listed.Array, session => Assert.False(session!["is_current"]!.GetValue<bool>()));
        Assert.Equal("""400 {"code":"validation_failed","message":"Unsupported logout scope "local""}""", local.Whole.Replace("\\\"", "\"", StringComparison.Ordinal));
        Assert.Equal(("204 ", "204 "), (ended.Whole, again.Whole));
        Assert.Equal("200 []", (await server.Service.ReadAsync($"admin/users/{ada.Id}/sessions")).Whole);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(400, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(bob.AccessToken)).Status);
        Assert.Equal(404, (await server.Service.SendAsync("admin/users/83fd9e20-7a80-46e4-bf29-a86e3d6bbf66/logout")).Status);
        Assert.Equal(404, (await server.Service.ReadAsync("admin/users/1/sessions")).Status);
        Assert.Equal(2, await server.Database.ScalarAsync<long>(
            $"""
            select count(*)
            from (select action, actor_id, user_id from audit.pending union all select action, actor_id, user_id from audit.entries) e
            where action = 'account.signed_out' and actor_id is null and user_id = '{ada.Id}'
            """));
    }
}
