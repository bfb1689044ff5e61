using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUsersTests(EvolvCluster cluster)
{
    const string UnknownId = "83fd9e20-7a80-46e4-bf29-a86e3d6bbf66";

    [Fact]
    public async Task Administration_is_for_the_service_alone()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "admin");
        var guest = await server.TokenOfGuestAsync();
        var user = $"admin/users/{ada.Id}";
        (HttpMethod Method, string Path)[] endpoints =
        [
            (HttpMethod.Get, "admin/users"), (HttpMethod.Post, "admin/users"), (HttpMethod.Get, user), (HttpMethod.Put, user),
            (HttpMethod.Delete, user), (HttpMethod.Get, $"{user}/factors"), (HttpMethod.Put, $"{user}/factors/{UnknownId}"),
            (HttpMethod.Delete, $"{user}/factors/{UnknownId}"), (HttpMethod.Get, $"{user}/sessions"), (HttpMethod.Post, $"{user}/logout"),
            (HttpMethod.Get, "admin/audit"), (HttpMethod.Get, "admin/users/nonsense"),
        ];
        const string NotAllowed = """403 {"code":"not_admin","message":"User not allowed"}""";

        foreach (var (method, path) in endpoints)
        {
            var nobody = await server.Keyless.JsonAsync(method, path, new { email = "eve@example.com" });
            Assert.Equal((path, """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}"""), (path, nobody.Whole));
            Assert.Equal((path, NotAllowed), (path, (await server.Anonymous.JsonAsync(method, path, new { email = "eve@example.com" })).Whole));
            // A role in the application is none in the installation.
            Assert.Equal((path, NotAllowed), (path, (await server.Anonymous.JsonAsync(method, path, new { email = "eve@example.com" }, ada.AccessToken)).Whole));
            Assert.Equal((path, NotAllowed), (path, (await server.Service.JsonAsync(method, path, new { email = "eve@example.com" }, guest)).Whole));
            var bad = await server.Anonymous.JsonAsync(method, path, new { email = "eve@example.com" }, "this-is-a-bad-token");
            Assert.Equal((path, 403, "bad_jwt"), (path, bad.Status, bad.Text("code")));
        }

        Assert.Equal("ada@example.com", (await server.Service.ReadAsync(user)).Text("email"));
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task Service_reads_anybody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var session = await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password });

        Assert.Equal($"200 {session.User.ToJsonString()}", (await server.Service.ReadAsync($"admin/users/{session.User["id"]}")).Whole);
        Assert.Equal("""404 {"code":"user_not_found","message":"User not found"}""", (await server.Service.ReadAsync($"admin/users/{UnknownId}")).Whole);
        Assert.Equal("""404 {"code":"validation_failed","message":"user_id must be an UUID"}""", (await server.Service.ReadAsync("admin/users/1")).Whole);
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:00.5Z")]
    [InlineData("2026-01-02T03:04:10.12345Z")]
    [InlineData("2026-01-02T03:04:05.000006Z")]
    public async Task Instant_is_written_alike_wherever_it_stands(string instant)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync($"update auth.users set created_at = '{instant}'");
        await server.Database.ExecuteAsync($"update auth.identities set created_at = '{instant}'");

        var user = (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Body!;

        Assert.Equal((instant, instant), (user["created_at"]!.GetValue<string>(), user["identities"]![0]!["created_at"]!.GetValue<string>()));
    }

    [Fact]
    public async Task List_comes_in_pages_the_newest_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(
            """
            insert into auth.users (email, created_at)
            select 'u' || i || '@example.com', now() - make_interval(mins => i) from generate_series(1, 103) i
            """);

        var first = await server.Service.ReadAsync("admin/users?page=&per_page=");
        var second = await server.Service.ReadAsync("admin/users?page=2&per_page=10");
        var last = await server.Service.ReadAsync("admin/users?page=11&per_page=10");
        var beyond = await server.Service.ReadAsync("admin/users?page=9223372036854775807&per_page=18446744073709551615");

        Assert.Equal(["aud", "users"], first.Body!.AsObject().Select(property => property.Key).Order());
        Assert.Equal("authenticated", first.Text("aud"));
        Assert.Equal(Emails(1, 50), Emails(first));
        Assert.Equal("103", first.Headers.GetValues("X-Total-Count").Single());
        Assert.Equal(
            "</auth/v1/admin/users?page=2&per_page=50>; rel=\"next\", </auth/v1/admin/users?page=3&per_page=50>; rel=\"last\"",
            first.Headers.GetValues("Link").Single());
        Assert.Equal(Emails(11, 20), Emails(second));
        Assert.Equal(Emails(101, 103), Emails(last));
        Assert.Equal("</auth/v1/admin/users?page=11&per_page=10>; rel=\"last\"", last.Headers.GetValues("Link").Single());
        Assert.Equal((200, 0), (beyond.Status, Emails(beyond).Length));
        Assert.Equal("</auth/v1/admin/users?page=1&per_page=1000>; rel=\"last\"", beyond.Headers.GetValues("Link").Single());
    }

    [Fact]
    public async Task List_is_narrowed_by_what_is_known_of_somebody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.SignUpAsync("bob");
        await server.Service.SendAsync("admin/users", new { email = "carol@example.com", phone = "491234567", user_metadata = new { full_name = "Ada 100%" } });

        Assert.Equal(["carol@example.com", "ada@example.com"], Emails(await server.Service.ReadAsync("admin/users?filter=ADA")));
        Assert.Equal(["bob@example.com"], Emails(await server.Service.ReadAsync("admin/users?filter=bob%40")));
        Assert.Equal(["carol@example.com"], Emails(await server.Service.ReadAsync("admin/users?filter=100%25")));
        Assert.Equal(["carol@example.com"], Emails(await server.Service.ReadAsync("admin/users?filter=12345")));
        Assert.Equal(["ada@example.com"], Emails(await server.Service.ReadAsync($"admin/users?filter={ada.Id}")));
        Assert.Empty(Emails(await server.Service.ReadAsync("admin/users?filter=%25")).Except(["carol@example.com"]));
        var paged = await server.Service.ReadAsync("admin/users?filter=a%26b%2C&page=1&per_page=1");
        Assert.Equal("</auth/v1/admin/users?page=1&per_page=1&filter=a%26b%2C>; rel=\"last\"", paged.Headers.GetValues("Link").Single());
        Assert.Equal(400, (await server.Service.ReadAsync("admin/users?filter=%00")).Status);
    }

    [Theory]
    [InlineData("page=-1&per_page=10", """strconv.ParseUint: parsing "-1": invalid syntax""")]
    [InlineData("page=one", """strconv.ParseUint: parsing "one": invalid syntax""")]
    [InlineData("page=1&per_page=1.5", """strconv.ParseUint: parsing "1.5": invalid syntax""")]
    [InlineData("page=99999999999999999999", """strconv.ParseUint: parsing "99999999999999999999": value out of range""")]
    [InlineData("per_page=0", "per_page must be greater than 0")]
    public async Task Pages_that_are_none_are_refused(string query, string why)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Service.ReadAsync($"admin/users?{query}");

        Assert.Equal(
            $"400 validation_failed Bad Pagination Parameters: {why}", $"{answer.Status} {answer.Text("code")} {answer.Text("message")}");
    }

    [Fact]
    public async Task Deleted_account_is_gone_and_its_name_with_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Service.RemoveAsync($"admin/users/{ada.Id}", new { should_soft_delete = false });

        Assert.Equal("200 {}", answer.Whole);
        Assert.Equal(404, (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Status);
        Assert.Equal(
            """404 {"code":"user_not_found","message":"User not found"}""", (await server.Service.RemoveAsync($"admin/users/{ada.Id}")).Whole);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(400, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal("Deleted user", await server.Database.ScalarAsync<string>($"select full_name from public.profiles where id = '{ada.Id}'"));
        Assert.Equal(
            $$"""{"user_id": "{{ada.Id}}", "user_email": "ada@example.com", "user_phone": ""}""",
            await server.Database.ScalarAsync<string>("select (payload -> 'traits')::text from auth.audit_log_entries where payload ->> 'action' = 'user_deleted'"));
        Assert.Equal(200, (await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password })).Status);
    }

    [Fact]
    public async Task Softly_deleted_account_keeps_its_id_and_nothing_else()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await server.Anonymous.SendAsync("factors/recovery-codes", bearer: session.Text("access_token"));
        await server.Service.WriteAsync($"admin/users/{ada.Id}", new { phone = "491234567", app_metadata = new { plan = "gold" } });

        var answer = await server.Service.RemoveAsync($"admin/users/{ada.Id}", new { should_soft_delete = true });
        var again = await server.Service.RemoveAsync($"admin/users/{ada.Id}", new { should_soft_delete = true });

        Assert.Equal(("200 {}", "200 {}"), (answer.Whole, again.Whole));
        var user = (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Body!.AsObject();
        Assert.True(user.ContainsKey("deleted_at"));
        foreach (var name in new[] { "deleted_at", "created_at", "updated_at", "last_sign_in_at", "email_confirmed_at", "confirmed_at" })
            user.Remove(name);
        Assert.True(JsonNode.DeepEquals(user, new JsonObject
        {
            ["id"] = ada.Id,
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["email"] = "",
            ["phone"] = "",
            ["app_metadata"] = new JsonObject(),
            ["user_metadata"] = new JsonObject(),
            ["identities"] = new JsonArray(),
            ["is_anonymous"] = false,
        }), user.ToJsonString());
        Assert.Equal(0, await server.Database.ScalarAsync<long>(
            """
            select (select count(*) from auth.identities) + (select count(*) from auth.sessions) + (select count(*) from auth.mfa_factors)
                + (select count(*) from auth.mfa_recovery_codes) + (select count(*) from auth.users where encrypted_password is not null)
            """));
        Assert.Equal("Deleted user true", await server.Database.ScalarAsync<string>(
            $"select full_name || ' ' || (deactivated_at is not null) from public.profiles where id = '{ada.Id}'"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>($"select count(*) from public.user_settings where user_id = '{ada.Id}'"));
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(session.Text("access_token"))).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(200, (await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password })).Status);
        Assert.Equal("200 {}", (await server.Service.RemoveAsync($"admin/users/{ada.Id}")).Whole);
        Assert.Equal(404, (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Status);
    }

    [Fact]
    public async Task Of_ten_deletions_at_once_one_is_written_down()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Service.RemoveAsync($"admin/users/{ada.Id}")));

        Assert.Single(answers, answer => answer.Whole == "200 {}");
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal("user_not_found", answer.Text("code")));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'user_deleted'"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            $"""
            select count(*)
            from (select action, actor_id, user_id from audit.pending union all select action, actor_id, user_id from audit.entries) e
            where action = 'account.deletion_asked' and actor_id is null and user_id = '{ada.Id}'
            """));
    }

    static string[] Emails(JsonAnswer answer) => [.. answer.Body!["users"]!.AsArray().Select(user => user!["email"]!.GetValue<string>())];

    static string[] Emails(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(i => $"u{i}@example.com")];
}
