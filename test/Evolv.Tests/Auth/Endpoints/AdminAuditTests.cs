using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminAuditTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Newest_entries_come_first_in_pages()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        await server.Anonymous.PutUserAsync(ada.AccessToken, new { data = new { a = 1 } });

        var all = await server.Service.ReadAsync("admin/audit?page=&per_page=");
        var second = await server.Service.ReadAsync("admin/audit?page=2&per_page=2");

        Assert.Equal(["user_modified", "login", "user_signedup"], Actions(all));
        Assert.Equal(["created_at", "id", "ip_address", "payload"], all.Array[0]!.AsObject().Select(property => property.Key).Order());
        Assert.Equal("127.0.0.1", all.Array[0]!["ip_address"]!.GetValue<string>());
        Assert.Equal(ada.Id.ToString(), all.Array[0]!["payload"]!["actor_id"]!.GetValue<string>());
        Assert.Equal(["user_signedup"], Actions(second));
        Assert.Equal("3", second.Headers.GetValues("X-Total-Count").Single());
        Assert.Equal("</auth/v1/admin/audit?page=2&per_page=2>; rel=\"last\"", second.Headers.GetValues("Link").Single());
    }

    [Fact]
    public async Task Entries_are_found_by_author_action_and_type()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.SignUpAsync("bob");
        await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        var carol = await server.Service.SendAsync("admin/users", new { email = "carol@example.com" });

        Assert.Equal(["login", "user_signedup"], Actions(await server.Service.ReadAsync("admin/audit?query=author:ADA@")));
        Assert.Equal(["user_signedup"], Actions(await server.Service.ReadAsync("admin/audit?query=author:service_role")));
        Assert.Equal(["login"], Actions(await server.Service.ReadAsync("admin/audit?query=action:login")));
        Assert.Equal(3, Actions(await server.Service.ReadAsync("admin/audit?query=type:team")).Length);
        Assert.Empty(Actions(await server.Service.ReadAsync("admin/audit?query=action:%25")));
        foreach (var query in new[] { "login", "payload:x", ":", "actor_id:1" })
        {
            Assert.Equal(
                $$"""400 {"code":"validation_failed","message":"Invalid query scope: {{query}}"}""",
                (await server.Service.ReadAsync($"admin/audit?query={query}")).Whole);
        }

        Assert.Equal(400, (await server.Service.ReadAsync("admin/audit?query=author:%00")).Status);
        Assert.Equal(200, carol.Status);
    }

    static string[] Actions(JsonAnswer answer) => [.. answer.Array.Select(entry => entry!["payload"]!["action"]!.GetValue<string>())];
}
